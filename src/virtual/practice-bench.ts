import type { BleRadio } from '../drivers/ble/radio.ts';
import type { HostPort, Network } from '../drivers/http/port.ts';
import type { Link } from '../core/link.ts';
import type { OperatorAct } from '../core/operator-act.ts';
import type { OpenOptions, SerialPort } from '../drivers/serial/port.ts';

/** Hands at one place of the practice bench: they do what an operator would do with the unit there. */
export interface PracticeHands {
  perform(act: OperatorAct): Promise<void>;
}

/** A serial port to a virtual unit. */
export interface PracticePort extends SerialPort, PracticeHands {}

/** The radio of the practice bench, with the virtual unit of one link on the air as long as this is open. */
export interface PracticeRadio extends PracticeHands {
  readonly radio: BleRadio;
  /** Of the unit that is in the place now; undefined where it has no radio. */
  readonly address: string | undefined;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

/** A flash programmer with the chip of a virtual unit on it. */
export interface PracticeProgrammer extends PracticeHands {
  /** As flashrom's `-p` takes it. */
  readonly programmer: string;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

/** The network of the practice bench, with the virtual unit of one link on it. */
export interface PracticeNetwork extends PracticeHands {
  readonly network: Network;
  /** Where the unit is expected, as its link would say; kept when it moves or falls silent. */
  readonly at: HostPort;
  /** Idempotent, never throws. The unit stays on its power as long as the program runs. */
  close(): Promise<void>;
}

/** The bench of virtual devices behind `virtual:` links. */
export interface PracticeBench {
  /** Names of the virtual devices, e.g. `lamp`. */
  readonly devices: readonly string[];
  /** Throws USAGE for a virtual link whose device, fault, state or wiring does not exist; other links pass. */
  check(link: Link): void;
  /** Throws USAGE for an unknown device, fault, state or wiring; PORT_BUSY while another process holds the unit. */
  openSerial(link: Link, options: OpenOptions): Promise<PracticePort>;
  /** Likewise. A unit that is reached by wire and by radio at the same time is one and the same. */
  openRadio(link: Link): Promise<PracticeRadio>;
  /** Likewise. LINK_UNKNOWN for a device that no programmer reaches. */
  openProgrammer(link: Link): Promise<PracticeProgrammer>;
  /** Likewise. LINK_UNKNOWN for a device that has no network. */
  openNetwork(link: Link): Promise<PracticeNetwork>;
}

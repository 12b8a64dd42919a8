import type { Link } from '../core/link.ts';
import type { OperatorAct } from '../core/operator-act.ts';
import type { OpenOptions, SerialPort } from '../drivers/serial/port.ts';

/** A serial port to a virtual unit, with hands that do what an operator would do. */
export interface PracticePort extends SerialPort {
  perform(act: OperatorAct): Promise<void>;
}

/** The bench of virtual devices behind `virtual:` links. */
export interface PracticeBench {
  /** Names of the virtual devices, e.g. `lamp`. */
  readonly devices: readonly string[];
  /** Throws USAGE for a virtual link whose device, fault, state or wiring does not exist; other links pass. */
  check(link: Link): void;
  /** Throws USAGE for an unknown device, fault, state or wiring; PORT_BUSY while another process holds the unit. */
  openSerial(link: Link, options: OpenOptions): Promise<PracticePort>;
}

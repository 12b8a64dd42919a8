import type { FaultLedger } from '../../fault-ledger.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import type { DafangFault } from '../faults.ts';
import type { BootFamily } from '../images/boot-loader.ts';
import type { Ram } from './ram.ts';
import type { SdCard } from './sd-card.ts';
import type { Wording } from './wording.ts';

/** A program waits until `ready` holds, or until `withinMs` have passed. */
export interface Wait {
  readonly ready: () => boolean;
  readonly withinMs?: number;
}

/**
 * What runs on the camera: it yields text that it prints, milliseconds that it is busy (they pass on paced links
 * only), or what it waits for.
 */
export type Program<Result = void> = Generator<string | number | Wait, Result, void>;

/** What a program of the camera finds around it. */
export interface Machine {
  readonly unit: number;
  readonly flash: NorFlash;
  readonly faults: FaultLedger<DafangFault>;
  readonly card: SdCard;
  readonly ram: Ram;
  /** Bytes from the host that nobody has read yet. */
  readonly input: number[];
  /** Starts since it has power; makes up what is random. */
  readonly starts: number;
  nowMs(): number;
}

/** One character, or undefined when none came in time. */
export function* getc(machine: Machine, withinMs?: number): Program<number | undefined> {
  if (machine.input.length === 0)
    yield { ready: () => machine.input.length > 0, ...(withinMs != null && { withinMs }) };
  return machine.input.shift();
}

export interface UBoot extends Machine {
  readonly family: BootFamily;
  /** How its generation puts it. */
  readonly says: Wording;
  readonly environment: Map<string, string>;
  /** `sf probe` found a chip. */
  flashProbed: boolean;
  /** What a command asked for: start anew, or hand over to the kernel. */
  leave: 'reset' | 'kernel' | undefined;
  /** Runs what `;` joins, whatever comes of each. True: an empty line may repeat it. */
  readonly runLine: (line: string) => Program<boolean>;
  /** Where `md` goes on when an empty line repeats it. */
  mdAddress: number;
}

/** True: it worked. `argv[0]` is the command itself. */
export type Command = (
  uBoot: UBoot,
  argv: readonly string[],
  repeated: boolean,
) => Program<boolean | 'usage'>;

/** U-Boot takes numbers as hex, with or without 0x, and reads as far as they go. */
export const number = (text: string | undefined): number =>
  Number.parseInt(/^(?:0x)?([0-9a-f]+)/i.exec(text ?? '')?.[1] ?? '0', 16);

import type { SerialPort } from '../../src/drivers/serial/port.ts';
import { DAFANG_FLASH_BYTES, dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { UbootConsole, type WritableFlash } from '../../src/protocols/uboot/index.ts';
import type { FlashMapRow, RunContext } from '../flow.ts';
import type { ConsolePlan } from './plan.ts';

export type ConsoleRun = RunContext<ConsolePlan>;

export const BAUD = 115_200;

/**
 * Two buffers of 0xa90000 bytes in RAM that every board has: they end at 0x81e90000, below the stack and heap of U-Boot
 * on a board with 64 MB.
 */
export const LOAD_ADDRESS = 0x8060_0000;
export const CHECK_ADDRESS = 0x8140_0000;

/** The console never writes `boot`: a camera without it is dead and silent. */
const WRITABLE: WritableFlash = { from: dafangPart('boot').size, to: DAFANG_FLASH_BYTES };

const CONFIG = dafangPart('config');
const PARA = dafangPart('para');
/** `config` and `para` lie side by side: what belongs to this camera alone. */
export const IDENTITY = { offset: CONFIG.offset, size: CONFIG.size + PARA.size } as const;
/** Kind of the backup of these two. */
export const IDENTITY_KIND = 'config-and-para';

export const paraOf = (identity: Uint8Array): Uint8Array => identity.subarray(CONFIG.size);
export const configOf = (identity: Uint8Array): Uint8Array => identity.subarray(0, CONFIG.size);

/** One console and the camera that is on it now. */
export interface ConsoleSession {
  readonly port: SerialPort;
  readonly console: UbootConsole;
  /** Read in detect. */
  para: Uint8Array | undefined;
  /** `config` and `para` as they were found. */
  identity: Uint8Array | undefined;
  /** What both are to be after the run. */
  wantedIdentity: Uint8Array | undefined;
  /** What flash holds and what it is to become. */
  map: readonly FlashMapRow[];
  /** All of it was there already: nothing was written. */
  isCurrent: boolean;
  /** What was written or found equal was read back by CRC-32. */
  isReadBack: boolean;
  /** What was left undone, in the operator's words. */
  notDone: readonly string[];
}

export async function openSession(run: ConsoleRun): Promise<ConsoleSession> {
  const port = await run.openSerial(BAUD);
  return {
    port,
    console: new UbootConsole({ port, clock: run.clock, log: run.log, writable: WRITABLE }),
    para: undefined,
    identity: undefined,
    wantedIdentity: undefined,
    map: [],
    isCurrent: false,
    isReadBack: false,
    notDone: [],
  };
}

export async function closeSession({ console, port }: ConsoleSession): Promise<void> {
  console.close();
  await port.close();
}

/** Both parts of a camera that was backed up. */
export function identityOfSession({ identity }: ConsoleSession): Uint8Array {
  if (!identity) throw new Error('the camera has not been backed up');
  return identity;
}

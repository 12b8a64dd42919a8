import type { SerialPort } from '../../src/drivers/serial/port.ts';
import type { FlashRegion } from '../../src/firmware/place-parts.ts';
import type { BootExpectation, EspLoader, FlashInfo } from '../../src/protocols/esp/index.ts';
import type { RunContext } from '../flow.ts';
import type { EspPlan } from './plan.ts';

export type EspRun = RunContext<EspPlan>;

/** One open link and the unit that is on it now. */
export interface EspSession {
  port: SerialPort;
  loader: EspLoader | undefined;
  /** Who resets the chip: the control lines, where they turned out to be wired, or the operator. */
  resetBy: 'lines' | 'hands';
  flash: (FlashInfo & { readonly sizeBytes: number }) | undefined;
  /** What this unit is to hold after the run. */
  regions: readonly FlashRegion[];
  /** Those of them that flash holds already, by MD5. */
  equalRegions: ReadonlySet<FlashRegion>;
  /** All of it is there already: nothing is written, the boot is only watched. */
  current: boolean;
  expectation: BootExpectation;
  /** Set where the whole flash was restored byte by byte: then a quiet boot proves it. */
  wholeFlash: boolean;
  /** The hash of everything written was read back and is right. */
  readBack: boolean;
}

export const ROM_BAUD = 115_200;

export async function openSession(run: EspRun): Promise<EspSession> {
  const port = await run.openSerial(ROM_BAUD);
  return {
    port,
    loader: undefined,
    resetBy: port.hasControlLines ? 'lines' : 'hands',
    flash: undefined,
    regions: [],
    equalRegions: new Set(),
    current: false,
    expectation: {},
    wholeFlash: false,
    readBack: false,
  };
}

/** Forgets the unit; the port stays open for the next one. */
export function forgetUnit(session: EspSession): void {
  session.loader?.close();
  session.loader = undefined;
  session.flash = undefined;
  session.regions = [];
  session.equalRegions = new Set();
  session.current = false;
  session.expectation = {};
  session.wholeFlash = false;
  session.readBack = false;
}

export async function closeSession(session: EspSession): Promise<void> {
  forgetUnit(session);
  await session.port.close();
}

/** The loader of a unit that has been detected. */
export function loaderOf(session: EspSession): EspLoader {
  if (!session.loader) throw new Error('the unit has not been detected');
  return session.loader;
}

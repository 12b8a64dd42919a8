import type { Clock } from '../../core/clock.ts';
import type { NorFlash } from '../flash-chip/nor-flash.ts';
import type { FaultLedger } from '../fault-ledger.ts';
import type { VirtualPeripheral } from '../air/peripheral.ts';

/**
 * What the firmware of a thermometer lives in: one flash for wire and radio, one battery. The chip side (SWS, power)
 * owns it and starts the firmware; the firmware side (advertisements, GATT, OTA) uses it.
 */
export interface ThermometerBody {
  /** Number of the unit, from 1. */
  readonly unit: number;
  readonly flash: NorFlash;
  readonly faults: FaultLedger;
  readonly clock: Clock;
  /** With `pace=`: the radio takes its time too. */
  readonly paced: boolean;
  /** 0 to 100; changes when the cell is changed. */
  readonly batteryPercent: number;
  /** The firmware restarts the chip: it is stopped, and what lies in flash then is started. */
  restart(): void;
  log(text: string): void;
}

/** Firmware that runs, from the moment the chip started it. */
export interface RunningFirmware {
  /** As a technician would call it: `stock 1.0.0_0130`, `pvvx 5.8`, `nothing starts`. */
  readonly title: string;
  /** Undefined where nothing of it reaches the air (blank or damaged flash). */
  readonly peripheral: VirtualPeripheral | undefined;
  /** Whether the SWS pin answers now. Stock and pvvx firmware sleep most of the time. */
  swsAwake(atMs: number): boolean;
  /** The chip was stopped, reset, or lost power. Idempotent. */
  stop(): void;
}

/** Starts what lies in flash, as the boot ROM would: the bank whose header is marked bootable. */
export type StartFirmware = (body: ThermometerBody) => RunningFirmware;

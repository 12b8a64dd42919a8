import type { Clock } from '../../core/clock.ts';
import { FLASH_TIMES, PAGE_BYTES, SECTOR_BYTES } from '../flash-chip/flash-times.ts';
import type { UnitWifi, WifiRadio } from '../lan/lan-port.ts';
import { runBootLoader, whyDead } from './boot/boot-loader.ts';
import type { FirmwareRun, PlugChip, PlugFirmware, RunningPlug, StartReason } from './plug-firmware.ts';
import { SessionWifi } from './session-wifi.ts';

/** What lasts from one start of a plug to the next. */
export interface PlugBody {
  readonly chip: PlugChip;
  readonly clock: Clock;
  readonly wifi: UnitWifi;
  readonly cells: Uint8Array;
  readonly rtc: RunningPlug['rtc'];
  readonly firmwares: readonly PlugFirmware[];
  readonly paced: boolean;
  touched(offset: number, length: number): void;
  settle(): void;
  fault(name: string): boolean;
  log(text: string): void;
  /** The firmware asked for it. */
  restart(reason: StartReason): void;
}

/** ROM, boot loader and start of the firmware until it is on its Wi-Fi, ms. */
const START_MS = 1500;

const NEVER = new Promise<never>(() => {});

/**
 * One start of a plug, until it restarts or loses power. After that nothing it does has an effect any more: a write or
 * a wait that was begun does not end.
 */
export class PlugSession implements RunningPlug {
  /** Name of the firmware that runs. */
  firmware: string | undefined;
  readonly startedBy: StartReason;
  readonly wifi: WifiRadio;
  private readonly body: PlugBody;
  private readonly beganMs: number;
  private run: FirmwareRun | undefined;
  private isOver = false;

  /** `onSinceMs`: for how long it has been on already; a unit that was laid in its place earlier. */
  constructor(body: PlugBody, startedBy: StartReason, onSinceMs = 0) {
    this.body = body;
    this.startedBy = startedBy;
    this.wifi = new SessionWifi(body.wifi, () => this.isOver);
    this.beganMs = body.clock.monotonicMs() - onSinceMs;
  }

  get chip(): PlugChip {
    return this.body.chip;
  }

  get clock(): Clock {
    return this.body.clock;
  }

  get flash(): Uint8Array {
    return this.body.cells;
  }

  get rtc(): RunningPlug['rtc'] {
    return this.body.rtc;
  }

  /** Boot loader, then what it starts. */
  async boot(): Promise<void> {
    await this.wait(START_MS);
    await runBootLoader(this);
    if (!this.isOver) this.startFirmware();
  }

  startFirmware(): void {
    const firmware = this.body.firmwares.find((each) => each.recognizes(this.flash, this.chip));
    if (firmware == null) return this.log(`does not start: ${whyDead(this)}`);
    this.firmware = firmware.name;
    this.log(`starts ${firmware.name} (${this.startedBy})`);
    const run = firmware.start(this);
    // It may have ended itself at once.
    if (this.isOver) run.stop();
    else this.run = run;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.isOver) return NEVER;
      const target = offset + at;
      const length = Math.min(bytes.length - at, SECTOR_BYTES - (target % SECTOR_BYTES));
      if (this.body.paced) await this.writeSlowly(target, bytes.subarray(at, at + length));
      else this.program(target, bytes.subarray(at, at + length));
      at += length;
    }
    return this.isOver ? NEVER : undefined;
  }

  settle(): void {
    if (!this.isOver) this.body.settle();
  }

  restart(reason: StartReason = 'restart'): void {
    if (!this.isOver) this.body.restart(reason);
  }

  die(why: string): void {
    if (this.isOver) return;
    this.log(`dead: ${why}`);
    this.end();
    this.firmware = undefined;
    // Whatever made it hang, it does not come back: the boot loader is what a flaw of that kind costs.
    if (this.body.firmwares.some((each) => each.recognizes(this.flash, this.chip)))
      this.body.cells.fill(0, 0, PAGE_BYTES);
    this.body.touched(0, PAGE_BYTES);
    this.body.settle();
    this.body.log(`does not start: ${whyDead(this)}`);
  }

  async wait(realMs: number, signal?: AbortSignal): Promise<void> {
    if (this.isOver) return NEVER;
    await this.body.clock.sleep(this.body.paced ? realMs : 0, signal);
    return this.isOver ? NEVER : undefined;
  }

  fault(name: string): boolean {
    return this.body.fault(name);
  }

  log(text: string): void {
    if (!this.isOver) this.body.log(text);
  }

  uptimeMs(): number {
    return this.body.clock.monotonicMs() - this.beganMs;
  }

  button(seconds: number): void {
    this.run?.button?.(seconds);
  }

  /** Power went, or it restarts. Idempotent. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.run?.stop();
    this.body.wifi.powerOff();
  }

  /** Erased first: what power takes away in the middle is FF. */
  private async writeSlowly(offset: number, bytes: Uint8Array): Promise<void> {
    this.body.cells.fill(0xff, offset, offset + bytes.length);
    this.body.touched(offset, bytes.length);
    await this.wait(FLASH_TIMES.sectorEraseMs);
    this.program(offset, bytes);
    await this.wait(Math.ceil(bytes.length / PAGE_BYTES) * FLASH_TIMES.pageProgramMs);
  }

  private program(offset: number, bytes: Uint8Array): void {
    const fits = bytes.subarray(0, Math.max(0, this.body.cells.length - offset));
    this.body.cells.set(fits, offset);
    this.body.touched(offset, fits.length);
  }
}

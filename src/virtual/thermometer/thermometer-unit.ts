import type { Clock } from '../../core/clock.ts';
import type { OperatorAct } from '../../core/operator-act.ts';
import type { ControlLines } from '../../drivers/serial/port.ts';
import type { FaultLedger } from '../fault-ledger.ts';
import type { VirtualPeripheral } from '../air/peripheral.ts';
import type { NorFlash } from '../flash-chip/nor-flash.ts';
import type { SerialUnit, SerialUnitOptions } from '../virtual-device.ts';
import { Adapter, type ThermometerWiring } from './adapter.ts';
import type { RunningFirmware, StartFirmware, ThermometerBody } from './body.ts';
import { ChipTime } from './chip-time.ts';
import { FlashBus } from './chip/flash-bus.ts';
import { heardReply, replyBits } from './chip/reply-waveform.ts';
import { Soc } from './chip/soc.ts';
import { SwsSlave } from './chip/sws-slave.ts';
import { BITS_PER_CHARACTER } from './chip/uart-levels.ts';
import type { ThermometerFault } from './faults.ts';
import { isSecondHalf } from './image-progress.ts';
import { FLASH_MAP } from './images/flash-map.ts';
import { unitIdentity } from './images/unit-identity.ts';

/** System clock while the CPU is stopped, Hz: the chip's default. */
const SYSTEM_CLOCK_HZ = 24_000_000;
/** Rate of a link that has none (raw TCP), for its time only. */
const ASSUMED_BAUD = 460_800;
/** Without a rate, answers are read with any divider that fits some usual rate (340 kBd to 3 MBd at 24 MHz). */
const READABLE_DIVIDERS = { from: 16, to: 127 };
/** Until the answer of the far end has come through USB, ms; only where time is modelled. */
const TURNAROUND_MS = 1;
const WATCHDOG_MS = 3000;
const NEARLY_EMPTY_PERCENT = 4;

export interface ThermometerParts {
  readonly faults: FaultLedger<ThermometerFault>;
  readonly wiring: ThermometerWiring;
  readonly hasControlLines: boolean;
  readonly flash: NorFlash;
  readonly startFirmware: StartFirmware;
  /** Others on the same air, as long as the unit lies in its place. */
  readonly neighbours: readonly VirtualPeripheral[];
}

/** One thermometer: battery, chip, what runs on it, and the wire to its pad. Its battery is in from the start. */
export class ThermometerUnit implements SerialUnit, ThermometerBody {
  readonly hasControlLines: boolean;
  readonly unit: number;
  readonly flash: NorFlash;
  readonly faults: FaultLedger<ThermometerFault>;
  readonly paced: boolean;
  baudRate = ASSUMED_BAUD;
  batteryPercent: number;
  private readonly options: SerialUnitOptions;
  private readonly startFirmware: StartFirmware;
  private readonly neighboursLeave: readonly (() => void)[];
  private readonly adapter: Adapter;
  private readonly time: ChipTime;
  private readonly soc: Soc;
  private readonly slave: SwsSlave;
  private powered = false;
  private closed = false;
  private leaving = false;
  private firmware: RunningFirmware | undefined;
  private offTheAir: (() => void) | undefined;
  private cancelWatchdog: (() => void) | undefined;
  private cancelLeave: (() => void) | undefined;
  private stoppedMs = 0;
  private lastSentMs = 0;

  constructor(options: SerialUnitOptions, parts: ThermometerParts) {
    this.options = options;
    this.unit = options.unit;
    this.paced = options.paced;
    this.flash = parts.flash;
    this.faults = parts.faults;
    this.startFirmware = parts.startFirmware;
    this.neighboursLeave = parts.neighbours.map((neighbour) => options.air.add(neighbour));
    this.hasControlLines = parts.hasControlLines;
    this.adapter = new Adapter(parts.wiring, parts.faults);
    this.time = new ChipTime(options.paced);
    const bus = new FlashBus(parts.flash, (opcode, address, data) =>
      this.flashCommand(opcode, address, data),
    );
    this.soc = new Soc(bus, {
      swsAwake: () => this.isAwake(),
      stopped: () => this.stopped(),
      ramProgramStarted: () => this.log('a program runs from RAM'),
      reboot: () => this.restart(),
    });
    this.slave = new SwsSlave(this.soc);
    this.flash.disturb = (data, offset) => {
      this.programming(data, offset);
      return data;
    };
    const full = 70 + ((this.unit * 7) % 30);
    this.batteryPercent = this.faults.has('low-battery') ? NEARLY_EMPTY_PERCENT : full;
    // It has been lying there for a while: the moment after its reset is long over.
    if (!this.faults.strikes('no-power')) this.powerUp();
  }

  get clock(): Clock {
    return this.options.clock;
  }

  get radioAddress(): string {
    return this.firmware?.peripheral?.address ?? unitIdentity(this.unit).address;
  }

  opened(): void {}

  perform(act: OperatorAct, atMs: number): void {
    if (act === 'change-cell') {
      this.faults.spend('low-battery');
      this.batteryPercent = 100;
    }
    this.powerOff();
    this.faults.poweredUp();
    if (this.faults.strikes('no-power')) return;
    this.time.wasReset(atMs);
    this.powerUp();
  }

  /** RTS holds the chip in reset, DTR keeps the supply away: with either of them nothing runs. */
  setLines({ dtr, rts }: ControlLines, atMs: number): void {
    if (!this.hasControlLines) return;
    if (dtr || rts) this.powerOff();
    else if (!this.powered) this.perform('cycle-battery', atMs);
  }

  receive(bytes: Uint8Array, atMs: number, hostBaud: number | undefined, silenceMs: number): void {
    if (this.closed) return;
    const baudRate = hostBaud ?? ASSUMED_BAUD;
    this.baudRate = baudRate;
    const characterMs = (BITS_PER_CHARACTER * 1000) / baudRate;
    const listens = this.powered && !this.leaving && this.adapter.reachesPad;
    const { pieces, answered } = listens
      ? this.converse(bytes, atMs, hostBaud, (silenceMs * baudRate) / 1000)
      : { pieces: [bytes], answered: false };
    if (!listens) this.time.sent(bytes.length * characterMs, atMs);
    if (this.closed || !this.adapter.hears) return;
    // What comes back comes while it is sent.
    const fromMs = atMs - bytes.length * characterMs + (answered && this.paced ? TURNAROUND_MS : 0);
    this.lastSentMs = this.options.wire.send(this.adapter.heard(pieces, baudRate), fromMs, baudRate);
  }

  /** What runs restarts the chip. */
  restart(): void {
    this.stopFirmware();
    if (!this.powered) return;
    this.time.wasReset(this.clock.monotonicMs());
    this.boot();
  }

  log(text: string): void {
    this.options.log?.(`thermometer ${this.unit}: ${text}`);
  }

  close(): void {
    if (this.closed) return;
    this.powerOff();
    this.closed = true;
    this.cancelLeave?.();
    for (const leave of this.neighboursLeave) leave();
    this.options.storage.notes.flashStatus = this.flash.statusRegisters[0]!;
    this.options.storage.flush();
  }

  /** Characters to the pad, and what the line looks like meanwhile. */
  private converse(
    bytes: Uint8Array,
    atMs: number,
    hostBaud: number | undefined,
    silenceBits: number,
  ): { readonly pieces: readonly Uint8Array[]; readonly answered: boolean } {
    const { slave } = this;
    const characterMs = (BITS_PER_CHARACTER * 1000) / this.baudRate;
    const pieces: Uint8Array[] = [];
    let echoedTo = 0;
    // Where the rate is unknown, so is how long a pause is.
    let gapBits = hostBaud == null ? 0 : silenceBits;
    const startMs = atMs - bytes.length * characterMs;
    for (let at = 0; at < bytes.length && this.powered; at++) {
      const character = bytes[at]!;
      this.time.sent(characterMs, startMs + (at + 1) * characterMs);
      this.checkWatchdog();
      const asked = slave.character(character, gapBits);
      gapBits = this.adapter.stallBits(character, hostBaud);
      if (!asked) continue;
      pieces.push(bytes.subarray(echoedTo, at));
      const unitBits = this.unitBits(hostBaud, slave.pulseBits);
      // What the host sends before the answer is over collides with it, and the slave does not listen meanwhile.
      const span = Math.ceil(replyBits(unitBits, slave.pulseBits) / BITS_PER_CHARACTER);
      const collided = bytes.subarray(at, Math.min(bytes.length, at + span));
      pieces.push(this.adapter.answer(heardReply(slave.take(), unitBits, slave.pulseBits, collided)));
      at += collided.length - 1;
      echoedTo = at + 1;
    }
    const answered = pieces.length > 0;
    pieces.push(bytes.subarray(echoedTo));
    return { pieces, answered };
  }

  /** The slave's unit in bit times of the host's UART. */
  private unitBits(hostBaud: number | undefined, pulseBits: number): number {
    const divider = this.soc.swsDivider;
    if (hostBaud != null) return (hostBaud * divider) / SYSTEM_CLOCK_HZ;
    const fits = divider >= READABLE_DIVIDERS.from && divider <= READABLE_DIVIDERS.to;
    return fits ? pulseBits : (ASSUMED_BAUD * divider) / SYSTEM_CLOCK_HZ;
  }

  private isAwake(): boolean {
    if (this.time.justReset) return true;
    return !this.faults.strikes('asleep') && this.firmware?.swsAwake(this.clock.monotonicMs()) === true;
  }

  private powerUp(): void {
    this.powered = true;
    this.flash.powerCycle();
    this.flash.eraseSlowness = this.faults.strikes('busy-flash') ? BUSY_FLASH_FACTOR : 1;
    this.soc.watchdogAtReset = this.faults.strikes('watchdog');
    this.boot();
  }

  private powerOff(): void {
    this.stopFirmware();
    this.powered = false;
    this.slave.reset();
    this.options.wire.dropQueued();
    this.options.storage.flush();
  }

  private boot(): void {
    this.soc.reset();
    this.slave.reset();
    const firmware = this.isBlankAfterFlash() ? NOTHING_RUNS : this.startFirmware(this);
    this.firmware = firmware;
    if (firmware.peripheral) this.offTheAir = this.options.air.add(firmware.peripheral);
    this.log(`starts: ${firmware.title}`);
  }

  /** The first flash by wire left something behind; the next one begins with another erase. */
  private isBlankAfterFlash(): boolean {
    return this.options.storage.notes.wireFlashes === 1 && this.faults.strikes('blank-after-flash');
  }

  private stopFirmware(): void {
    this.cancelWatchdog?.();
    this.cancelWatchdog = undefined;
    this.offTheAir?.();
    this.offTheAir = undefined;
    this.firmware?.stop();
    this.firmware = undefined;
  }

  private stopped(): void {
    this.stopFirmware();
    this.log('stopped through its wire');
    this.stoppedMs = this.time.elapsedMs;
    if (this.soc.watchdogRuns)
      this.cancelWatchdog = this.clock.after(WATCHDOG_MS, () => this.watchdogBites());
  }

  private checkWatchdog(): void {
    if (this.cancelWatchdog && this.time.elapsedMs - this.stoppedMs > WATCHDOG_MS) this.watchdogBites();
  }

  private watchdogBites(): void {
    this.cancelWatchdog?.();
    this.cancelWatchdog = undefined;
    if (!this.soc.watchdogRuns) return;
    this.log('its watchdog restarts it');
    this.restart();
  }

  /** Something is about to be programmed, by wire or by what runs. */
  private programming(data: Uint8Array, offset: number): void {
    if (!isSecondHalf(this.flash, offset, data)) return;
    if (this.faults.has('dies-at-50%')) {
      this.faults.spend('dies-at-50%');
      this.log('power is gone');
      this.powerOff();
    } else if (this.faults.has('unplugged-at-50%')) {
      this.faults.spend('unplugged-at-50%');
      this.options.unplug();
    }
  }

  /** A command came to the flash by wire. */
  private flashCommand(opcode: number, address: number, data: Uint8Array): void {
    const { notes } = this.options.storage;
    if (opcode === WRITE_STATUS) notes.flashStatus = this.flash.statusRegisters[0]!;
    if (erasesFirstSector(opcode, address) && !this.flash.isProtectedAt(address))
      notes.wireFlashes = Number(notes.wireFlashes ?? 0) + 1;
    const reachesMac = address <= FLASH_MAP.mac && address + data.length > FLASH_MAP.mac;
    if (opcode === READ && reachesMac && this.faults.has('swapped-unit')) {
      this.faults.spend('swapped-unit');
      this.leave();
    }
  }

  /** Another unit is put in this one's place, as soon as what was said has been heard. */
  private leave(): void {
    this.leaving = true;
    const waitMs = Math.max(0, this.lastSentMs - this.clock.monotonicMs());
    this.cancelLeave = this.clock.after(Math.ceil(waitMs) + 1, () => this.options.swap());
  }
}

const READ = 0x03;
const WRITE_STATUS = 0x01;
const BUSY_FLASH_FACTOR = 10;

/** An erase that takes the first sector with it. */
function erasesFirstSector(opcode: number, address: number): boolean {
  const bytes = { 0x20: 0x1000, 0x52: 0x8000, 0xd8: 0x1_0000, 0x60: Infinity, 0xc7: Infinity }[opcode];
  return bytes != null && address < bytes;
}

const NOTHING_RUNS: RunningFirmware = {
  title: 'nothing: the display stays blank',
  peripheral: undefined,
  swsAwake: () => true,
  stop() {},
};

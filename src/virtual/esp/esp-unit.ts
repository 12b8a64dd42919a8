import type { Clock } from '../../core/clock.ts';
import type { OperatorAct } from '../../core/operator-act.ts';
import type { ControlLines } from '../../drivers/serial/port.ts';
import { latin1 } from '../bytes.ts';
import { garble, sameRate } from '../serial/garble.ts';
import type { SerialUnit, SerialUnitOptions } from '../virtual-device.ts';
import { AutoReset } from './auto-reset.ts';
import { BootPlayer, type BootMood } from './boot/boot-player.ts';
import type { ResetCause } from './boot/boot-script.ts';
import { esp32Boot, esp32DownloadText } from './boot/esp32-boot.ts';
import { esp8266Boot, esp8266DownloadText } from './boot/esp8266-boot.ts';
import { ByteDropper } from './byte-dropper.ts';
import { LOADER_BAUD, type Chip } from './chip/chip.ts';
import type { FaultLedger } from '../fault-ledger.ts';
import { LoaderSeat } from './loader-seat.ts';
import type { Loader, StubVersion } from './loader/loader.ts';
import { OHAI, RomLoader } from './loader/rom-loader.ts';
import { StubLoader } from './loader/stub-loader.ts';
import { SlipReceiver, slipFrame } from './slip.ts';

/** A ROM that has not synchronised measures the rate of what it hears, up to about this, baud. */
const AUTO_BAUD_LIMIT = 250_000;
/** Clock of the UART once stub v2 has raised it on an ESP32, Hz. */
const ESP32_STUB_UART_HZ = 80_000_000;
const STUCK_STUB_BAUD = 460_800;
/** Above this the faults `sagging-supply` and `drops-bytes` strike, baud. */
const GENTLE_BAUD = 120_000;
const BAUD_LIMIT = 475_000;
const SYNCS_MISSED = 3;

export interface EspUnitParts {
  readonly faults: FaultLedger;
  readonly hasControlLines: boolean;
  /** Makes the chip as it is when power comes: RAM empty, faults of the day applied. */
  powerUpChip(): Chip;
}

/** One unit with an ESP chip: power, straps, boot, loader, and what goes wrong. */
export class EspUnit implements SerialUnit {
  readonly hasControlLines: boolean;
  readonly faults: FaultLedger;
  readonly options: SerialUnitOptions;
  /** Rate of the host with the bytes that came last. */
  hostBaud: number | undefined;
  private readonly parts: EspUnitParts;
  private readonly player: BootPlayer;
  private readonly autoReset: AutoReset;
  private readonly toHostDropper = new ByteDropper();
  private readonly fromHostDropper = new ByteDropper();
  private poweredChip: Chip | undefined;
  private power: 'off' | 'on' = 'off';
  private gpio0Held = false;
  private startedForDownload = false;
  private loader: Loader | undefined;
  private receiver = new SlipReceiver(0, false);
  private seat: LoaderSeat | undefined;
  /** The ROM still measures the rate. */
  private autoBaud = false;
  private leaving = false;
  private cancelLeave: (() => void) | undefined;
  private lastSentMs = 0;
  private lastOutcome = '';

  constructor(options: SerialUnitOptions, parts: EspUnitParts) {
    this.options = options;
    this.parts = parts;
    this.faults = parts.faults;
    this.hasControlLines = parts.hasControlLines;
    const { clock, wire, paced } = options;
    this.player = new BootPlayer({
      clock,
      wire,
      paced,
      restart: (cause) => this.restart(cause, clock.monotonicMs()),
    });
    this.autoReset = new AutoReset(
      clock,
      () => {
        this.stopRunning();
        this.faults.poweredUp();
      },
      (gpio0Low) => this.start('reset-pin', gpio0Low || this.gpio0Held, clock.monotonicMs()),
    );
    wire.delivery = this.faults.has('split-chunks')
      ? 'split'
      : this.faults.has('merged-chunks')
        ? 'merged'
        : 'as-sent';
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** The chip as it was made when power came last. */
  get chip(): Chip {
    this.poweredChip ??= this.parts.powerUpChip();
    return this.poweredChip;
  }

  get baudRate(): number {
    return this.poweredChip?.uart.baudRate ?? LOADER_BAUD;
  }

  get isPowered(): boolean {
    return this.power === 'on';
  }

  opened(atMs: number): void {
    if (this.faults.strikes('stuck-stub')) {
      this.powerUp();
      this.startStub(2, atMs, 'silently');
      this.chip.uart.baudRate = STUCK_STUB_BAUD;
    } else if (this.hasControlLines && !this.faults.strikes('no-power')) {
      this.powerUp();
      this.start('power-on', false, atMs);
    }
  }

  perform(act: OperatorAct, atMs: number): void {
    this.gpio0Held = act !== 'power-into-firmware';
    this.powerOff();
    this.faults.poweredUp();
    if (this.faults.strikes('no-power')) return;
    this.powerUp();
    this.start('power-on', this.gpio0Held, atMs);
  }

  setLines(lines: ControlLines): void {
    if (this.isPowered) this.autoReset.set(lines);
  }

  receive(bytes: Uint8Array, atMs: number, hostBaud: number | undefined): void {
    const { loader, faults } = this;
    this.hostBaud = hostBaud;
    if (!this.isPowered || loader == null || this.leaving || this.isDeaf) return;
    const heard = this.asHeard(bytes, hostBaud);
    const rate = hostBaud ?? this.baudRate;
    const arrived =
      rate > GENTLE_BAUD && faults.strikes('drops-bytes') ? this.fromHostDropper.pass(heard) : heard;
    this.receiver.push(arrived, (frame) => this.loader?.frame(frame, atMs));
  }

  close(): void {
    this.powerOff();
    this.options.storage.flush();
  }

  /** Frames and sends a payload of the loader. */
  send(payload: Uint8Array, atMs: number): void {
    let frame = slipFrame(payload);
    const rate = this.hostBaud ?? this.baudRate;
    if (this.faults.has('tx-rx-swapped')) return;
    if (rate > BAUD_LIMIT && this.faults.strikes('baud-limit-460800')) frame = garble(frame, rate, rate);
    if (rate > GENTLE_BAUD && this.faults.strikes('drops-bytes')) frame = this.toHostDropper.pass(frame);
    this.lastSentMs = this.options.wire.send(frame, atMs, this.baudRate);
  }

  startStub(version: StubVersion, atMs: number, how: 'greeting' | 'silently' = 'greeting'): void {
    if (version === 2 && this.chip.family === 'esp32') this.chip.uart.clockHz = ESP32_STUB_UART_HZ;
    this.take((seat) => new StubLoader(seat, version), false);
    this.autoBaud = false;
    this.options.log?.(`stub v${version} runs`);
    if (how === 'greeting') this.send(OHAI, atMs);
  }

  /** A program in RAM that is no loader: it serves nothing. */
  runUserCode(): void {
    this.leaveLoader();
    this.options.log?.('a program of the user runs in RAM');
  }

  bootFromFlash(atMs: number): void {
    this.leaveLoader();
    this.startedForDownload = false;
    this.boot('software', atMs);
  }

  /** The chip keeps the boot mode it was started in. */
  softReset(atMs: number): void {
    this.restart('software', atMs);
  }

  /** Power is lost in the middle of something. */
  die(): void {
    this.options.log?.('power is gone');
    this.powerOff();
  }

  /** Another unit is put in this one's place, as soon as what was said has been heard. */
  leave(): void {
    this.leaving = true;
    const waitMs = Math.max(0, this.lastSentMs - this.clock.monotonicMs());
    this.cancelLeave = this.clock.after(Math.ceil(waitMs) + 1, () => this.options.swap());
  }

  private get isDeaf(): boolean {
    return this.faults.has('tx-rx-swapped') || this.faults.has('host-tx-open');
  }

  private asHeard(bytes: Uint8Array, hostBaud: number | undefined): Uint8Array {
    const rate = hostBaud ?? this.baudRate;
    if (rate > BAUD_LIMIT && this.faults.strikes('baud-limit-460800')) return garble(bytes, rate, rate);
    if (hostBaud == null || sameRate(hostBaud, this.baudRate)) return bytes;
    if (this.autoBaud && this.loader?.kind === 'rom' && hostBaud <= AUTO_BAUD_LIMIT) return bytes;
    return garble(bytes, hostBaud, this.baudRate);
  }

  private powerUp(): void {
    this.power = 'on';
    this.lastOutcome = '';
    this.poweredChip = this.parts.powerUpChip();
    this.chip.flash.powerCycle();
    this.chip.flash.disturb = (data, offset) =>
      this.baudRate > GENTLE_BAUD && this.faults.strikes('sagging-supply') ? sagged(data, offset) : data;
    // Wiring faults strike by being there.
    this.faults.strikes('tx-rx-swapped');
    this.faults.strikes('host-tx-open');
  }

  private powerOff(): void {
    this.stopRunning();
    this.power = 'off';
    this.cancelLeave?.();
    this.leaving = false;
    this.options.storage.flush();
  }

  private stopRunning(): void {
    this.leaveLoader();
    this.player.stop();
    this.autoReset.stop();
    this.options.wire.dropQueued();
  }

  private leaveLoader(): void {
    this.seat?.vacate();
    this.seat = undefined;
    this.loader = undefined;
  }

  private restart(cause: ResetCause, atMs: number): void {
    this.leaveLoader();
    this.player.stop();
    if (this.startedForDownload) this.download(cause, atMs);
    else this.boot(cause, atMs);
  }

  private start(cause: ResetCause, gpio0Low: boolean, atMs: number): void {
    this.startedForDownload = gpio0Low && !this.faults.strikes('gpio0-high');
    if (this.startedForDownload) this.download(cause, atMs);
    else this.boot(cause, atMs);
  }

  private download(cause: ResetCause, atMs: number): void {
    const { chip } = this;
    chip.uart.baudRate = LOADER_BAUD;
    this.autoBaud = true;
    const missed = this.faults.strikes('loses-first-syncs') ? SYNCS_MISSED : 0;
    this.take((seat) => new RomLoader(seat, missed), true);
    const text = chip.family === 'esp32' ? esp32DownloadText(chip, cause) : esp8266DownloadText(chip, cause);
    const mood = this.mood('download');
    if (!mood.unheard)
      this.player.print({ bytes: latin1(text), baudRate: chip.bootTextBaud, afterMs: 0 }, mood, atMs);
    this.options.log?.(`${chip.family} waits in its ROM loader`);
  }

  private boot(cause: ResetCause, atMs: number): void {
    const { chip, faults } = this;
    chip.uart.baudRate = LOADER_BAUD;
    const flashed = this.options.storage.notes.flashed === true;
    const crashes = flashed && faults.strikes('boot-loop-after-flash');
    const abortsOverMac = flashed && faults.strikes('mac-crc-abort');
    const script =
      chip.family === 'esp32'
        ? esp32Boot(chip, cause, { crashes, abortsOverMac })
        : esp8266Boot(chip, cause, crashes);
    // Once, not with every turn of a boot loop.
    if (script.outcome !== this.lastOutcome)
      this.options.log?.(`${chip.family} starts from flash: ${script.outcome}`);
    this.lastOutcome = script.outcome;
    this.player.play(script, this.mood('boot'), atMs);
  }

  private mood(start: 'download' | 'boot'): BootMood {
    const { faults } = this;
    return {
      silent: start === 'boot' && faults.strikes('silent-after-boot'),
      garbage: faults.strikes('boot-garbage'),
      hostile: faults.strikes('hostile-text'),
      unheard: faults.has('tx-rx-swapped'),
    };
  }

  private take(make: (seat: LoaderSeat) => Loader, emptyRestarts: boolean): void {
    this.seat?.vacate();
    this.seat = new LoaderSeat(this, () => (this.autoBaud = false));
    this.loader = make(this.seat);
    this.receiver = new SlipReceiver(this.loader.frameLimitBytes, emptyRestarts);
  }
}

/** One bit in every stretch of up to 4 KiB comes out wrong. */
function sagged(data: Uint8Array, offset: number): Uint8Array {
  const copy = data.slice();
  const at = (offset * 7 + 1031) % copy.length;
  copy[at]! ^= 1 << (at % 8);
  return copy;
}

import type { OperatorAct } from '../../../core/operator-act.ts';
import { latin1 } from '../../bytes.ts';
import { Random } from '../../esp/images/random.ts';
import { FaultLedger } from '../../fault-ledger.ts';
import type { SerialUnit, SerialUnitOptions } from '../../virtual-device.ts';
import { dafangChip } from '../chip.ts';
import { DAFANG_FAULTS, type DafangFault } from '../faults.ts';
import type { Machine, Program, Wait } from './machine.ts';
import { MachineHangs, Ram } from './ram.ts';
import { SdCard } from './sd-card.ts';
import { BOARD_RAM_MIB, life } from './start.ts';

const BAUD_RATE = 115_200;
/** What the UART keeps while nobody reads. */
const FIFO_BYTES = 64;
/** One character in so many is lost or wrong: two in a piece of 256 lines of `md`. */
const NOISE_EVERY = 12_000;

/** The serial console of a camera that lies on the bench, from power on. */
export class ConsoleUnit implements SerialUnit {
  readonly hasControlLines: boolean;
  readonly baudRate = BAUD_RATE;
  private readonly options: SerialUnitOptions;
  private readonly faults: FaultLedger<DafangFault>;
  private readonly machine: Omit<Machine, 'ram' | 'starts'>;
  private readonly noise: Random;
  private untilNoise: number;
  private starts = 0;
  private program: Program | undefined;
  private waitsFor: Wait | undefined;
  private isBusy = false;
  private cancelTimer: (() => void) | undefined;
  /** When the last character of what was printed will have left. */
  private silentFromMs = 0;
  private modelledMs = 0;

  constructor(options: SerialUnitOptions, hasControlLines: boolean) {
    this.options = options;
    this.hasControlLines = hasControlLines;
    this.faults = new FaultLedger<DafangFault>(options.faults, DAFANG_FAULTS, options.struck);
    this.noise = new Random(options.unit);
    this.untilNoise = this.nextNoise();
    this.machine = {
      unit: options.unit,
      flash: dafangChip(options, this.faults),
      faults: this.faults,
      card: new SdCard(this.faults, options.card),
      input: [],
      nowMs: () => this.options.clock.monotonicMs() + this.modelledMs,
    };
  }

  receive(bytes: Uint8Array): void {
    const { input } = this.machine;
    if (this.program == null) return;
    for (const byte of bytes) if (!this.isBusy || input.length < FIFO_BYTES) input.push(byte);
    if (this.waitsFor?.ready() === true) this.goOn();
  }

  /** Any power cycle starts it; while its chip is on the programmer it has no power. */
  perform(act: OperatorAct): void {
    this.powerOff();
    if (act !== 'connect-programmer') this.powerOn();
  }

  setLines(): void {}

  /** Served with control lines: power comes with the connection. */
  opened(): void {
    if (this.hasControlLines) this.perform('power-cycle');
  }

  close(): void {
    this.powerOff();
    this.machine.flash.flush();
  }

  private powerOff(): void {
    this.cancelTimer?.();
    this.cancelTimer = this.program = this.waitsFor = undefined;
    this.isBusy = false;
    this.machine.input.length = 0;
    this.options.wire.dropQueued();
    this.silentFromMs = 0;
  }

  private powerOn(): void {
    this.faults.poweredUp();
    this.machine.flash.powerCycle();
    this.starts += 1;
    this.options.log?.('powered on');
    const seed = this.options.unit * 7919 + this.starts;
    this.program = life({ ...this.machine, ram: new Ram(BOARD_RAM_MIB, seed), starts: this.starts });
    this.goOn();
  }

  private goOn(): void {
    this.cancelTimer?.();
    this.cancelTimer = this.waitsFor = undefined;
    this.isBusy = false;
    while (this.program != null) {
      const step = this.next();
      if (step == null) return;
      if (typeof step === 'string') {
        const left = this.print(step);
        if (this.options.paced && left > 0) return this.pause(left);
      } else if (typeof step === 'number') {
        if (this.options.paced) {
          if (step > 0) return this.pause(step);
        } else this.modelledMs += step;
      } else if (!step.ready()) {
        this.waitsFor = step;
        if (step.withinMs != null)
          this.cancelTimer = this.options.clock.after(step.withinMs, () => this.goOn());
        return;
      }
    }
  }

  /** Undefined: it is at its end, or it hangs; power helps. */
  private next(): string | number | Wait | undefined {
    try {
      const step = this.program?.next();
      return step?.done === false ? step.value : this.stop();
    } catch (error) {
      if (!(error instanceof MachineHangs)) throw error;
      this.options.log?.('it hangs: an address that is no memory');
      return this.stop();
    }
  }

  private stop(): undefined {
    this.program = undefined;
    return undefined;
  }

  private pause(ms: number): void {
    this.isBusy = true;
    this.cancelTimer = this.options.clock.after(Math.ceil(ms), () => this.goOn());
  }

  /** For how long the line is not silent, ms. */
  private print(text: string): number {
    const now = this.options.clock.monotonicMs();
    const bytes = this.disturbed(latin1(text.replaceAll('\n', '\r\n')));
    this.silentFromMs = this.options.wire.send(bytes, Math.max(now, this.silentFromMs), BAUD_RATE);
    return this.silentFromMs - now;
  }

  private disturbed(bytes: Uint8Array): Uint8Array {
    this.untilNoise -= bytes.length;
    if (this.untilNoise > 0 || bytes.length === 0) return bytes;
    this.untilNoise = this.nextNoise();
    const at = this.noise.word() % bytes.length;
    if (this.faults.strikes('loses-characters')) return bytes.filter((_, index) => index !== at);
    if (this.faults.strikes('garbles-characters')) bytes[at]! ^= 0x02;
    return bytes;
  }

  private nextNoise(): number {
    return NOISE_EVERY / 2 + (this.noise.word() % NOISE_EVERY);
  }
}

import type { OperatorAct } from '../../../core/operator-act.ts';
import { FaultLedger } from '../../fault-ledger.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import type { SerialUnit, SerialUnitOptions } from '../../virtual-device.ts';
import { dafangChip } from '../chip.ts';
import { DAFANG_FAULTS, type DafangFault } from '../faults.ts';
import { SerprogProgrammer } from './programmer.ts';
import { SpiBus } from './spi-bus.ts';

/** After so many bytes `drops-connection` is felt. */
const DROPS_AFTER_BYTES = 4 << 20;
/** The link has a rate of its own: no character takes time on it. */
const BAUD_RATE = 921_600;

/** The flash chip of a camera on a programmer. */
export class ProgrammerUnit implements SerialUnit {
  readonly hasControlLines = false;
  readonly baudRate = BAUD_RATE;
  private readonly options: SerialUnitOptions;
  private readonly faults: FaultLedger<DafangFault>;
  private readonly flash: NorFlash;
  private readonly bus: SpiBus;
  private readonly programmer: SerprogProgrammer;
  private readonly takesTime: boolean;

  constructor(options: SerialUnitOptions) {
    this.options = options;
    this.faults = new FaultLedger<DafangFault>(options.faults, DAFANG_FAULTS, options.struck);
    this.flash = dafangChip(options, this.faults);
    this.bus = new SpiBus(this.flash, this.faults);
    this.programmer = new SerprogProgrammer(this.bus);
    this.takesTime = options.paced || this.faults.has('busy');
  }

  receive(bytes: Uint8Array, atMs: number): void {
    let dueMs = atMs;
    for (const { answer, afterMs } of this.programmer.receive(bytes)) {
      if (this.takesTime) dueMs += afterMs;
      this.options.wire.send(answer, dueMs, BAUD_RATE);
    }
    if (this.bus.movedBytes < DROPS_AFTER_BYTES || !this.faults.strikes('drops-connection')) return;
    this.faults.spend('drops-connection');
    this.bus.movedBytes = 0;
    this.options.log?.('the programmer is gone');
    this.options.unplug();
  }

  /** The clip is put on: whatever was asked for, the chip gets its power anew. */
  perform(_act: OperatorAct): void {
    this.faults.poweredUp();
    this.flash.powerCycle();
  }

  setLines(): void {}

  opened(): void {
    this.options.wire.dropQueued();
    this.programmer.restart();
    this.bus.movedBytes = 0;
  }

  close(): void {
    this.flash.flush();
  }
}

import type { Chip } from './chip/chip.ts';
import { FLASH_TIMES, SLOW_ERASE_FACTOR } from '../flash-chip/flash-times.ts';
import type { EspUnit } from './esp-unit.ts';
import type { LoaderHost, StubVersion } from './loader/loader.ts';
import { OP } from './loader/packet.ts';

/** Where flash time is not modelled, a `slow-erase` chip still takes this long for a sector, ms. */
const SLOW_ERASE_UNPACED_MS = 20;
/** The reply that `lost-answer` loses is that to this data packet since power-up. */
const LOST_DATA_REPLY = 3;

/** What one loader sees of its unit; when another takes over, the old one cannot reach the wire any more. */
export class LoaderSeat implements LoaderHost {
  private readonly unit: EspUnit;
  private readonly onSynced: () => void;
  private vacated = false;
  private totalBytes = 0;
  private writtenBytes = 0;
  private readBytes = 0;
  private dataPackets = 0;

  constructor(unit: EspUnit, onSynced: () => void) {
    this.unit = unit;
    this.onSynced = onSynced;
  }

  vacate(): void {
    this.vacated = true;
  }

  get chip(): Chip {
    return this.unit.chip;
  }

  get sectorEraseMs(): number {
    const slow = this.unit.faults.strikes('slow-erase');
    if (!this.unit.options.paced) return slow ? SLOW_ERASE_UNPACED_MS : 0;
    return FLASH_TIMES.sectorEraseMs * (slow ? SLOW_ERASE_FACTOR : 1);
  }

  synced(): number | undefined {
    this.onSynced();
    return this.unit.hostBaud;
  }

  cost(ms: number): number {
    return this.unit.options.paced ? ms : 0;
  }

  send(payload: Uint8Array, atMs: number): void {
    if (!this.vacated) this.unit.send(payload, atMs);
  }

  startStub(version: StubVersion, atMs: number): void {
    if (!this.vacated) this.unit.startStub(version, atMs);
  }

  runUserCode(): void {
    if (!this.vacated) this.unit.runUserCode();
  }

  bootFromFlash(atMs: number): void {
    if (!this.vacated) this.unit.bootFromFlash(atMs);
  }

  softReset(atMs: number): void {
    if (!this.vacated) this.unit.softReset(atMs);
  }

  writeBegan(totalBytes: number): void {
    if (totalBytes === 0) return;
    const { notes } = this.unit.options.storage;
    this.totalBytes = totalBytes;
    this.writtenBytes = 0;
    notes.flashed = true;
    notes.writes = Number(notes.writes ?? 0) + 1;
  }

  wrote(bytes: number): boolean {
    this.writtenBytes += bytes;
    if (this.writtenBytes * 2 < this.totalBytes) return true;
    const { faults, options } = this.unit;
    if (faults.has('dies-at-50%')) {
      faults.spend('dies-at-50%');
      this.unit.die();
      return false;
    }
    if (faults.has('unplugged-at-50%')) {
      faults.spend('unplugged-at-50%');
      options.unplug();
      return false;
    }
    return true;
  }

  wasRead(_offset: number, bytes: number): void {
    this.readBytes += bytes;
    const { faults, chip } = this.unit;
    if (this.readBytes < chip.flash.sizeBytes || !faults.has('swapped-unit')) return;
    faults.spend('swapped-unit');
    this.unit.leave();
  }

  losesReply(op: number): boolean {
    if (op !== OP.FLASH_DATA && op !== OP.FLASH_DEFL_DATA) return false;
    this.dataPackets++;
    const { faults } = this.unit;
    if (this.dataPackets !== LOST_DATA_REPLY || !faults.has('lost-answer')) return false;
    faults.spend('lost-answer');
    return true;
  }
}

import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import { SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import { joinBytes, u16 } from '../../bytes.ts';
import { FLASH_MAP, MI_KEY } from '../images/flash-map.ts';

const HEAD_BYTES = 3;
const FREE_ID = 0xffff;

export interface MiRecord {
  readonly id: number;
  readonly data: Uint8Array;
  /** Of its head, from the start of the sector. */
  readonly offset: number;
}

/** The Mi keys in flash: records `id u16, length u8, data`, written one behind the other; a deleted one gets the id 0. */
export class MiRecords {
  private readonly flash: NorFlash;

  constructor(flash: NorFlash) {
    this.flash = flash;
  }

  list(): MiRecord[] {
    const sector = this.flash.read(FLASH_MAP.miKeys, SECTOR_BYTES);
    const records: MiRecord[] = [];
    for (let offset = 0; offset + HEAD_BYTES <= SECTOR_BYTES;) {
      const id = u16(sector, offset);
      const length = sector[offset + 2]!;
      if (id === FREE_ID && length === 0xff) break;
      const start = offset + HEAD_BYTES;
      records.push({ id, offset, data: sector.slice(start, start + length) });
      offset = start + length;
    }
    return records;
  }

  find(id: number): MiRecord | undefined {
    return this.list().find((record) => record.id === id);
  }

  /** The 20-byte id that the unit had or was given, its leading zero included. */
  get deviceId(): Uint8Array | undefined {
    const data = this.find(MI_KEY.deviceId)?.data;
    return data?.length === 20 ? data : undefined;
  }

  /** Token and bind key of a bound unit. Zeroed keys are none. */
  get keys(): { readonly token: Uint8Array; readonly bindKey: Uint8Array } | undefined {
    const data = this.find(MI_KEY.keys)?.data;
    if (data?.length !== 28 || data.every((byte) => byte === 0)) return undefined;
    return { token: data.subarray(0, 12), bindKey: data.subarray(12) };
  }

  /** Takes the place of the record with that id, which stays in flash as a deleted one. */
  put(id: number, data: Uint8Array): void {
    const former = this.find(id);
    if (former != null && Buffer.compare(former.data, data) === 0) return;
    this.flash.unlock();
    if (former != null) this.flash.program(FLASH_MAP.miKeys + former.offset, Uint8Array.of(0, 0));
    const last = this.list().at(-1);
    const end = last == null ? 0 : last.offset + HEAD_BYTES + last.data.length;
    const record = joinBytes(Uint8Array.of(id & 0xff, id >> 8, data.length), data);
    if (end + record.length > SECTOR_BYTES) return this.compact(record);
    this.flash.program(FLASH_MAP.miKeys + end, record);
    this.flash.flush();
  }

  /** Writes over the data of a record in its place; the sector is erased and written anew, as pvvx does it. */
  replace(record: MiRecord, data: Uint8Array): void {
    const sector = this.flash.read(FLASH_MAP.miKeys, SECTOR_BYTES).slice();
    sector.set(data.subarray(0, record.data.length), record.offset + HEAD_BYTES);
    this.rewrite(sector);
  }

  eraseAll(): void {
    this.flash.unlock();
    this.flash.eraseSectors(FLASH_MAP.miKeys / SECTOR_BYTES, 1);
    this.flash.flush();
  }

  private compact(more: Uint8Array): void {
    const living = this.list().filter(({ id }) => id !== MI_KEY.deleted);
    const records = living.map(({ id, data }) =>
      joinBytes(Uint8Array.of(id & 0xff, id >> 8, data.length), data),
    );
    this.rewrite(joinBytes(...records, more));
  }

  private rewrite(sector: Uint8Array): void {
    this.flash.unlock();
    this.flash.eraseSectors(FLASH_MAP.miKeys / SECTOR_BYTES, 1);
    this.flash.program(FLASH_MAP.miKeys, sector);
    this.flash.flush();
  }
}

import { SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import { joinBytes } from '../../bytes.ts';
import { FLASH_MAP } from '../images/flash-map.ts';

/** Objects that pvvx firmware keeps (its "EEP" ids). */
export const SETTING = { config: 1, pinCode: 10, comfort: 11, name: 12, bindKey: 14 } as const;

const SECTORS = 4;
/** First two bytes of the sector in use: id FF, size 00. A closed one has 00 00. */
const IN_USE = 0x00ff;
const HEAD_BYTES = 2;
const FREE = 0xffff;

interface StoredObject {
  readonly id: number;
  readonly data: Uint8Array;
}

/**
 * The settings of pvvx firmware in the last four sectors of flash: objects `id u8, size u8, data` written one behind
 * the other, the last one of an id is valid; a full sector is packed into the next one.
 */
export class SettingsStore {
  private readonly flash: NorFlash;

  constructor(flash: NorFlash) {
    this.flash = flash;
  }

  /** Undefined when it was never kept, or kept empty. */
  get(id: number): Uint8Array | undefined {
    const data = this.objects().findLast((object) => object.id === id)?.data;
    return data == null || data.length === 0 ? undefined : data;
  }

  put(id: number, data: Uint8Array): void {
    const former = this.get(id) ?? new Uint8Array(0);
    if (Buffer.compare(former, data) === 0) return;
    const objects = this.objects();
    const end = HEAD_BYTES + objects.reduce((sum, object) => sum + HEAD_BYTES + object.data.length, 0);
    const record = joinBytes(Uint8Array.of(id, data.length), data);
    if (end + record.length < SECTOR_BYTES) this.flash.program(this.sectorInUse() + end, record);
    else this.pack(objects, { id, data });
    this.flash.flush();
  }

  private objects(): StoredObject[] {
    const sector = this.flash.read(this.sectorInUse(), SECTOR_BYTES);
    const objects: StoredObject[] = [];
    for (let at = HEAD_BYTES; at + HEAD_BYTES <= SECTOR_BYTES;) {
      const id = sector[at]!;
      const size = sector[at + 1]!;
      if ((id | (size << 8)) === FREE) break;
      at += HEAD_BYTES;
      objects.push({ id, data: sector.slice(at, at + size) });
      at += size;
    }
    return objects;
  }

  private sectorInUse(): number {
    for (let index = 0; index < SECTORS; index++) {
      const offset = FLASH_MAP.settings + index * SECTOR_BYTES;
      const head = this.flash.read(offset, HEAD_BYTES);
      if ((head[0]! | (head[1]! << 8)) === IN_USE) return offset;
    }
    return this.begin(FLASH_MAP.settings);
  }

  private begin(offset: number): number {
    this.flash.eraseSectors(offset / SECTOR_BYTES, 1);
    this.flash.program(offset + 1, Uint8Array.of(0));
    return offset;
  }

  private pack(objects: readonly StoredObject[], added: StoredObject): void {
    const full = this.sectorInUse();
    const index = (full - FLASH_MAP.settings) / SECTOR_BYTES;
    const latest = new Map([...objects, added].map((object) => [object.id, object.data]));
    const next = this.begin(FLASH_MAP.settings + ((index + 1) % SECTORS) * SECTOR_BYTES);
    const kept = [...latest].map(([id, data]) => joinBytes(Uint8Array.of(id, data.length), data));
    this.flash.program(next + HEAD_BYTES, joinBytes(...kept));
    this.flash.program(full, Uint8Array.of(0));
  }
}

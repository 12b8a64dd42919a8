import { joinBytes, u32, words } from '../../bytes.ts';

/**
 * The boot config of rboot with what Mongoose OS added to it, as it lies at the start of its sector. Read off the
 * config of a public 512 KiB Mongoose build (its roms, sizes and file systems); the meaning of the four bytes before
 * `roms` from the source of that boot loader, their order here is a choice.
 */
export interface RbootConfig {
  /** Slot that is started. */
  readonly current: number;
  /** Slot to fall back to. */
  readonly previous: number;
  /** The slot has not been started yet since it was written. */
  readonly isFirstBoot: boolean;
  /** Written by an update and not committed yet. */
  readonly isUncommitted: boolean;
  /** Starts since the update that is not committed. */
  readonly attempts: number;
  readonly slots: readonly RbootSlot[];
}

export interface RbootSlot {
  readonly firmwareOffset: number;
  readonly firmwareBytes: number;
  readonly filesOffset: number;
  readonly filesBytes: number;
}

/** Sectors in which the config can lie; which one is compiled into the boot loader (reference 1.3). */
export const BOOT_CONFIG_OFFSETS = [0x1000, 0x7000] as const;
export const RBOOT_MAGIC = 0xe1;
const VERSION = 1;
const MOST_SLOTS = 4;
const STATE_AT = 8;
const ROMS_AT = 12;
const SIZES_AT = ROMS_AT + MOST_SLOTS * 4;
const FILES_AT = SIZES_AT + MOST_SLOTS * 4;
const FILES_SIZES_AT = FILES_AT + MOST_SLOTS * 4;

/** Undefined where there is none, or one that names no slot of this flash. */
export function readRbootConfig(flash: Uint8Array, offset: number): RbootConfig | undefined {
  const bytes = flash.subarray(offset, offset + 0x100);
  const count = bytes[5] ?? 0;
  if (bytes[0] !== RBOOT_MAGIC || bytes[1] !== VERSION || count === 0 || count > MOST_SLOTS) return undefined;
  const slots = Array.from({ length: count }, (_, index) => ({
    firmwareOffset: u32(bytes, ROMS_AT + 4 * index),
    firmwareBytes: u32(bytes, SIZES_AT + 4 * index),
    filesOffset: u32(bytes, FILES_AT + 4 * index),
    filesBytes: u32(bytes, FILES_SIZES_AT + 4 * index),
  }));
  if (slots.some(({ firmwareOffset }) => firmwareOffset >= flash.length)) return undefined;
  const current = bytes[3] ?? 0;
  return {
    current: current < count ? current : 0,
    previous: (bytes[STATE_AT] ?? 0) < count ? (bytes[STATE_AT] ?? 0) : 0,
    isFirstBoot: bytes[STATE_AT + 1] === 1,
    isUncommitted: bytes[STATE_AT + 2] === 1,
    attempts: bytes[STATE_AT + 3] ?? 0,
    slots,
  };
}

/** One sector. */
export function rbootConfigSector(config: RbootConfig): Uint8Array {
  const column = (pick: (slot: RbootSlot) => number) =>
    words(...Array.from({ length: MOST_SLOTS }, (_, at) => (config.slots[at] ? pick(config.slots[at]) : 0)));
  const sector = new Uint8Array(4096).fill(0xff);
  sector.set(
    joinBytes(
      Uint8Array.of(RBOOT_MAGIC, VERSION, 0, config.current, 0, config.slots.length, 0, 0),
      Uint8Array.of(
        config.previous,
        Number(config.isFirstBoot),
        Number(config.isUncommitted),
        config.attempts,
      ),
      column(({ firmwareOffset }) => firmwareOffset),
      column(({ firmwareBytes }) => firmwareBytes),
      column(({ filesOffset }) => filesOffset),
      column(({ filesBytes }) => filesBytes),
    ),
  );
  return sector;
}

/** The config that the boot loader of this flash goes by, and where it lies. */
export function findRbootConfig(
  flash: Uint8Array,
): { readonly offset: number; readonly config: RbootConfig } | undefined {
  for (const offset of BOOT_CONFIG_OFFSETS) {
    const config = readRbootConfig(flash, offset);
    if (config != null) return { offset, config };
  }
  return undefined;
}

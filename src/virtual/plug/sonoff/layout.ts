/** Where the practice DIY firmware keeps things in the 1 MB of an ESP8285; bytes. */
export const APP_OFFSET = 0x1000;
/** One sector with what is set and known. A real one keeps it elsewhere; nobody outside reads it. */
export const SETTINGS_OFFSET = 0x7_e000;
/** What comes over the air is put here first. */
export const STAGE_OFFSET = 0x8_1000;
/** 508 KB, the most that fits from there to the end (protocol 1.4, section 7). */
export const MOST_IMAGE_BYTES = 520_192;
export const SECTOR_BYTES = 4096;

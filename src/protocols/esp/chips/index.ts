import type { ChipSpec } from './chip.ts';
import { esp32c3 } from './esp32-c3.ts';
import { esp32c6 } from './esp32-c6.ts';
import { esp32s2 } from './esp32-s2.ts';
import { esp32s3 } from './esp32-s3.ts';
import { esp32 } from './esp32.ts';
import { esp8266 } from './esp8266.ts';

export const CHIPS: readonly ChipSpec[] = [esp8266, esp32, esp32s2, esp32s3, esp32c3, esp32c6];

/** By the word at 0x40001000. */
export const chipByMagic = (magic: number): ChipSpec | undefined =>
  CHIPS.find((chip) => chip.magics.includes(magic));

/** By the id of GET_SECURITY_INFO; 0 would be the ESP32, which does not know that command. */
export const chipById = (id: number): ChipSpec | undefined =>
  CHIPS.find((chip) => chip.chipId === id && chip.rom.securityInfo);

/** One start of a chip, as its ROM announces it. */
export interface BootStart {
  readonly into: 'flash' | 'download' | 'waiting-for-host' | 'unknown';
  /** Power or reset pin, against a reset the firmware (or its crash) made itself. */
  readonly fromOutside: boolean;
  readonly line: string;
}

/** What a boot text holds, in the order it was heard. */
export interface BootSigns {
  readonly starts: readonly BootStart[];
  /** Text after the last start (all of it when there was none). */
  readonly lastSection: string;
  /** Lines of ROM or bootloader that found nothing to start, in the last section. */
  readonly invalidLines: readonly string[];
  /** The same over all sections. */
  readonly invalidCount: number;
  /** Crash reports over all sections. */
  readonly crashLines: readonly string[];
  /** Crash reports in the last section. */
  readonly crashesInLastSection: number;
  readonly waitsForDownload: boolean;
}

/** `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)` */
const ESP32_START = /rst:0x([0-9a-f]+)\s*\(([^)\n]*)\),\s*boot:0x([0-9a-f]+)(?:\s*\((.*)\))?/i;
/** `rst cause:1, boot mode:(3,6)`; esptool's documentation spells it without the first colon. */
const ESP8266_START = /rst cause:?\s*(\d+),\s*boot mode:\s*\((\d+),\s*(\d+)\)/i;
const INVALID =
  /invalid header: 0x|flash read err|csum err|ets_main\.c|No bootable app|Image hash failed|SHA-256 comparison failed|has invalid magic byte|Checksum failed|No fallback bootloader/i;
const CRASH =
  /Guru Meditation Error|abort\(\) was called|Fatal exception|assert failed|Exception \(\d+\)|Soft WDT reset|Brownout detector was triggered|Task watchdog got triggered/i;

/** Reset causes that come from outside: power-on (0x1) and, on later chips, the same by the EN pin. */
const ESP32_OUTSIDE = new Set([0x1]);
const ESP8266_OUTSIDE = new Set([1, 2]);

/** Strap bits of `boot:0xNN` on ESP32: GPIO0 and GPIO2 both low is download. */
const STRAP_GPIO0_OR_GPIO2 = 0x18;

function startOf(line: string): BootStart | undefined {
  const esp32 = ESP32_START.exec(line);
  if (esp32 != null) {
    const [, cause = '', , straps = '', name = ''] = esp32;
    const into = /DOWNLOAD/i.test(name)
      ? 'download'
      : /FLASH_BOOT/i.test(name)
        ? 'flash'
        : (parseInt(straps, 16) & STRAP_GPIO0_OR_GPIO2) === 0
          ? 'download'
          : 'unknown';
    return { into, fromOutside: ESP32_OUTSIDE.has(parseInt(cause, 16)), line };
  }
  const esp8266 = ESP8266_START.exec(line);
  if (esp8266 == null) return undefined;
  const mode = Number(esp8266[2]);
  const into = mode === 1 ? 'download' : mode === 3 ? 'flash' : mode === 7 ? 'waiting-for-host' : 'unknown';
  return { into, fromOutside: ESP8266_OUTSIDE.has(Number(esp8266[1])), line };
}

/** Reads sanitised text, newlines kept. */
export function readBootSigns(text: string): BootSigns {
  const starts: BootStart[] = [];
  const crashLines: string[] = [];
  let invalidLines: string[] = [];
  let section: string[] = [];
  let invalidCount = 0;
  let crashesInLastSection = 0;
  let waitsForDownload = false;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const start = startOf(line);
    if (start != null) {
      starts.push(start);
      section = [];
      invalidLines = [];
      crashesInLastSection = 0;
      waitsForDownload = false;
    }
    section.push(line);
    if (/waiting for download/i.test(line)) waitsForDownload = true;
    if (INVALID.test(line)) {
      invalidLines.push(line);
      invalidCount++;
    }
    if (CRASH.test(line)) {
      crashLines.push(line);
      crashesInLastSection++;
    }
  }
  return {
    starts,
    lastSection: section.join('\n'),
    invalidLines,
    invalidCount,
    crashLines,
    crashesInLastSection,
    waitsForDownload,
  };
}

/** Restarts the firmware made itself (or was thrown into) that make a loop: one or two happen in good firmware. */
const LOOP_RESTARTS = 3;

/** Contact bounce and a hand on the power switch make many starts too, so only those from inside count. */
export function isBootLoop(signs: BootSigns): boolean {
  const restarts = signs.starts.filter((start) => start.into === 'flash' && !start.fromOutside).length;
  return restarts >= LOOP_RESTARTS || signs.crashLines.length >= LOOP_RESTARTS;
}

/** Whether there is any line a person could read; noise has no sixteen printable characters in a row. */
export const isReadable = (text: string): boolean => /[\x20-\x7e]{16,}/.test(text);

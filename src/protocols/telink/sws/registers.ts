/** Registers of a TLSR825x as SWS addresses them, one byte wide each (telink-swire reference, section 3). */
export const REGISTER = {
  flashData: 0x0c,
  flashControl: 0x0d,
  /** Bit 5 reboots the chip. */
  power: 0x6f,
  /** Chip revision, then the chip id, low byte first. */
  chipRevision: 0x7d,
  swsDivider: 0xb2,
  /** Bit 7: the address of a write or read does not count up. */
  swsMode: 0xb3,
  cpuControl: 0x602,
  /** Bits 16 to 23 of the timer control; bit 3 here lets the watchdog run. */
  timerControl: 0x622,
} as const;

export const CPU_STOP = 0x05;
export const REBOOT = 0x20;
export const FIFO_ON = 0x80;
export const FIFO_OFF = 0x00;
export const WATCHDOG_ENABLE = 0x08;

export const FLASH_SELECT = 0x00;
export const FLASH_DESELECT = 0x01;
/** Selected, and each read of the data register clocks the next byte out of the flash. */
export const FLASH_AUTO_READ = 0x0a;

/** What the public page writes before it flashes without hearing anything; writing does not depend on it. */
export const DIVIDER_OF_PAGE = 55;

/** 512 KiB of a LYWSD03MMC: section 7 of the SWS reference, a dump of a B1.4 and the addresses pvvx names. */
export const THERMOMETER_FLASH_BYTES = 0x8_0000;

export const FLASH_MAP = {
  /** Boots from here when byte 8 is 4B. */
  bank1: 0x0_0000,
  /** Target of an update over the air, at most 128 KiB. */
  bank2: 0x2_0000,
  bankBytes: 0x2_0000,
  /** Zigbee and extended updates, at most 208 KiB. */
  bank3: 0x4_0000,
  /** 24 characters: revision and serial. */
  hardwareString: 0x5_5000,
  hardwareStringBytes: 24,
  pairing: 0x7_4000,
  /** MAC, 6 bytes, last byte first, then 2 random bytes. */
  mac: 0x7_6000,
  /** Where pvvx keeps a copy of the hardware string. */
  hardwareStringCopy: 0x7_6fe0,
  /** Last byte of the MAC's sector; stock writes something there. */
  macSectorEnd: 0x7_6fff,
  /** Trim of the crystal, 1 byte. */
  trim: 0x7_7000,
  /** Records `id u16, length u8, data`; see `MI_KEY`. FF FF ends them. */
  miKeys: 0x7_8000,
  /** Settings of pvvx, four sectors. The firmware side decides what they hold; units come with them erased. */
  settings: 0x7_c000,
} as const;

/** Ids of the records at `FLASH_MAP.miKeys`. */
export const MI_KEY = {
  deleted: 0x00,
  /** 20 bytes: 00, then `blt.3.129v` and what follows. */
  deviceId: 0x01,
  counter: 0x04,
  /** Token (12 bytes) and bind key (16 bytes). */
  keys: 0x10,
} as const;

/** First status byte of a stub's reply (reference section 2). */
export const STUB = {
  OK: 0x00,
  BAD_LENGTH: 0xc0,
  BAD_CHECKSUM: 0xc1,
  BAD_BLOCK_SIZE: 0xc2,
  INVALID_COMMAND: 0xc3,
  SPI_FAILED: 0xc4,
  NOT_IN_FLASH_MODE: 0xc6,
  INFLATE_ERROR: 0xc7,
  NOT_ENOUGH_DATA: 0xc8,
  TOO_MUCH_DATA: 0xc9,
  NOT_IMPLEMENTED: 0xff,
} as const;

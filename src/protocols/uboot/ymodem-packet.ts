/** YMODEM as in Chuck Forsberg's description of 1988: numbered blocks with CRC-16 (XMODEM polynomial 0x1021, from 0). */
export const CONTROL = { SOH: 0x01, STX: 0x02, EOT: 0x04, ACK: 0x06, NAK: 0x15, CAN: 0x18, C: 0x43 } as const;
/** Fills the last block. */
const SUB = 0x1a;
const SHORT_BYTES = 128;
export const BLOCK_BYTES = 1_024;

export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  }
  return crc & 0xffff;
}

/** A block of 128 or 1024 bytes; shorter content is filled up. */
export function block(number: number, content: Uint8Array, fill: number = SUB): Uint8Array {
  const size = content.length <= SHORT_BYTES ? SHORT_BYTES : BLOCK_BYTES;
  const packet = new Uint8Array(3 + size + 2).fill(fill);
  packet[0] = size === SHORT_BYTES ? CONTROL.SOH : CONTROL.STX;
  packet[1] = number & 0xff;
  packet[2] = ~number & 0xff;
  packet.set(content, 3);
  const crc = crc16(packet.subarray(3, 3 + size));
  packet[3 + size] = crc >> 8;
  packet[4 + size] = crc & 0xff;
  return packet;
}

/** Block 0: name and length of the file. */
export const headerBlock = (name: string, length: number): Uint8Array =>
  block(0, Buffer.from(`${name}\0${length} `, 'latin1'), 0);

/** Block 0 without a name: no file follows. */
export const lastBlock = (): Uint8Array => block(0, new Uint8Array(), 0);

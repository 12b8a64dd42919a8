/** Image bytes in one packet. */
export const BLOCK_BYTES = 16;
/** `index u16, 16 image bytes, CRC-16 u16`, little-endian. */
export const PACKET_BYTES = 20;

/** Asks for nothing we read; the public flashers send it before every start. */
export const VERSION_REQUEST: Uint8Array = Uint8Array.of(0x00, 0xff);
/** From here on the unit erases. */
export const START: Uint8Array = Uint8Array.of(0x01, 0xff);

export const blockCount = (image: Uint8Array): number => Math.ceil(image.length / BLOCK_BYTES);

/** CRC-16/MODBUS: initial FFFF, reflected polynomial A001; `123456789` gives 4B37. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** The packet of one block; the last block is filled up with FF. */
export function imagePacket(image: Uint8Array, index: number): Uint8Array {
  const packet = new Uint8Array(PACKET_BYTES).fill(0xff);
  const view = new DataView(packet.buffer);
  view.setUint16(0, index, true);
  packet.set(image.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES), 2);
  view.setUint16(PACKET_BYTES - 2, crc16(packet.subarray(0, PACKET_BYTES - 2)), true);
  return packet;
}

/** `02FF`, the last index, its inverse. */
export function endPacket(lastIndex: number): Uint8Array {
  const packet = new Uint8Array(6);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0xff02, true);
  view.setUint16(2, lastIndex, true);
  view.setUint16(4, ~lastIndex & 0xffff, true);
  return packet;
}

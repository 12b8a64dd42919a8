import { UUID } from '../../../src/virtual/thermometer/firmware/gatt.ts';
import { hexOf, type TestCentral } from './unit.ts';

export const OTA = UUID.otaData;

/** Packets of an upload, 20 bytes each as hex: index, 16 bytes padded with FF, CRC-16/MODBUS. */
export function packetsOf(image: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(image.length / 16) }, (_, index) => {
    const packet = new Uint8Array(20).fill(0xff);
    packet[0] = index & 0xff;
    packet[1] = index >> 8;
    packet.set(image.subarray(index * 16, index * 16 + 16), 2);
    const crc = crcOf(packet.subarray(0, 18));
    packet[18] = crc & 0xff;
    packet[19] = crc >> 8;
    return hexOf(packet);
  });
}

export function endOf(packets: number): string {
  const last = packets - 1;
  return `02ff${[last, ~last & 0xffff].map((word) => hexOf(Uint8Array.of(word & 0xff, word >> 8))).join('')}`;
}

/** Uploads as public flashers do: a read after every eighth packet. Ends early on a status or a lost link. */
export async function upload(central: TestCentral, image: Uint8Array): Promise<string> {
  const packets = packetsOf(image);
  await central.write(OTA, '00ff');
  await central.write(OTA, '01ff');
  for (const [index, packet] of packets.entries()) {
    await central.write(OTA, packet);
    if (central.dropped) return `dropped at ${Math.round((100 * index) / packets.length)} %`;
    if (index % 8 !== 7) continue;
    const status = await central.read(OTA);
    if (status !== '00') return `status ${status} at ${Math.round((100 * index) / packets.length)} %`;
  }
  await central.write(OTA, endOf(packets.length));
  return 'sent';
}

function crcOf(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => {
    let next = crc ^ byte;
    for (let bit = 0; bit < 8; bit++) next = (next >>> 1) ^ ((next & 1) * 0xa001);
    return next;
  }, 0xffff);
}

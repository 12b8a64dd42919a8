import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { telinkCrc } from '../../src/firmware/telink-image.ts';

const SIZE = 0x2004;

/** A whole image that passes for atc1441's and is small: three sectors, so that every byte of it is read in no time. */
export function smallImage(seed = 1): Uint8Array {
  const image = new Uint8Array(SIZE).map((_, at) => (at * 31 + seed * 7) & 0xff);
  image.fill(0, 0, 0x20);
  image.set([0x26, 0x80, 0, 0, 0, 0, 0x5d, 0x02, 0x4b, 0x4e, 0x4c, 0x54]);
  image.set(Buffer.from('ATC_000000\0', 'latin1'), 0x100);
  const view = new DataView(image.buffer);
  view.setUint32(0x18, SIZE, true);
  view.setUint32(SIZE - 4, telinkCrc(image.subarray(0, -4)), true);
  return image;
}

export async function smallImageFile(folder: string, seed = 1): Promise<string> {
  const file = path.join(folder, `small-${seed}.bin`);
  await writeFile(file, smallImage(seed));
  return file;
}

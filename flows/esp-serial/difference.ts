const SECTOR_BYTES = 4_096;

/** Says where and how flash differs from the image, one clause: what differs tells the cause. */
export function describeDifference(wanted: Uint8Array, found: Uint8Array, offset: number): string {
  let first = -1;
  let last = -1;
  let differing = 0;
  let blank = 0;
  let flippedBits = 0;
  for (let index = 0; index < wanted.length; index++) {
    const difference = wanted[index]! ^ (found[index] ?? 0xff);
    if (difference === 0) continue;
    if (first < 0) first = index;
    last = index;
    differing += 1;
    if (found[index] === 0xff) blank += 1;
    for (let bits = difference; bits !== 0; bits &= bits - 1) flippedBits += 1;
  }
  if (first < 0) return 'it reads back right now, but its MD5 was wrong before: the supply sags';
  const where = `0x${(offset + first).toString(16)} to 0x${(offset + last).toString(16)}`;
  if (blank === differing)
    return `nothing was programmed at ${where}: the flash is write protected or has no power`;
  if (flippedBits === differing) return `single bits differ at ${where}: a weak supply`;
  if (differing > wanted.length / 2) {
    return `most of it differs at ${where}: the flash kept what was there before, it may be write protected`;
  }
  const wholeSectors = (offset + first) % SECTOR_BYTES === 0 && differing >= SECTOR_BYTES / 2;
  return wholeSectors
    ? `whole sectors differ at ${where}: the flash was not erased there`
    : `${differing} bytes differ at ${where}`;
}

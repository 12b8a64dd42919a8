import { hex, isFilled, startsWith, u8 } from '../bytes.ts';
import { parseJffs2 } from '../jffs2.ts';
import { parseSquashfs } from '../squashfs.ts';
import { parseUImage, UIMAGE_HEADER_BYTES } from '../uimage.ts';
import { describeBoot, misplacedBoot, startsAsBoot } from './boot-loader.ts';
import { DAFANG_PARTS, partOf, type DafangPart } from './flash-map.ts';

/** What stands in one part of a chip. */
export interface PartFinding {
  readonly part: DafangPart;
  /** `blank`: erased or all of one byte. `bad`: something, but not what belongs there. */
  readonly state: 'good' | 'blank' | 'bad';
  /** What it is, or what is wrong with it: `uImage, 1.9 MB, checksum right`. */
  readonly text: string;
}

/** A chip of a bricked camera is no error: what is missing is a finding. */
export const examineDump = (dump: Uint8Array): PartFinding[] =>
  DAFANG_PARTS.map((part) => examinePart(part, partOf(dump, part), dump));

/** `dump`: the whole chip, to find a boot loader that stands elsewhere. */
export function examinePart(part: DafangPart, bytes: Uint8Array, dump?: Uint8Array): PartFinding {
  const finding = (state: PartFinding['state'], text: string): PartFinding => ({ part, state, text });
  const first = u8(bytes, 0);
  if (isFilled(bytes, first)) {
    // `flag` and the spare parts may be empty; those that begin with something may not.
    const text = first === 0xff ? 'erased' : `nothing but ${hex(first, 2)}`;
    return finding(part.magic === undefined ? 'good' : 'blank', text);
  }
  if (part.magic === undefined) return finding('good', 'in use');
  if (part.name === 'boot') return examineBoot(bytes, dump, finding);
  if (!startsWith(bytes, part.magic))
    return finding('bad', `does not begin as ${part.content} does (${beginning(bytes)})`);
  if (part.name === 'kernel') {
    const image = parseUImage(bytes);
    if (image?.headerIsRight !== true) return finding('bad', 'uImage with a damaged header');
    if (image.payload !== 'right') return finding('bad', `uImage, its checksum is wrong (${image.payload})`);
    return finding(
      'good',
      `uImage ${image.name}, ${kilo(image.payloadBytes + UIMAGE_HEADER_BYTES)}, checksum right`,
    );
  }
  if (part.name === 'root' || part.name === 'driver') {
    const used = parseSquashfs(bytes)?.usedBytes ?? Infinity;
    return used <= part.size
      ? finding('good', `squashfs, ${kilo(used)}`)
      : finding('bad', 'squashfs that is larger than its partition');
  }
  const files = parseJffs2(bytes);
  if (files === undefined) return finding('bad', 'jffs2 with a damaged first node');
  const damaged = files.damagedNodes === 0 ? '' : `, ${files.damagedNodes} of ${files.nodes} nodes damaged`;
  const count = files.files.length;
  return finding('good', `jffs2, ${count} ${count === 1 ? 'file' : 'files'}${damaged}`);
}

function examineBoot(
  bytes: Uint8Array,
  dump: Uint8Array | undefined,
  finding: (state: PartFinding['state'], text: string) => PartFinding,
): PartFinding {
  if (!startsAsBoot(bytes)) {
    const at = misplacedBoot(dump ?? bytes);
    if (at !== undefined)
      return finding(
        'bad',
        `the boot loader stands at ${hex(at)}, not at 0: it was written to the wrong address`,
      );
    return finding('bad', `does not begin as SPL and U-Boot do (${beginning(bytes)})`);
  }
  const boot = describeBoot(bytes);
  const broken = boot.problems.find(({ severity }) => severity === 'error');
  return broken ? finding('bad', broken.text) : finding('good', boot.title);
}

const beginning = (bytes: Uint8Array) =>
  Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
const kilo = (bytes: number) => `${Math.ceil(bytes / 1_024)} KiB`;

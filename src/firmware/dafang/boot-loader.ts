import { hex, hexBytes, indexOf, isFilled, latin1, md5, sha256, startsWith, u32, u8 } from '../bytes.ts';
import { BOOT_MAGIC, dafangPart } from './flash-map.ts';

/** Where the SPL's checksum begins: what stands before is its header (T20: `SKIP_SIZE` of U-Boot's spi_checksum). */
const SPL_HEADER_BYTES = 2_048;
const SPL_LIMIT_BYTES = 0x6800;
const CRC_AT = 9;
const LENGTH_AT = 12;

/** One boot loader as it was published. */
interface KnownBoot {
  readonly title: string;
  readonly digest: string;
  readonly ramMB: 64 | 128;
  readonly family: 'stock' | 'dafang-hacks';
  /** Size as published; flashed into a part that may be larger. */
  readonly bytes: number;
}

/** Digests: computed on, or published with, the files of Dafang-Hacks/spiflasher and Dafang-Hacks/uboot. */
const KNOWN: readonly KnownBoot[] = [
  {
    title: 'uboot-fullhd (stock of 2017-07-28, other memory split)',
    digest: '30cd3e03e51e77c1af661327ef142a967938d6657f5d7b61f61787b793027906',
    ramMB: 128,
    family: 'stock',
    bytes: 262_144,
  },
  {
    title: 'Dafang-Hacks U-Boot v2, 128 MB',
    digest: 'aab52eefe246dc1e15e56b253df3d64f',
    ramMB: 128,
    family: 'dafang-hacks',
    bytes: 236_172,
  },
  {
    title: 'Dafang-Hacks U-Boot v1, 64 MB',
    digest: 'b5d57b6e1d18e37fae5ed07b0633c7cc',
    ramMB: 64,
    family: 'dafang-hacks',
    bytes: 235_676,
  },
];

/**
 * JEDEC ids by the chip tables in the binaries. Stock of 2017-07 knows XT25F128A, the Dafang-Hacks one does not; neither
 * knows ZB25VQ128 (5e4018): `SF: Unsupported manufacturer 5e` (Dafang-Hacks/uboot#18).
 */
const GIGADEVICE_WINBOND_MACRONIX_EON = [
  'c84017',
  'c84018',
  'c84019',
  'ef4017',
  'ef4018',
  'c22017',
  'c22018',
  '1c7017',
];
const DRIVES = {
  stock: [...GIGADEVICE_WINBOND_MACRONIX_EON, '207018'],
  'dafang-hacks': GIGADEVICE_WINBOND_MACRONIX_EON,
} as const;

export interface BootLoader {
  readonly title: string;
  readonly known: boolean;
  readonly family: 'stock' | 'dafang-hacks' | undefined;
  /** RAM it is made for, by its boot arguments or its hash. */
  readonly ramMB: number | undefined;
  /** JEDEC ids of the flash chips it can drive; undefined where its table is not known. */
  readonly drives: readonly string[] | undefined;
  readonly splBytes: number;
  readonly problems: readonly { readonly severity: 'error' | 'warning'; readonly text: string }[];
}

const error = (text: string) => ({ severity: 'error', text }) as const;
const warning = (text: string) => ({ severity: 'warning', text }) as const;

export const startsAsBoot = (bytes: Uint8Array): boolean => startsWith(bytes, BOOT_MAGIC);

/** Offset of a boot loader that does not stand where it must; undefined where there is none at all, or at 0. */
export function misplacedBoot(bytes: Uint8Array): number | undefined {
  if (startsAsBoot(bytes)) return undefined;
  const at = indexOf(bytes, Uint8Array.from(BOOT_MAGIC));
  return at > 0 ? at : undefined;
}

/** A boot loader from its first byte; the fill behind it does not matter. */
export function describeBoot(bytes: Uint8Array): BootLoader {
  const known = KNOWN.find((each) => isKnown(bytes, each));
  const text = latin1(bytes.subarray(0, dafangPart('boot').size));
  const built = /U-Boot (?:SPL )?(20\d\d\.\d\d)[^\n\0]{0,60}?\((\w{3} +\d{1,2} 20\d\d)/.exec(text);
  const family =
    known?.family ??
    (text.includes('isvp_t20# ') ? 'stock' : text.includes('U-Boot> ') ? 'dafang-hacks' : undefined);
  const ramMB = known?.ramMB ?? ramOf(text);
  const title =
    known?.title ??
    `${family === 'dafang-hacks' ? 'Dafang-Hacks U-Boot' : family === 'stock' ? 'stock U-Boot' : 'U-Boot'}${built ? ` ${built[1]} (${built[2]})` : ''}${ramMB === undefined ? '' : `, ${ramMB} MB`}`;
  const spl = splProblems(bytes);
  return {
    title,
    known: known !== undefined,
    family,
    ramMB,
    drives: family && DRIVES[family],
    splBytes: u32(bytes, LENGTH_AT),
    problems: [...spl, ...traps(known, family, built?.[2], ramMB)],
  };
}

function isKnown(bytes: Uint8Array, { digest, bytes: size }: KnownBoot): boolean {
  if (bytes.length < size) return false;
  const content = bytes.subarray(0, size);
  const rest = bytes.subarray(size);
  if (!isFilled(rest, 0xff) && !isFilled(rest, 0)) return false;
  return hexBytes(digest.length === 64 ? sha256(content) : md5(content)) === digest;
}

/** `mem=87M@0x0 ispmem=9M@0x5700000 rmem=32M@0x6000000`: they add up to the RAM of the board. */
function ramOf(text: string): number | undefined {
  const args = /\bmem=(\d{1,3})M@\S{1,20} +ispmem=(\d{1,3})M@\S{1,20} +rmem=(\d{1,3})M@/.exec(text);
  return args === null ? undefined : Number(args[1]) + Number(args[2]) + Number(args[3]);
}

function splProblems(bytes: Uint8Array) {
  if (!startsAsBoot(bytes))
    return [
      error(
        'It does not begin as an Ingenic SPL does (06 05 04 03 02 55 aa 55 aa): the camera would be dead.',
      ),
    ];
  const length = u32(bytes, LENGTH_AT);
  if (length <= SPL_HEADER_BYTES || length > SPL_LIMIT_BYTES || length > bytes.length)
    return [
      error(`Its SPL claims ${length} bytes; it has ${hex(SPL_LIMIT_BYTES)} at most: damaged or cut short.`),
    ];
  const found = crc7(bytes.subarray(SPL_HEADER_BYTES, length));
  return found === u8(bytes, CRC_AT)
    ? []
    : [
        error(
          `The checksum of its SPL is wrong (${hex(found, 2)}, not ${hex(u8(bytes, CRC_AT), 2)}): the boot ROM would refuse it.`,
        ),
      ];
}

/** CRC-7 as SD cards have it (x^7 + x^3 + 1), from 0; the same as in U-Boot's spi_checksum. */
export function crc7(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    let index = (crc << 1) ^ byte;
    for (let bit = 0; bit < 8; bit++) index = (index & 0x80) === 0 ? index << 1 : (index << 1) ^ 0x12;
    crc = (index & 0xff) >> 1;
  }
  return crc;
}

function traps(
  known: KnownBoot | undefined,
  family: BootLoader['family'],
  built: string | undefined,
  ramMB: number | undefined,
) {
  return [
    ...(known === undefined && family === 'dafang-hacks' && built?.startsWith('Nov 18 2018') === true
      ? [warning('This is the boot loader of 5.5.1.391: not stock, but a Dafang-Hacks build of 2018-11-18.')]
      : []),
    ...(family === 'stock' && ramMB === 64
      ? [
          warning(
            'This boot loader (as in 5.6.2.106) splits 64 MB: a board with 128 MB does not start with it.',
          ),
        ]
      : []),
    ...(ramMB === undefined ? [warning('Nothing in it tells for how much RAM it is made.')] : []),
  ];
}

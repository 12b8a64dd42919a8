import { fieldText, hex, hexBytes, isFilled, sizeText, startsWith, u32be, u8 } from './bytes.ts';
import type { Findings } from './findings.ts';
import type { ForeignFormat } from './firmware-file.ts';
import type { Fact } from './image-report.ts';

interface Foreign {
  readonly format: ForeignFormat;
  readonly title: string;
  /** Why no flow can write it. */
  readonly refusal: string;
  readonly facts?: readonly Fact[];
}

/** Names what is no firmware for any flow. Undefined when nothing is known of it. */
export function recognizeForeign(content: Uint8Array): Findings | undefined {
  const foreign = FORMATS.reduce<Foreign | undefined>((found, read) => found ?? read(content), undefined);
  if (foreign == null) return undefined;
  return {
    kind: 'unknown',
    chip: undefined,
    title: foreign.title,
    facts: foreign.facts ?? [],
    problems: [{ severity: 'error', text: foreign.refusal }],
    parts: [],
    foreign: foreign.format,
  };
}

const FORMATS: readonly ((content: Uint8Array) => Foreign | undefined)[] = [
  readBlank,
  readZip,
  readTuya,
  readSignature,
  readByMagic,
  readText,
];

function readBlank(content: Uint8Array): Foreign | undefined {
  if (content.length === 0) return { format: 'empty', title: 'an empty file', refusal: 'The file is empty.' };
  const value = u8(content, 0);
  if ((value !== 0xff && value !== 0) || !isFilled(content, value)) return undefined;
  const title = `${sizeText(content.length)} of ${hex(value, 2)}`;
  return {
    format: 'blank',
    title: `a blank file: ${title}`,
    refusal: `The file holds nothing but ${hex(value, 2)}: an erased flash, or a read that failed.`,
  };
}

function readZip(content: Uint8Array): Foreign | undefined {
  if (!startsWith(content, [0x50, 0x4b, 3, 4])) return undefined;
  return {
    format: 'zip',
    title: 'ZIP archive',
    refusal: 'This is an archive: unpack it and choose the image inside.',
  };
}

function readTuya(content: Uint8Array): Foreign | undefined {
  if (u32be(content, 0) !== 0x55aa_55aa || u32be(content, 0x2f) !== 0xaa55_aa55) return undefined;
  return {
    format: 'tuya-ug',
    title: 'Tuya upgrade file (UG, two slots) for ESP8266',
    refusal: 'A Tuya upgrade file is taken by Tuya firmware over the network; it cannot be written by wire.',
    facts: [{ label: 'Version', value: fieldText(content.subarray(4, 15)) }],
  };
}

/** DER: SEQUENCE of two INTEGERs, as ECDSA signatures are kept beside HAA files. */
function readSignature(content: Uint8Array): Foreign | undefined {
  const fits =
    content.length >= 64 &&
    content.length <= 144 &&
    u8(content, 0) === 0x30 &&
    u8(content, 2) === 0x02 &&
    // Some are kept with a byte or two behind the sequence.
    content.length - 2 - u8(content, 1) >= 0 &&
    content.length - 2 - u8(content, 1) <= 4;
  return fits
    ? {
        format: 'signature',
        title: 'ECDSA signature of another file',
        refusal: 'This is only the signature of a firmware file, not the firmware.',
      }
    : undefined;
}

const MAGICS: readonly (readonly [
  magic: readonly number[],
  format: ForeignFormat,
  title: string,
  refusal: string,
])[] = [
  [
    [0x7f, 0x45, 0x4c, 0x46],
    'elf',
    'ELF program',
    'This is the linker output (.elf): choose the .bin made from it.',
  ],
  [[0x55, 0x46, 0x32, 0x0a], 'uf2', 'UF2 image', 'UF2 images are for USB mass storage boot loaders.'],
  [[0x25, 0x50, 0x44, 0x46], 'pdf', 'PDF document', 'This is a document, not firmware.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz', 'XZ archive', 'This is an archive: unpack it first.'],
];

function readByMagic(content: Uint8Array): Foreign | undefined {
  const found = MAGICS.find(([magic]) => startsWith(content, magic));
  return found == null ? undefined : { format: found[1], title: found[2], refusal: found[3] };
}

function readText(content: Uint8Array): Foreign | undefined {
  const bytes = content.subarray(0, 512);
  if (bytes.some((byte) => byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13)) return undefined;
  let head: string;
  try {
    // As a stream, because the last character may be cut.
    head = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }).trimStart();
  } catch {
    return undefined;
  }
  if (/^<(!doctype|html|\?xml)/i.test(head))
    return {
      format: 'html',
      title: 'web page',
      refusal: 'This is a web page saved under the name of the firmware: download the file itself.',
    };
  if (/^:[0-9a-f]{10,}/i.test(head))
    return {
      format: 'intel-hex',
      title: 'Intel HEX file',
      refusal: 'This is an Intel HEX file: choose the .bin image.',
    };
  if (/^[{[]/.test(head))
    return { format: 'json', title: 'JSON text', refusal: 'This is JSON text, not firmware.' };
  return { format: 'text', title: 'text', refusal: 'This is text, not firmware.' };
}

/** What can be said of content nobody knows. */
export function describeUnknown(content: Uint8Array): Findings {
  const start = hexBytes(content.subarray(0, 16)).replaceAll(/(..)(?=.)/g, '$1 ');
  const facts: Fact[] = [{ label: 'Starts with', value: start }];
  const magic = u8(content, 0);
  let text = 'The content is no firmware that benchflash knows.';
  if (magic === 0xe9 || magic === 0xea)
    text = `It starts with ${hex(magic)} as an ESP image does, but what follows is no image header: damaged, encrypted, or something else.`;
  else if (content.length >= 0x10_0000 && Number.isInteger(Math.log2(content.length)))
    text = `It is as large as a flash chip (${sizeText(content.length)}), but no boot loader and no partition table can be read: an encrypted flash, or another kind of chip.`;
  return {
    kind: 'unknown',
    chip: undefined,
    title: 'unknown content',
    facts,
    problems: [{ severity: 'error', text }],
    parts: [],
  };
}

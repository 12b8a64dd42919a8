import { readAppDescriptor, readBootloaderDescriptor } from './app-descriptor.ts';
import { hex, isFilled, sizeText, u16, u32 } from './bytes.ts';
import { revisionText } from './esp-chips.ts';
import { mapsFlash, verifies, type EspImage } from './esp-image.ts';
import type { FirmwarePart, FirmwareProblem } from './firmware-file.ts';
import { productText, projectName, recognizeProduct } from './products.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** Of every backup: what makes a unit itself is not in the file. */
export const MAC_FACT: Fact = { label: 'MAC', value: 'not in flash: it is burned into the chip' };

/** One image of the ESP32 family, ready for a part, the facts and the problems of a file. */
export interface ImageReport {
  readonly kind: 'app' | 'bootloader';
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly problems: readonly FirmwareProblem[];
  /** All of a part but its place and bytes. */
  readonly fields: Omit<FirmwarePart, 'title' | 'kind' | 'flashOffset' | 'bytes'>;
}

/** `limit`: where what belongs to this image ends at most (end of file or partition). */
export function reportEsp32Image(bytes: Uint8Array, image: EspImage, limit: number): ImageReport {
  const kind = mapsFlash(image) ? 'app' : 'bootloader';
  const chip = image.chip?.name ?? 'an unknown ESP chip';
  const descriptor = kind === 'app' ? readAppDescriptor(bytes, image) : undefined;
  const product =
    kind === 'app' ? recognizeProduct(bytes.subarray(image.start, Math.min(image.end, limit))) : undefined;
  const tail = readTail(bytes.subarray(Math.min(image.end, limit), limit));
  const project = projectName(descriptor);
  const facts: Fact[] = [];
  if (product != null) facts.push({ label: 'Firmware', value: productText(product) });
  if (descriptor != null) {
    facts.push(
      { label: 'Project', value: descriptor.project },
      { label: 'Version', value: descriptor.version },
      { label: 'ESP-IDF', value: descriptor.idfVersion },
      { label: 'Built', value: `${descriptor.date} ${descriptor.time}`.trim() },
      { label: 'ELF SHA-256', value: descriptor.elfSha256 },
    );
  } else if (kind === 'app') facts.push({ label: 'Descriptor', value: 'none (an old build)' });
  const boot = kind === 'bootloader' ? readBootloaderDescriptor(bytes, image) : undefined;
  if (boot != null)
    facts.push({ label: 'ESP-IDF', value: boot.idfVersion }, { label: 'Built', value: boot.dateTime });
  facts.push(...imageFacts(image));
  if (tail.text != null) facts.push({ label: 'After the image', value: tail.text });
  if (product?.name === 'ESPHome')
    facts.push({
      label: 'Secrets',
      value: 'ESPHome usually compiles the Wi-Fi password in: keep it private',
    });
  return {
    kind,
    title:
      kind === 'bootloader'
        ? `${chip} boot loader, ${headerText(image)}`
        : appTitle(chip, product == null ? undefined : productText(product), project, descriptor?.version),
    facts,
    problems: image.problems,
    fields: {
      ...headerFields(image),
      ...(descriptor != null && { descriptor }),
      ...(product != null && { product }),
      ...(tail.signed && { signed: true }),
      ...(!verifies(image) && { damaged: true }),
    },
  };
}

function appTitle(
  chip: string,
  product: string | undefined,
  project: string | undefined,
  version: string | undefined,
): string {
  if (product == null)
    return [chip, 'application', project ?? '', version ?? ''].join(' ').replaceAll(/ +/g, ' ').trim();
  return project == null ? `${product} for ${chip}` : `${product} for ${chip}: ${project}`;
}

/** `DOUT, 40 MHz, 2 MiB`. */
export const headerText = ({ mode, freqMHz, sizeBytes }: EspImage): string =>
  [
    mode?.toUpperCase() ?? 'unknown flash mode',
    freqMHz == null ? undefined : `${freqMHz} MHz`,
    sizeBytes == null ? undefined : sizeText(sizeBytes),
  ]
    .filter((word) => word != null)
    .join(', ');

export const headerFields = (image: EspImage): ImageReport['fields'] => ({
  ...(image.chip != null && { chip: image.chip.name }),
  ...(image.mode != null && { flashMode: image.mode }),
  ...(image.freqMHz != null && { flashFreqMHz: image.freqMHz }),
  ...(image.sizeBytes != null && { headerFlashSizeBytes: image.sizeBytes }),
  ...(image.minRevision != null && { minRevision: image.minRevision }),
  ...(image.maxRevision != null && { maxRevision: image.maxRevision }),
});

export function imageFacts(image: EspImage): Fact[] {
  const { checksum, minRevision = 0, maxRevision } = image;
  const facts: Fact[] = [
    { label: 'Flash header', value: headerText(image) },
    { label: 'Entry', value: hex(image.entry, 8) },
    {
      label: 'Segments',
      value: image.segments.map(({ address, length }) => `${hex(address, 8)}+${hex(length)}`).join(' '),
    },
  ];
  if (minRevision > 0 || maxRevision != null)
    facts.push({
      label: 'Chip revisions',
      value: `${revisionText(minRevision)} to ${maxRevision == null ? 'any' : revisionText(maxRevision)}`,
    });
  if (checksum != null)
    facts.push({
      label: 'Checksum',
      value: `${hex(checksum.stored, 2)} at ${hex(checksum.offset)}, ${checksum.stored === checksum.computed ? 'fits' : 'WRONG'}`,
    });
  if (image.sha256 === 'valid' || image.sha256 === 'wrong')
    facts.push({ label: 'Image SHA-256', value: image.sha256 === 'valid' ? 'fits' : 'WRONG' });
  if (verifies(image)) facts.push({ label: 'Image ends at', value: hex(image.end) });
  return facts;
}

/** True when a secure boot signature follows the image. */
export const isSigned = (bytes: Uint8Array, image: EspImage): boolean =>
  readTail(bytes.subarray(Math.min(image.end, bytes.length))).signed;

interface Tail {
  readonly text: string | undefined;
  readonly signed: boolean;
}

/** A V1 signature block: u32 version 0 and 64 bytes, right behind the image or at the end of its padding. */
const V1_SIGNATURE_BYTES = 68;
const V1_MAX_TAIL_BYTES = 0x1_0000 + V1_SIGNATURE_BYTES;
/** A V2 signature sector starts with these bytes (magic E7, version 2), on a 4 KiB border of the file. */
const V2_SIGNATURE_MAGIC = 0x02e7;

function readTail(tail: Uint8Array): Tail {
  if (tail.length === 0) return { text: undefined, signed: false };
  if (isFilled(tail, 0xff) || isFilled(tail, 0))
    return { text: `${tail.length} bytes of padding`, signed: false };
  for (let offset = 0; offset < Math.min(tail.length, 0x1_1000); offset += 16)
    if (u16(tail, offset) === V2_SIGNATURE_MAGIC && tail.length - offset >= 1216)
      return { text: `secure boot V2 signature (+${hex(offset)})`, signed: true };
  const places = [tail.subarray(0, V1_SIGNATURE_BYTES), tail.subarray(-V1_SIGNATURE_BYTES)];
  if (tail.length <= V1_MAX_TAIL_BYTES && places.some(isV1Signature))
    return { text: 'secure boot V1 signature', signed: true };
  return { text: `${tail.length} bytes that are not part of it`, signed: false };
}

const isV1Signature = (block: Uint8Array): boolean =>
  block.length === V1_SIGNATURE_BYTES &&
  u32(block, 0) === 0 &&
  !isFilled(block.subarray(4), 0xff) &&
  !isFilled(block.subarray(4), 0);

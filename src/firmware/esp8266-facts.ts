import { hex, sizeText, u32, u8 } from './bytes.ts';
import type { EspImage } from './esp-image.ts';
import type { Esp8266Facts, Esp8266Layout, FirmwareProblem, Product } from './firmware-file.ts';
import type { Fact } from './image-report.ts';
import { findTasmotaMarkers, tasmotaVersionText } from './tasmota-marker.ts';

const EBOOT_APP = 0x1000;
const HAA_APP = 0x2000;
/** The sectors that the two groups of Mongoose OS builds keep the choice of their boot loader in, and its first byte. */
const BOOT_CONFIG_SECTORS = [0x1000, 0x7000] as const;
const BOOT_CONFIG_MAGIC = 0xe1;
/** Of a marker behind the image. */
const MARKER_TAIL_BYTES = 12;
/** RSA keys of 1024 to 4096 bits; the Arduino core signs with 2048. */
const ARDUINO_SIGNATURE_BYTES: readonly number[] = [128, 256, 384, 512];
/** Between the image and its signature there may be padding to a sector border. */
const SECTOR_BYTES = 0x1000;

/** What an image file for the ESP8266 is made of. `appOffset`: where the application starts, if there is one. */
export function readEsp8266Facts(
  content: Uint8Array,
  first: EspImage,
  second: EspImage | undefined,
  product: Product | undefined,
): Esp8266Facts {
  const layout = layoutOf(first, second);
  const end = Math.min((second ?? first).end, content.length);
  const markers = findTasmotaMarkers(content);
  const bootConfig = layout === 'mongoose-rboot' ? findBootConfig(content) : undefined;
  return {
    layout,
    signature: signatureOf(content, end, first, product),
    ...(second != null && { appOffset: second.start }),
    ...(markers.aligned != null && { tasmotaMarker: markers.aligned }),
    ...(markers.unaligned != null && { unalignedMarker: markers.unaligned }),
    ...(bootConfig != null && { bootConfigOffset: bootConfig }),
  };
}

function layoutOf(first: EspImage, second: EspImage | undefined): Esp8266Layout {
  if (second?.start === EBOOT_APP) return 'eboot';
  if (second?.start === HAA_APP) return 'haa-rboot';
  return second == null ? (first.form === 'v2' ? 'v2-app' : 'one-image') : 'mongoose-rboot';
}

const findBootConfig = (content: Uint8Array) =>
  BOOT_CONFIG_SECTORS.find((offset) => u8(content, offset) === BOOT_CONFIG_MAGIC);

function signatureOf(
  content: Uint8Array,
  end: number,
  first: EspImage,
  product: Product | undefined,
): Esp8266Facts['signature'] {
  // Behind the image and its signature the Arduino core keeps the length of the signature.
  const length = u32(content, content.length - 4);
  const start = content.length - 4 - length;
  if (ARDUINO_SIGNATURE_BYTES.includes(length) && start >= end && start - end < SECTOR_BYTES)
    return 'arduino';
  // The files of HAA that its own update takes have their signature in a file beside them.
  return first.form === 'v2' && isHaa(product) ? 'haa' : 'none';
}

const isHaa = (product: Product | undefined): boolean => product?.name.startsWith('HAA') === true;

const error = (text: string): FirmwareProblem => ({ severity: 'error', text });

/** What is wrong with the file as a whole, beyond what its images say of themselves. */
export function wholeFileProblems(
  content: Uint8Array,
  first: EspImage,
  second: EspImage | undefined,
  facts: Esp8266Facts,
  product: Product | undefined,
): FirmwareProblem[] {
  const app = second ?? first;
  if (app.truncated) return [];
  const tailBytes = content.length - app.end;
  // All HAA images seen carry a CRC-32; without it nothing would cover the code in flash.
  const wantsCrc = isHaa(product);
  if (
    app.form === 'v2' &&
    !app.hasCrc32 &&
    (wantsCrc || tailBytes === 4 || tailBytes === 4 + MARKER_TAIL_BYTES)
  )
    return [error(`The CRC-32 at ${hex(app.end)} does not fit the application: it is damaged or cut short.`)];
  // Behind the application comes its file system, which nothing else covers.
  if (facts.layout === 'mongoose-rboot' && first.sizeBytes != null && content.length < first.sizeBytes)
    return [
      error(
        `The image is cut short: it has ${content.length} bytes, but one with a file system fills its ${sizeText(first.sizeBytes)} of flash.`,
      ),
    ];
  return [];
}

const LAYOUT_TEXT: Readonly<Record<Esp8266Layout, string>> = {
  eboot: 'Arduino boot loader (eboot), application at 0x1000',
  'haa-rboot': 'rboot of HAA, application at 0x2000',
  'mongoose-rboot': 'rboot of Mongoose OS, application at 0x8000',
  'v2-app': 'application alone, for a boot loader that is there already',
  'one-image': 'one image',
};

export function esp8266FactRows(facts: Esp8266Facts): Fact[] {
  const { tasmotaMarker, unalignedMarker, bootConfigOffset } = facts;
  return [
    { label: 'Layout', value: LAYOUT_TEXT[facts.layout] },
    ...(bootConfigOffset == null
      ? []
      : [{ label: 'Boot config', value: `${hex(bootConfigOffset)}: fits only models of this group` }]),
    ...(facts.layout === 'v2-app'
      ? []
      : [{ label: 'Tasmota marker', value: markerText(tasmotaMarker, unalignedMarker) }]),
    ...(facts.signature === 'none' ? [] : [{ label: 'Signature', value: SIGNATURE_TEXT[facts.signature] }]),
  ];
}

const SIGNATURE_TEXT = {
  arduino: 'signed behind the image: never patched',
  haa: 'in a .sec file beside it: never patched',
} as const;

function markerText(
  aligned: Esp8266Facts['tasmotaMarker'],
  unaligned: Esp8266Facts['unalignedMarker'],
): string {
  if (aligned != null) return `${tasmotaVersionText(aligned.version)} at ${hex(aligned.offset)}`;
  if (unaligned != null)
    return `${tasmotaVersionText(unaligned.version)} at ${hex(unaligned.offset)}, which is no multiple of 4: an old Tasmota does not see it`;
  return 'none: Tasmota 7.1.2.6 to 9.x refuses the file unless the marker is added';
}

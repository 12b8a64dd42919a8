import { hex, isFilled, sizeText } from './bytes.ts';
import { parseEspImage, verifies, type EspImage } from './esp-image.ts';
import { esp8266FactRows, readEsp8266Facts, wholeFileProblems } from './esp8266-facts.ts';
import { searchEsp8266Secrets } from './esp8266-secrets.ts';
import type { Findings } from './findings.ts';
import type { FirmwareProblem, Product } from './firmware-file.ts';
import { headerFields, headerText, imageFacts, MAC_FACT, type Fact } from './image-report.ts';
import { productText, recognizeProduct } from './products.ts';

const MIB = 0x10_0000;
const CHIP_SIZES: readonly number[] = [1, 2, 4, 8, 16].map((size) => size * MIB);
/** Where a boot loader at 0x0 looks for the application: eboot, rboot of HAA, rboot of Mongoose OS. */
const APP_OFFSETS: readonly number[] = [0x1000, 0x2000, 0x8000];
/** Flash is mapped here 1:1; the first segment's address tells for which place the image was linked. */
const FLASH_WINDOW = 0x4020_0000;
const WINDOW_BYTES = 0x10_0000;

/**
 * Undefined when this is no ESP8266 content: neither an image at 0x0 nor the dump of a whole flash whose boot
 * loader is gone, as a conversion over the air that failed leaves it.
 */
export function describeEsp8266(content: Uint8Array): Findings | undefined {
  const first = parseEspImage(content);
  if (first == null && CHIP_SIZES.includes(content.length)) return describeBricked(content);
  return first?.chip?.name === 'ESP8266' ? describeImages(content, first) : undefined;
}

/** The image at 0x0 and, behind a boot loader, the application. */
function describeImages(content: Uint8Array, first: EspImage): Findings {
  const second = first.form === 'v1' ? findSecondImage(content, first) : undefined;
  const isWhole = CHIP_SIZES.includes(content.length);
  const app = second ?? first;
  const appBytes = content.subarray(app.start, isWhole ? Math.min(app.end, content.length) : undefined);
  const product = recognizeProduct(appBytes);
  const placed = placeOf(first, second);
  const made = isWhole ? undefined : readEsp8266Facts(content, first, second, product);
  const incomplete = made == null ? [] : wholeFileProblems(content, first, second, made, product);
  const problems: FirmwareProblem[] = [
    ...first.problems.map((problem) => prefixed(second == null ? undefined : 'Image at 0x0', problem)),
    ...(second?.problems ?? []).map((problem) => prefixed(`Image at ${hex(second?.start ?? 0)}`, problem)),
    ...placed.problems,
    ...incomplete,
    ...sizeProblems(content, first, isWhole),
  ];
  const name = product == null ? nameWithoutProduct(first, second) : productText(product);
  const facts: Fact[] = [
    ...(product == null ? [] : [{ label: 'Firmware', value: productText(product) }]),
    { label: 'Belongs at', value: placed.offset == null ? 'behind a boot loader' : hex(placed.offset) },
    ...imageFacts(first),
    ...(second == null ? [] : secondFacts(second)),
    ...tailFacts(content, app, isWhole),
    ...(made == null ? [] : esp8266FactRows(made)),
  ];
  const secrets = isWhole ? searchEsp8266Secrets(content, [first, second], product) : undefined;
  if (secrets != null) facts.push(...secrets.facts, MAC_FACT);
  else facts.push(...secretsOfImage(product));
  const isSound = verifies(first) && verifies(app) && incomplete.length === 0;
  const runs = isSound ? name : undefined;
  return {
    kind: isWhole ? 'esp8266-full-flash' : 'esp8266-image',
    chip: 'ESP8266',
    title: isWhole
      ? `ESP8266 full flash, ${sizeText(content.length)}, runs ${runs ?? 'nothing that can be named'}`
      : titleOfImage(name, product, first),
    facts,
    problems,
    parts: [
      {
        kind: 'esp8266-image',
        title: name,
        flashOffset: placed.offset,
        bytes: content,
        ...headerFields(first),
        ...(product != null && { product }),
        ...(!isSound && { damaged: true }),
        ...(made != null && made.signature !== 'none' && { signed: true }),
      },
    ],
    ...(made != null && { esp8266: made }),
    ...(product != null && { product }),
    ...(secrets != null && { backup: { ...secrets.backup, runs } }),
  };
}

const titleOfImage = (name: string, product: Product | undefined, first: EspImage): string =>
  product == null ? `${name}, ${headerText(first)}` : `${name} for ESP8266, ${headerText(first)}`;

/** The application behind the boot loader: the first plausible image beyond the end of the one at 0x0. */
function findSecondImage(content: Uint8Array, first: EspImage): EspImage | undefined {
  return first.truncated ? undefined : findApplication(content, first.end);
}

function findApplication(content: Uint8Array, from: number): EspImage | undefined {
  for (const offset of APP_OFFSETS) {
    const image = offset < from ? undefined : parseEspImage(content, offset);
    if (image?.chip?.name === 'ESP8266') return image;
  }
  return undefined;
}

function describeBricked(content: Uint8Array): Findings | undefined {
  const app = findApplication(content, 0);
  if (app == null) return undefined;
  const product = recognizeProduct(content.subarray(app.start, Math.min(app.end, content.length)));
  const secrets = searchEsp8266Secrets(content, [app], product);
  const left = product == null ? 'an application' : productText(product);
  return {
    kind: 'esp8266-full-flash',
    chip: 'ESP8266',
    title: `ESP8266 full flash, ${sizeText(content.length)}, without its boot loader`,
    facts: [
      { label: 'Left in it', value: `${left} at ${hex(app.start)}${verifies(app) ? '' : ', damaged'}` },
      ...secrets.facts,
      MAC_FACT,
    ],
    problems: [
      {
        severity: 'error',
        text: 'There is no boot loader at 0x0: this flash does not start (a failed conversion or a cut read).',
      },
      ...app.problems,
    ],
    parts: [{ kind: 'data', title: 'whole flash', flashOffset: 0, bytes: content }],
    backup: { ...secrets.backup, runs: undefined },
  };
}

const flashAddress = (image: EspImage): number | undefined =>
  image.segments.find(({ address }) => address >= FLASH_WINDOW && address < FLASH_WINDOW + WINDOW_BYTES)
    ?.address;

/** Loader name by where its application lies; an image that maps flash itself is the application. */
function nameWithoutProduct(first: EspImage, second: EspImage | undefined): string {
  if (second != null) return `ESP8266 firmware (boot loader, application at ${hex(second.start)})`;
  if (first.form === 'v2') return 'ESP8266 application without its boot loader (SDK v2 form)';
  return flashAddress(first) == null ? 'ESP8266 boot loader or RAM-only image' : 'ESP8266 firmware';
}

function placeOf(
  first: EspImage,
  second: EspImage | undefined,
): { readonly offset: number | undefined; readonly problems: readonly FirmwareProblem[] } {
  if (second != null) return { offset: 0, problems: [] };
  if (first.form === 'v2') {
    const text =
      'The application comes without its boot loader (EA at 0x0): written to 0x0 the unit would not start.';
    return { offset: undefined, problems: [{ severity: 'error', text }] };
  }
  const address = flashAddress(first);
  if (address == null)
    return {
      offset: 0,
      problems: [
        {
          severity: 'error',
          text: 'No application follows the image at 0x0: it is a boot loader alone, half of an image made of two files, or the file is cut short.',
        },
      ],
    };
  // The Arduino boot loader starts images linked for 0x1000 (flash data from 0x1010 on).
  const offset = (address - FLASH_WINDOW) & ~0xfff;
  if (offset === 0) return { offset: 0, problems: [] };
  return {
    offset,
    problems: [
      {
        severity: 'error',
        text: `The application comes without its boot loader: it was linked for ${hex(offset)}, written to 0x0 the unit would not start.`,
      },
    ],
  };
}

const prefixed = (what: string | undefined, problem: FirmwareProblem): FirmwareProblem =>
  what == null ? problem : { ...problem, text: `${what}: ${problem.text}` };

function sizeProblems(content: Uint8Array, first: EspImage, isWhole: boolean): FirmwareProblem[] {
  const { sizeBytes } = first;
  if (sizeBytes == null || isWhole || content.length <= sizeBytes) return [];
  return [
    {
      severity: 'warning',
      text: `The file has ${content.length} bytes, but its header speaks of a flash of ${sizeText(sizeBytes)}.`,
    },
  ];
}

const secondFacts = (second: EspImage): Fact[] =>
  imageFacts(second)
    .filter(({ label }) => label !== 'Flash header')
    .map(({ label, value }) => ({ label: `${label}, application`, value }));

function tailFacts(content: Uint8Array, app: EspImage, isWhole: boolean): Fact[] {
  const tail = content.subarray(Math.min(app.end, content.length));
  if (isWhole || app.truncated || tail.length === 0) return [];
  const isPadding = isFilled(tail, 0xff) || isFilled(tail, 0);
  return [
    {
      label: 'After the image',
      value: `${tail.length} bytes${isPadding ? ' of padding' : ' from ' + hex(app.end)}`,
    },
  ];
}

const secretsOfImage = (product: Product | undefined): Fact[] =>
  product?.name === 'ESPHome'
    ? [{ label: 'Secrets', value: 'ESPHome usually compiles the Wi-Fi password in: keep it private' }]
    : [];

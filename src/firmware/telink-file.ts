import type { Findings } from './findings.ts';
import { fieldText, hex, isFilled, sizeText, u16, u32 } from './bytes.ts';
import type { BackupFacts, FirmwarePart, FirmwareProblem, TelinkFacts } from './firmware-file.ts';
import type { Fact } from './image-report.ts';
import { parseTelinkImage, telinkFirmwareText, type TelinkImage } from './telink-image.ts';
import { LYWSD03MMC } from './telink-models.ts';
import { readTelinkUnit, type TelinkUnit } from './telink-unit.ts';

const FULL_FLASH_BYTES = 0x8_0000;
/** Where an image may start: the banks of these models. */
const BANKS = [0, 0x2_0000, 0x4_0000] as const;
const ZIGBEE_MAGIC = 0x0bee_f11e;
const MANUFACTURER_TELINK = 0x1141;
/** Images of these chips end so: 4 bytes of checksum behind whole groups of 16. */
const SIZE_REMAINDER = 4;
/** What lies above the banks of a LYWSD03MMC begins here. */
const HISTORY_OFFSET = 0x4_f000;

/** A Telink image, a whole flash of a thermometer, or a Zigbee update with an image in it. Undefined when it is none. */
export const describeTelink = (content: Uint8Array): Findings | undefined =>
  u32(content, 0) === ZIGBEE_MAGIC
    ? describeZigbee(content)
    : (describeFullFlash(content) ?? describeImage(content));

function describeImage(content: Uint8Array): Findings | undefined {
  const image = parseTelinkImage(content);
  if (image == null) return undefined;
  const rest = content.subarray(Math.min(image.sizeBytes, content.length));
  return {
    kind: 'telink-image',
    chip: undefined,
    title: imageTitle(image),
    facts: imageFacts(image),
    problems: [...imageProblems(image), ...tailProblems(image, rest)],
    parts: [partOf(image, content, 0)],
    telink: factsOf(image),
  };
}

const factsOf = (image: TelinkImage, unit?: TelinkUnit): TelinkFacts => ({
  model: image.model,
  firmware: image.firmware,
  version: image.version,
  imageBytes: image.sizeBytes,
  manufacturer: image.manufacturer,
  imageType: image.imageType,
  fileVersion: image.fileVersion,
  isSigned: image.isSigned,
  fitsOta: image.sizeBytes <= LYWSD03MMC.otaLimitBytes,
  ...(unit && { unit }),
});

const imageTitle = (image: TelinkImage): string =>
  `${telinkFirmwareText(image)} for ${image.model ?? 'an unknown Telink device'}`;

const partOf = (image: TelinkImage, content: Uint8Array, offset: number): FirmwarePart => ({
  kind: 'telink-image',
  title: imageTitle(image),
  flashOffset: offset,
  bytes: content.subarray(offset, offset + image.sizeBytes),
  ...(image.isCrcRight !== true && { damaged: true }),
  ...(image.isSigned && { signed: true }),
});

function imageFacts(image: TelinkImage): Fact[] {
  const crc = image.isCrcRight == null ? 'cannot be checked' : image.isCrcRight ? 'fits' : 'WRONG';
  return [
    { label: 'Device', value: image.model ?? 'unknown' },
    { label: 'Firmware', value: telinkFirmwareText(image) },
    { label: 'Image size', value: `${image.sizeBytes} bytes` },
    { label: 'Image CRC-32', value: crc },
    ...(image.manufacturer === 0
      ? []
      : [
          { label: 'Manufacturer, type', value: `${hex(image.manufacturer, 4)}, ${hex(image.imageType, 4)}` },
          { label: 'File version', value: hex(image.fileVersion, 8) },
        ]),
    ...(image.isSigned ? [{ label: 'After the image', value: 'signature of the maker (MI.T FOTA)' }] : []),
  ];
}

const error = (text: string): FirmwareProblem => ({ severity: 'error', text });
const warning = (text: string): FirmwareProblem => ({ severity: 'warning', text });

function imageProblems(image: TelinkImage): FirmwareProblem[] {
  const problems: FirmwareProblem[] = [];
  if (image.isCut) problems.push(error(`The image is cut: its header says ${image.sizeBytes} bytes.`));
  if (image.isCrcRight === false)
    problems.push(error('The CRC-32 of the image is wrong: the file is damaged.'));
  if (image.sizeBytes % 16 !== SIZE_REMAINDER)
    problems.push(error(`An image of ${image.sizeBytes} bytes is none: Telink images end on 16 n + 4.`));
  if (!image.isBootable)
    problems.push(error('The image is switched off (its boot flag is cleared): no chip would start it.'));
  if (image.sizeBytes > HISTORY_OFFSET)
    problems.push(error(`The image is larger than the ${sizeText(HISTORY_OFFSET)} that flash has for it.`));
  else if (image.sizeBytes > LYWSD03MMC.otaLimitBytes)
    problems.push(
      warning(
        'The image is larger than one bank of 128 KiB: it can be written by wire, not by an ordinary update over Bluetooth.',
      ),
    );
  if (image.firmware === 'zigbee')
    problems.push(warning('This is Zigbee firmware: afterwards the unit no longer speaks Bluetooth.'));
  return problems;
}

function tailProblems(image: TelinkImage, rest: Uint8Array): FirmwareProblem[] {
  if (image.isSigned || rest.length === 0 || isFilled(rest, 0xff) || isFilled(rest, 0)) return [];
  return [warning(`${rest.length} bytes follow the image; they are neither padding nor a signature.`)];
}

/** Zigbee OTA header: its length at 6, manufacturer, image type, version and text behind; then elements (tag, length). */
function describeZigbee(content: Uint8Array): Findings {
  const headerBytes = u16(content, 6);
  const manufacturer = u16(content, 10);
  const text = fieldText(content.subarray(20, 52));
  const totalBytes = u32(content, 52);
  const start = headerBytes + 6;
  const inner = content.subarray(start, start + u32(content, headerBytes + 2));
  const image = manufacturer === MANUFACTURER_TELINK ? parseTelinkImage(inner) : undefined;
  const header: Fact[] = [
    {
      label: 'Zigbee header',
      value: `${hex(manufacturer, 4)}, ${hex(u16(content, 12), 4)}${text && `, ${text}`}`,
    },
  ];
  if (image == null)
    return {
      kind: 'telink-zigbee-ota',
      chip: undefined,
      title: 'Zigbee OTA file without a Telink image',
      facts: header,
      problems: [error('It holds no Telink image: firmware of another Zigbee device, or cut short.')],
      parts: [],
    };
  const wrongTotal =
    totalBytes === content.length
      ? []
      : [error(`The file is cut: its Zigbee header says ${totalBytes} bytes.`)];
  return {
    kind: 'telink-zigbee-ota',
    chip: undefined,
    title: `${imageTitle(image)}, in a Zigbee OTA file`,
    facts: [...header, ...imageFacts(image)],
    problems: [...wrongTotal, ...imageProblems(image)],
    parts: [partOf(image, inner, 0)],
    telink: factsOf(image),
  };
}

function describeFullFlash(content: Uint8Array): Findings | undefined {
  if (content.length < FULL_FLASH_BYTES || content.length % FULL_FLASH_BYTES !== 0) return undefined;
  const banks = BANKS.flatMap((offset) => {
    const image = parseTelinkImage(content.subarray(offset));
    return image == null ? [] : [{ offset, image }];
  });
  const [first] = banks;
  if (first == null) return undefined;
  const starting = banks.find(({ image }) => image.isBootable) ?? first;
  const { image } = starting;
  const unit =
    image.model == null
      ? undefined
      : readTelinkUnit((offset, length) => content.subarray(offset, offset + length), image.model);
  const parts = banks.map((bank) => partOf(bank.image, content, bank.offset));
  const runs = telinkFirmwareText(image);
  const whose = [image.model ?? 'an unknown Telink device', unit?.mac]
    .filter((word) => word != null)
    .join(' ');
  return {
    kind: 'telink-full-flash',
    chip: undefined,
    title: `full flash of ${whose}, ${sizeText(content.length)}, runs ${runs}`,
    facts: [...unitFacts(unit), { label: 'Starts from', value: hex(starting.offset) }, ...imageFacts(image)],
    problems: flashProblems(content.length, image, unit),
    parts,
    starts: parts[banks.indexOf(starting)]!,
    telink: factsOf(image, unit),
    backup: backupFacts(runs, unit),
  };
}

function unitFacts(unit: TelinkUnit | undefined): Fact[] {
  if (unit == null) return [];
  const { mac = 'none: the area is erased', hardware = 'unknown', trim } = unit;
  const bound = unit.isBound == null ? 'unknown' : unit.isBound ? 'yes' : 'no';
  return [
    { label: 'MAC', value: mac },
    { label: 'Hardware', value: hardware },
    { label: 'Crystal trim', value: trim == null ? 'erased' : hex(trim, 2) },
    { label: 'Mi keys', value: unit.keys === 'found' ? 'found (hidden)' : unit.keys },
    { label: 'Bound to an account', value: bound },
  ];
}

function flashProblems(length: number, image: TelinkImage, unit: TelinkUnit | undefined): FirmwareProblem[] {
  const problems = imageProblems(image);
  if (length !== FULL_FLASH_BYTES)
    problems.push(
      error(`The flash of these units has ${sizeText(FULL_FLASH_BYTES)}, this file ${sizeText(length)}.`),
    );
  if (unit != null && unit.mac == null)
    problems.push(
      warning('The MAC area is erased: the unit this is written to would have no MAC of its own.'),
    );
  return problems;
}

const backupFacts = (runs: string, unit: TelinkUnit | undefined): BackupFacts => ({
  runs,
  wifiCredentials: 'none',
  ssids: [],
  secrets: unit == null || unit.keys === 'none' ? [] : ['It holds the Mi token and bind key of its unit.'],
  blankData: unit?.mac == null,
});

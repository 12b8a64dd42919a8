import { hex, isFilled, sizeText } from './bytes.ts';
import { mapsFlash, parseEspImage, verifies } from './esp-image.ts';
import type { FirmwarePart, FirmwareProblem } from './firmware-file.ts';
import { cutAreas, usedLength, type FlashArea, type FlashLayout } from './flash-layout.ts';
import { headerFields, MAC_FACT, reportEsp32Image, type Fact } from './image-report.ts';
import type { Findings } from './findings.ts';
import { activeOta, type ActiveApp } from './otadata.ts';
import { isApp, isOtadata, partitionText, tableEnd } from './partition-table.ts';
import { searchEsp32Secrets } from './esp32-secrets.ts';

const MIB = 0x10_0000;
/** A dump is exactly as large as its flash chip. */
const CHIP_SIZES: readonly number[] = [1, 2, 4, 8, 16, 32, 64].map((size) => size * MIB);
const TABLE_BYTES = 0x1000;

export const isChipSize = (bytes: number): boolean => CHIP_SIZES.includes(bytes);

/** A file with boot loader, table and applications: a merged (factory) image, or the backup of a whole flash. */
export function describeEsp32Flash(content: Uint8Array, layout: FlashLayout): Findings {
  const { table, base, bootloader } = layout;
  const isWhole = base === 0 && isChipSize(content.length);
  const areas = cutAreas(content, layout);
  const otadata = areas.find(({ partition }) => partition != null && isOtadata(partition));
  const active = activeOta(otadata?.bytes, table);
  const facts: Fact[] = [{ label: 'Belongs at', value: `${hex(base)}, the whole file` }];
  const problems: FirmwareProblem[] = [...table.problems];
  const parts: FirmwarePart[] = [];

  addHead(content, layout, parts, facts, problems);
  let running: FirmwarePart | undefined;
  for (const area of areas) {
    const part = describeArea(area, active, facts, problems);
    parts.push(part);
    if (part.kind === 'app' && area.partition === active?.partition) running = part;
  }
  if (active != null && running == null) problems.push(missingApplication(content, layout, active));
  const chip = bootloader?.chip?.name ?? running?.chip ?? parts.find((part) => part.chip != null)?.chip;
  if (isWhole && tableEnd(table) > content.length)
    problems.push({
      severity: 'error',
      text: `The partition table reaches to ${hex(tableEnd(table))}, beyond the ${sizeText(content.length)} of this flash.`,
    });

  const secrets = searchEsp32Secrets(areas, running?.product);
  facts.push(...secrets.facts);
  if (!isWhole && secrets.wifiCredentials === 'found')
    problems.push({
      severity: 'warning',
      text: 'This image holds the Wi-Fi credentials of a unit it was read from: do not give it to others.',
    });
  if (isWhole) facts.push(MAC_FACT);
  const starts = running?.damaged === true ? undefined : running;
  const runs = starts?.title;
  const nothing = running == null ? 'nothing that can be named' : `a damaged ${running.title}`;
  return {
    kind: isWhole ? 'esp32-full-flash' : 'esp32-merged',
    chip,
    title: isWhole
      ? `${chip ?? 'ESP32'} full flash, ${sizeText(content.length)}, runs ${runs ?? nothing}`
      : `${chip ?? 'ESP32'} merged image from ${hex(base)}: ${runs ?? nothing}`,
    facts,
    problems,
    parts,
    partitionTable: table,
    ...(running?.product != null && { product: running.product }),
    ...(starts != null && { starts }),
    ...(isWhole && {
      backup: {
        runs,
        wifiCredentials: secrets.wifiCredentials,
        ssids: secrets.ssids,
        secrets: secrets.secrets,
        blankData: secrets.blankData,
      },
    }),
  };
}

/** Everything up to and with the partition table. */
function addHead(
  content: Uint8Array,
  { base, bootloader, tableOffset, table }: FlashLayout,
  parts: FirmwarePart[],
  facts: Fact[],
  problems: FirmwareProblem[],
): void {
  const bootStart = bootloader?.start ?? tableOffset;
  const before = content.subarray(0, bootStart);
  if (before.length > 0 && !isFilled(before, 0xff))
    parts.push({ kind: 'data', title: 'data before the boot loader', flashOffset: base, bytes: before });
  if (bootloader == null)
    problems.push({
      severity: 'error',
      text: 'There is no readable boot loader before the partition table: this flash would not start (or it is encrypted).',
    });
  else {
    const report = reportEsp32Image(content, bootloader, tableOffset);
    const region = content.subarray(bootStart, tableOffset);
    const imageBytes = Math.min(bootloader.end, tableOffset) - bootStart;
    parts.push({
      kind: 'bootloader',
      title: report.title,
      flashOffset: bootStart + base,
      bytes: region.subarray(0, usedLength(region, imageBytes)),
      ...headerFields(bootloader),
      ...report.fields,
    });
    facts.push({ label: `Boot loader ${hex(bootStart + base)}`, value: report.title });
    problems.push(...report.problems.map((problem) => prefixed('Boot loader', problem)));
  }
  parts.push({
    kind: 'partition-table',
    title: `partition table, ${table.partitions.length} entries`,
    flashOffset: tableOffset + base,
    bytes: content.subarray(tableOffset, tableOffset + TABLE_BYTES),
  });
  const md5 = { valid: 'MD5 fits', wrong: 'MD5 WRONG', missing: 'no MD5' }[table.md5];
  facts.push({
    label: `Table ${hex(tableOffset + base)}`,
    value: `${table.partitions.length} partitions, ${md5}`,
  });
}

const prefixed = (what: string, problem: FirmwareProblem): FirmwareProblem => ({
  ...problem,
  text: `${what}: ${problem.text}`,
});

function describeArea(
  area: FlashArea,
  active: ActiveApp | undefined,
  facts: Fact[],
  problems: FirmwareProblem[],
): FirmwarePart {
  const { partition, bytes, offset } = area;
  const isBlank = isFilled(bytes, 0xff);
  if (partition == null) {
    facts.push({ label: 'Unlisted data', value: `${hex(offset)}, in no partition` });
    return { kind: 'data', title: `unlisted data at ${hex(offset)}`, flashOffset: offset, bytes };
  }
  const { label } = partition;
  const text = partitionText(partition);
  const fact = (value: string) => facts.push({ label: `Partition ${label}`, value });
  if (isApp(partition) && !isBlank) {
    const image = parseEspImage(bytes);
    const starts = partition === active?.partition;
    if (image != null && (image.chip?.imageId != null || image.chip == null)) {
      const report = reportEsp32Image(bytes, image, bytes.length);
      fact(`${text}: ${report.title}${starts ? ' (starts)' : ''}${verifies(image) ? '' : ' DAMAGED'}`);
      problems.push(
        ...report.problems.map((problem) =>
          // Slots that do not start hold leftovers of cut updates in many a healthy unit.
          prefixed(`Partition ${label}`, starts ? problem : { ...problem, severity: 'warning' }),
        ),
      );
      if (!mapsFlash(image))
        problems.push({
          severity: 'warning',
          text: `Partition ${label} holds a boot loader, no application.`,
        });
      return {
        kind: 'app',
        title: report.title,
        flashOffset: offset,
        bytes: bytes.subarray(0, usedLength(bytes, Math.min(image.end, bytes.length))),
        partition: label,
        ...report.fields,
      };
    }
  }
  fact(`${text}${isBlank ? ': blank' : ''}${partition.encrypted ? ', encrypted' : ''}`);
  return {
    kind: isOtadata(partition) ? 'otadata' : 'data',
    title: `partition ${label}`,
    flashOffset: offset,
    bytes,
    partition: label,
    ...(isBlank && { blank: true }),
  };
}

function missingApplication(
  content: Uint8Array,
  { base }: FlashLayout,
  { partition }: ActiveApp,
): FirmwareProblem {
  const isCut = partition.offset - base >= content.length;
  return {
    severity: 'error',
    text: isCut
      ? `The file is cut short: it ends at ${hex(content.length + base)}, before the application at ${hex(partition.offset)}.`
      : `There is no application in ${partition.label} at ${hex(partition.offset)}, which is the one that starts.`,
  };
}

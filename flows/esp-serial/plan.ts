import { BenchError } from '../../src/core/errors.ts';
import type {
  AppDescriptor,
  FirmwarePart,
  InspectedFile,
  PartitionTable,
} from '../../src/firmware/inspect.ts';
import { fitsUnit, type UnitForFirmware } from '../../src/firmware/fits-unit.ts';
import { patchFlashHeader } from '../../src/firmware/patch-flash-header.ts';
import { placeFiles, type FlashRegion } from '../../src/firmware/place-parts.ts';
import { tableEnd } from '../../src/firmware/partition-table.ts';
import type { PlanRequest } from '../flow.ts';
import type { BootExpectation, EspChip } from '../../src/protocols/esp/index.ts';
import type { EspDevice } from './device.ts';
import { espOptions, type EspOptions } from './settings.ts';

/** What a batch is going to do, known before any unit is touched. */
export interface EspPlan {
  readonly device: EspDevice;
  readonly task: PlanRequest['task'];
  readonly files: ReadonlyMap<string, InspectedFile>;
  readonly options: EspOptions;
}

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan(device: EspDevice, request: PlanRequest): EspPlan {
  const { task, files } = request;
  if (task !== 'flash' && files.size > 0) {
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  }
  if (task === 'restore' && request.backup) refuseNoBackup(device, request.backup);
  if (task === 'flash') {
    const missing = device.firmwareSlots.find((slot) => slot.required && !files.has(slot.id));
    if (missing) {
      throw new BenchError('USAGE', {
        message: `The firmware is missing: ${missing.title}.`,
        advice: 'Give it with --firmware FILE.',
      });
    }
    for (const file of files.values()) {
      const broken = file.problems.find(({ severity }) => severity === 'error');
      if (broken) throw new BenchError('FIRMWARE_REFUSED', { message: `${file.path}: ${broken.text}` });
    }
    const whole = [...files.values()].some(({ parts }) =>
      parts.some(({ kind }) => kind === 'bootloader' || kind === 'esp8266-image'),
    );
    if (request.settings['erase'] === 'yes' && !whole) {
      throw new BenchError('USAGE', {
        message:
          'Erasing the whole flash would leave these units without a boot loader: the files bring none.',
        advice: 'Turn erase off, or add the boot loader, partition table and boot_app0 to the job.',
      });
    }
    // Files that bring their own table can be checked against each other now; the rest needs the unit.
    const table = tableOf(files);
    if (table || ![...files.values()].some(needsTable)) {
      const error = placeFiles([...files.values()], table).problems.find(
        ({ severity }) => severity === 'error',
      );
      if (error) throw new BenchError('FIRMWARE_REFUSED', { message: error.text });
    }
  }
  return { device, task, files, options: espOptions(request.settings) };
}

/** A backup that the records know is what its unit held, whatever that was; any other file must be a whole flash. */
function refuseNoBackup(device: EspDevice, { file, mac }: NonNullable<PlanRequest['backup']>): void {
  if (mac !== undefined) return;
  const refused = (why: string) => new BenchError('FIRMWARE_REFUSED', { message: `${file.path}: ${why}` });
  if (!file.kind.endsWith('-full-flash'))
    throw refused(`this is no backup of a whole flash, but: ${file.title}.`);
  if (file.chip !== device.chip)
    throw refused(`this is the flash of an ${file.chip}, this device has an ${device.chip}.`);
  const broken = file.problems.find(({ severity }) => severity === 'error');
  if (broken) throw refused(broken.text);
}

const needsTable = (file: InspectedFile) => file.parts.some(({ flashOffset }) => flashOffset === undefined);

/** The partition table that the job itself brings. */
export function tableOf(files: ReadonlyMap<string, InspectedFile>): PartitionTable | undefined {
  return [...files.values()].find(({ partitionTable }) => partitionTable)?.partitionTable;
}

export interface UnitTarget {
  readonly chip: EspChip;
  readonly flashSizeBytes: number;
  readonly revision: number | undefined;
  /** The table in the unit's flash. */
  readonly table: PartitionTable | undefined;
}

/** What goes where in this very unit, header patches applied. Throws FIRMWARE_DOES_NOT_FIT_UNIT. */
export function regionsFor(
  plan: EspPlan,
  unit: UnitTarget,
  warn: (text: string) => void,
): readonly FlashRegion[] {
  const table = tableOf(plan.files) ?? unit.table;
  const placement = placeFiles([...plan.files.values()], table);
  const regions = placement.regions.map((region) => patched(region, plan.options, unit, table, warn));
  const known: UnitForFirmware = {
    chip: unit.chip,
    flashSizeBytes: unit.flashSizeBytes,
    needsDout: plan.device.needsDout,
    ...(unit.revision !== undefined && { revision: unit.revision }),
  };
  const problems = [...placement.problems, ...fitsUnit(regions, known, table)];
  const error = problems.find(({ severity }) => severity === 'error');
  if (error) throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', { message: error.text });
  for (const { text } of problems) warn(text);
  return regions;
}

function patched(
  region: FlashRegion,
  options: EspOptions,
  unit: UnitTarget,
  table: PartitionTable | undefined,
  warn: (text: string) => void,
): FlashRegion {
  const { mode, freqMHz } = options;
  const isLoadedByRom =
    region.kind === 'bootloader' || (region.kind === 'esp8266-image' && region.offset === 0);
  if (!isLoadedByRom) return region;
  const resize =
    options.size === 'detect' || (options.size === 'auto' && sizeMustChange(region, unit, table, warn));
  if (mode === undefined && freqMHz === undefined && !resize) return region;
  const bytes = patchFlashHeader(region.bytes, {
    ...(mode !== undefined && { mode }),
    ...(freqMHz !== undefined && { freqMHz }),
    ...(resize && { sizeBytes: unit.flashSizeBytes }),
  });
  return { ...region, bytes };
}

/**
 * The IDF boot loader refuses a partition table that reaches past the size in its own header ("exceeds flash chip
 * size"), and the SDK of an ESP8266 keeps its parameters at the end of the size it was told.
 */
function sizeMustChange(
  { part }: FlashRegion,
  unit: UnitTarget,
  table: PartitionTable | undefined,
  warn: (text: string) => void,
): boolean {
  const claimed = part?.headerFlashSizeBytes;
  if (claimed === undefined || part?.signed) return false;
  const tooSmall = table !== undefined && claimed < tableEnd(table) && tableEnd(table) <= unit.flashSizeBytes;
  if (!tooSmall && claimed <= unit.flashSizeBytes) return false;
  warn(
    `${part!.title} is made for ${claimed / 2 ** 20} MB of flash${tooSmall ? ', its partition table needs more' : ', this unit has less'}: ` +
      `its header is written with ${unit.flashSizeBytes / 2 ** 20} MB.`,
  );
  return true;
}

/** What the boot should say of the image that was written; nothing when the image does not name itself. */
export function expectationFor(files: Iterable<InspectedFile>, options: EspOptions): BootExpectation {
  if (options.proof.pattern) return { pattern: options.proof.pattern };
  const app = startingApp([...files]);
  if (app?.descriptor) return descriptorExpectation(app.descriptor);
  return app?.product?.version === undefined
    ? {}
    : { version: app.product.version, project: app.product.name };
}

/** Of an image with several applications (a safeboot beside the real one) the one that its otadata starts. */
function startingApp(files: readonly InspectedFile[]): FirmwarePart | undefined {
  const starts = files.find((file) => file.starts)?.starts;
  return (
    starts ??
    files.flatMap(({ parts }) => parts).find(({ kind }) => kind === 'app' || kind === 'esp8266-image')
  );
}

export function descriptorExpectation({ version, project, elfSha256 }: AppDescriptor): BootExpectation {
  return {
    ...(version && { version }),
    ...(project && { project }),
    ...(/[1-9a-f]/.test(elfSha256) && { elfSha256 }),
  };
}

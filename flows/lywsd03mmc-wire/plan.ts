import { BenchError } from '../../src/core/errors.ts';
import type { FirmwareEntry, PlanRequest } from '../flow.ts';
import type { InspectedFile, TelinkFacts } from '../../src/firmware/inspect.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import { adapterWarnings, type FlashRegion } from '../../src/protocols/telink/sws/index.ts';
import { airIdentityOf } from '../lywsd03mmc/air-identity.ts';
import { isProfile, profileOptions, type ProfileOptions } from '../lywsd03mmc/profile-settings.ts';
import { firmwareSlot } from './firmware-slot.ts';
import type { OpenProof } from './open-proof.ts';
import { wireOptions, type WireOptions } from './settings.ts';

/** What a batch is going to do, known before any unit is touched. */
export interface WirePlan {
  readonly task: PlanRequest['task'];
  readonly options: WireOptions;
  /** Of a flash task. */
  readonly image: PlannedImage | undefined;
  readonly profile: ProfileOptions;
  /** By link: runs that ended UNSURE, for "look again". */
  readonly openProofs: Map<string, OpenProof>;
  /** TX only: MACs that are proved to be other units of this batch. */
  readonly provedByRadio: Set<string>;
  readonly warnings: readonly string[];
}

export interface PlannedImage {
  readonly title: string;
  readonly region: FlashRegion;
  readonly telink: TelinkFacts;
  /** Settings go to pvvx firmware only. */
  readonly takesProfile: boolean;
  readonly entry: FirmwareEntry;
  /** Stock 1.0.0_0109 drives the display of a B1.4 only (telink-swire reference, section 7). */
  readonly onlyForRevision: string | undefined;
}

const ONLY_B14 = '1.0.0_0109';

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan(request: PlanRequest): WirePlan {
  const { task, files, settings } = request;
  const options = wireOptions(settings);
  if (task !== 'flash' && files.size > 0)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  if (options.ability === 'tx-only') refuseTxOnly(task, options);
  if (task === 'restore' && request.backup != null) refuseNoBackup(request.backup.file);
  const image = task === 'flash' ? plannedImage(files.get(firmwareSlot.id)) : undefined;
  if (options.ability === 'tx-only' && (image == null || airIdentityOf(image.telink) == null))
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${image?.title ?? 'This firmware'} cannot be told on the radio, which is the only proof that TX only has.`,
      advice: 'Wire RX too and choose full.',
    });
  const profile = profileOptions(settings);
  return {
    task,
    options,
    image,
    profile,
    openProofs: new Map(),
    provedByRadio: new Set(),
    warnings: [
      ...adapterWarnings(undefined, options.ability, process.platform),
      ...(image == null ? [] : imageWarnings(files.get(firmwareSlot.id)!, options)),
      ...(isProfile(profile) && image?.takesProfile === false
        ? ['The profile is for pvvx firmware; this image takes none of it.']
        : []),
    ],
  };
}

function refuseTxOnly(task: PlanRequest['task'], { eraseAll, radio, verifyWhole, backupWhole }: WireOptions) {
  const usage = (message: string, advice: string) => new BenchError('USAGE', { message, advice });
  if (task !== 'flash')
    throw usage(`TX only reads nothing: a ${task} needs RX.`, 'Wire RX too and set ability=full.');
  if (eraseAll)
    throw usage(
      'erase-all would destroy MAC, trim and keys for good: with TX only they cannot be backed up.',
      'Leave erase-all off, or wire RX too and set ability=full.',
    );
  if (radio === 'no')
    throw usage('TX only has no proof but the radio.', 'Leave radio at auto, or set ability=full.');
  if (verifyWhole || backupWhole)
    throw usage('TX only reads nothing back.', 'Leave verify and backup as they are, or set ability=full.');
}

function refuseNoBackup(file: InspectedFile): void {
  const refused = (why: string) => new BenchError('FIRMWARE_REFUSED', { message: `${file.path}: ${why}` });
  if (file.kind !== 'telink-full-flash' && file.kind !== 'telink-unique-areas')
    throw refused(`this is no backup of a thermometer, but: ${file.title}.`);
  const broken = file.problems.find(({ severity }) => severity === 'error');
  if (broken != null) throw refused(broken.text);
  const model = file.telink?.model;
  if (file.kind === 'telink-full-flash' && model !== LYWSD03MMC.model)
    throw refused(`this is the flash of ${model ?? 'an unknown device'}, not of a ${LYWSD03MMC.model}.`);
}

function plannedImage(file: InspectedFile | undefined): PlannedImage {
  if (file?.telink == null)
    throw new BenchError('USAGE', {
      message: 'The firmware is missing: an image for the thermometer.',
      advice: 'Give it with --firmware FILE.',
    });
  const refused = firmwareSlot.refuses(file);
  if (refused != null) throw new BenchError('FIRMWARE_REFUSED', { message: `${file.path}: ${refused}` });
  const { telink } = file;
  return {
    title: file.title,
    region: { offset: 0, bytes: file.parts[0]!.bytes },
    telink,
    takesProfile: telink.firmware === 'pvvx',
    entry: { slot: firmwareSlot.id, file: file.path, sha256: file.sha256 },
    onlyForRevision: telink.firmware === 'stock' && telink.version === ONLY_B14 ? 'B1.4' : undefined,
  };
}

function imageWarnings({ telink }: InspectedFile, { radio, verifyWhole, ability }: WireOptions): string[] {
  return [
    ...(telink?.isSigned === true
      ? ["The maker's signature behind the image is not written: by wire nobody asks for it."]
      : []),
    ...(telink?.firmware === 'stock'
      ? ['Stock firmware leaves the display of boards from 2025 dark; older boards are fine.']
      : []),
    ...(ability === 'full' && radio === 'no' && !verifyWhole
      ? ['Samples without radio prove nothing: every unit will end UNSURE. Set verify=whole.']
      : []),
    ...(ability === 'full' &&
    radio !== 'no' &&
    !verifyWhole &&
    telink != null &&
    airIdentityOf(telink) == null
      ? ['No radio can tell this firmware: with samples alone every unit will end UNSURE. Set verify=whole.']
      : []),
  ];
}

import type { NamedBackup, StoredBackup } from '../../src/core/backup-store.ts';
import { BenchError } from '../../src/core/errors.ts';
import { inspectBytes, type InspectedFile } from '../../src/firmware/inspect.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import { type HeldArea, parseUniqueAreas } from '../../src/firmware/telink-unique-areas.ts';
import type { FlashRegion } from '../../src/protocols/telink/sws/index.ts';
import { acceptOtherUnit } from '../accept-other-unit.ts';
import { done, type StepResult } from '../flow.ts';
import { FULL_FLASH, keepUniqueAreas, UNIQUE_AREAS } from './backup.ts';
import { foundUnit, fullWire, newTarget, type Target, type WireRun, type WireSession } from './session.ts';
import { sectorsToRestore, uniqueSectors } from './unique-areas.ts';

const SECTOR_BYTES = 4096;

/** Chooses the backup of this very unit and works out what of it has to be written. */
export async function prepareRestore(session: WireSession, run: WireRun): Promise<StepResult> {
  const { mac } = foundUnit(session);
  const { bytes, source } = run.backups.named ? named(run.backups.named) : await newest(run, mac);
  const isOwn = mac != null && source.mac === mac;
  const file = await inspectBytes(source.file, bytes);
  if (isOwn) run.haveBackup(source);
  else {
    await acceptOtherUnit(run, source.mac == null ? 'an unknown unit' : `the unit ${source.mac}`);
    await keepUniqueAreas(session, run);
  }
  run.firmware([{ slot: 'backup', file: source.file, sha256: source.sha256 }]);
  const target = isOwn ? await ownTarget(session, run, file) : otherTarget(file);
  session.target = target;
  if (target.regions.length > 0 || target.ownUnique.length > 0) return done;
  target.current = true;
  target.readBack = 'whole';
  run.log('info', 'the unit holds what the backup holds; nothing will be written');
  return { kind: 'done', goTo: 'reboot' };
}

interface Chosen {
  readonly bytes: Uint8Array;
  readonly source: StoredBackup;
}

function named({ file, sha256, bytes, mac }: NamedBackup): Chosen {
  const kind = parseUniqueAreas(bytes) == null ? FULL_FLASH : UNIQUE_AREAS;
  const source: StoredBackup = {
    file,
    sha256,
    bytes: bytes.length,
    ...(mac != null && { mac }),
    mark: 'first',
    whole: true,
    flow: '',
    kind,
    takenAt: 0,
  };
  return { bytes, source };
}

/** A whole flash brings back more than its unique areas alone. */
async function newest(run: WireRun, mac: string | undefined): Promise<Chosen> {
  const source =
    mac == null
      ? undefined
      : ((await run.backups.newestWhole(mac, FULL_FLASH)) ??
        (await run.backups.newestWhole(mac, UNIQUE_AREAS)));
  if (source == null)
    throw new BenchError('NO_BACKUP_OF_UNIT', {
      message:
        mac == null
          ? 'The MAC of this unit is erased: no backup can be told to be its own.'
          : `There is no backup of ${mac} in the records.`,
    });
  return { bytes: await run.backups.read(source), source };
}

async function ownTarget(session: WireSession, run: WireRun, file: InspectedFile): Promise<Target> {
  const wire = fullWire(session);
  const unique = parseUniqueAreas(file.content);
  if (unique != null) {
    refuseDamaged(file);
    run.log('info', 'this backup holds what is unique to the unit; its firmware stays as it is');
    return newTarget([], undefined, await sectorsToRestore(wire, unique.areas, run.signal));
  }
  if (file.content.length !== LYWSD03MMC.flashSizeBytes)
    throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
      message: `The backup holds ${file.content.length} bytes, the flash of this unit ${LYWSD03MMC.flashSizeBytes}.`,
      advice: 'Use a backup of this very unit.',
    });
  const areas: HeldArea[] = LYWSD03MMC.unique.map(({ offset, length }) => ({
    offset,
    bytes: file.content.subarray(offset, offset + length),
  }));
  return newTarget(besideUnique(file.content), file.telink, await sectorsToRestore(wire, areas, run.signal));
}

/** The whole dump but for the sectors of the unique areas: those are written only where they differ. */
function besideUnique(content: Uint8Array): FlashRegion[] {
  const regions: FlashRegion[] = [];
  let from = 0;
  for (const sector of [...uniqueSectors, content.length]) {
    if (sector > from) regions.push({ offset: from, bytes: content.subarray(from, sector) });
    from = sector + SECTOR_BYTES;
  }
  return regions;
}

/** Of another unit only the firmware that starts, at the start of flash. */
function otherTarget(file: InspectedFile): Target {
  const image = file.starts;
  if (file.kind !== 'telink-full-flash' || image == null || image.damaged === true || file.telink == null)
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${file.path}: ${file.kind === 'telink-unique-areas' ? 'it holds only what is unique to another unit' : 'no whole firmware was found in it'}.`,
    });
  return newTarget([{ offset: 0, bytes: image.bytes }], file.telink);
}

function refuseDamaged({ path, problems }: InspectedFile): void {
  const broken = problems.find(({ severity }) => severity === 'error');
  if (broken != null) throw new BenchError('FIRMWARE_REFUSED', { message: `${path}: ${broken.text}` });
}

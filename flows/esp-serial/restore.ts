import type { NamedBackup, StoredBackup } from '../../src/core/backup-store.ts';
import { BenchError } from '../../src/core/errors.ts';
import { inspectBytes, type InspectedFile } from '../../src/firmware/inspect.ts';
import type { FlashRegion } from '../../src/firmware/place-parts.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { acceptOtherUnit } from '../accept-other-unit.ts';
import { done, type StepResult } from '../flow.ts';
import { FULL_FLASH, takeBackup } from './backup.ts';
import { canHash, isInFlash } from './flash.ts';
import { descriptorExpectation } from './plan.ts';
import { loaderOf, type EspRun, type EspSession } from './session.ts';

/** A whole flash is written in pieces of this size, so that what is equal already is not touched. */
const PIECE_BYTES = 256 * 1_024;
/** RF calibration and SDK parameters of an ESP8266 lie in the last five sectors: they belong to the unit. */
const ESP8266_UNIQUE_BYTES = 5 * 4_096;
/** Whose parts may go to another unit; data partitions hold what is unique to the first. */
const SHAREABLE: readonly FlashRegion['kind'][] = ['bootloader', 'partition-table', 'otadata', 'app'];

/** Chooses the backup of this very unit and works out which pieces of flash differ from it. */
export async function prepareRestore(session: EspSession, run: EspRun): Promise<StepResult> {
  const { mac } = loaderOf(session).identity;
  const { named } = run.backups;
  const { bytes, own, source } = named ? chosen(named, mac) : await newest(run, mac);
  if (bytes.length !== session.flash!.sizeBytes) {
    throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
      message: `The backup holds ${bytes.length / 2 ** 20} MB, the flash of this unit ${session.flash!.sizeBytes / 2 ** 20} MB.`,
      advice: 'Use a backup of this very unit.',
    });
  }
  const file = await inspectBytes(source.file, bytes);
  if (own) run.haveBackup(source);
  else await acceptOther(session, run, source);
  session.regions = own ? pieces(bytes) : shareable(file, bytes);
  session.wholeFlash = own;
  session.expectation = expectationOf(file);
  run.firmware([{ slot: 'backup', file: source.file, sha256: source.sha256 }]);
  if (!canHash(session)) return done;
  const equal = new Set<FlashRegion>();
  for (const [index, region] of session.regions.entries()) {
    run.progress({
      label: 'comparing flash with the backup',
      done: index,
      total: session.regions.length,
      unit: 'tries',
    });
    if (await isInFlash(session, run, region)) equal.add(region);
  }
  session.equalRegions = equal;
  session.current = equal.size === session.regions.length;
  session.readBack = session.current;
  return session.current ? { kind: 'done', goTo: 'reboot' } : done;
}

interface Chosen {
  readonly bytes: Uint8Array;
  readonly own: boolean;
  readonly source: StoredBackup;
}

function chosen(named: NamedBackup, mac: string): Chosen {
  const source: StoredBackup = {
    file: named.file,
    sha256: named.sha256,
    bytes: named.bytes.length,
    ...(named.mac !== undefined && { mac: named.mac }),
    mark: 'first',
    whole: true,
    flow: '',
    kind: FULL_FLASH,
    takenAt: 0,
  };
  return { bytes: named.bytes, own: named.mac === mac, source };
}

async function newest(run: EspRun, mac: string): Promise<Chosen> {
  const source = await run.backups.newestWhole(mac, FULL_FLASH);
  if (!source)
    throw new BenchError('NO_BACKUP_OF_UNIT', {
      message: `There is no whole backup of ${mac} in the records.`,
    });
  return { bytes: await run.backups.read(source), own: true, source };
}

/** Another unit's firmware goes in only by name, after a backup of this one, and never over what is unique to it. */
async function acceptOther(session: EspSession, run: EspRun, source: StoredBackup): Promise<void> {
  const whose = source.mac ? `the unit ${source.mac}` : 'an unknown unit';
  await acceptOtherUnit(run, whose);
  if (canHash(session)) await takeBackup(session, run);
  else await acceptNoBackup(run, 'the ROM of an ESP8266 cannot read its flash');
}

function pieces(bytes: Uint8Array): FlashRegion[] {
  return Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, index) => {
    const offset = index * PIECE_BYTES;
    return { offset, bytes: bytes.subarray(offset, offset + PIECE_BYTES), title: 'flash', kind: 'data' };
  });
}

function shareable(file: InspectedFile, bytes: Uint8Array): FlashRegion[] {
  if (file.chip === 'ESP8266') return pieces(bytes.subarray(0, bytes.length - ESP8266_UNIQUE_BYTES));
  const regions = file.parts
    .filter((part) => SHAREABLE.includes(part.kind) && part.flashOffset !== undefined && !part.blank)
    .map((part) => ({
      offset: part.flashOffset!,
      bytes: part.bytes,
      title: part.title,
      kind: part.kind,
      part,
    }));
  if (!regions.some(({ kind }) => kind === 'app')) {
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${file.path}: no application was found in this backup.`,
    });
  }
  return regions;
}

/** The application that starts from the restored flash, as far as it names itself. */
const expectationOf = ({ starts }: InspectedFile) =>
  starts?.descriptor ? descriptorExpectation(starts.descriptor) : {};

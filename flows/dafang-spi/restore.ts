import type { NamedBackup, StoredBackup } from '../../src/core/backup-store.ts';
import { BenchError } from '../../src/core/errors.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import {
  DAFANG_FLASH_BYTES,
  DAFANG_PARTS,
  partOf,
  type DafangPart,
} from '../../src/firmware/dafang/flash-map.ts';
import { identityInDump } from '../../src/firmware/dafang/identity.ts';
import { acceptOtherUnit } from '../accept-other-unit.ts';
import { acceptIdentity } from './accept-identity.ts';
import { changedParts } from './build-target.ts';
import { WHOLE_CHIP, type DafangRun, type DafangSession } from './session.ts';

/** A backup and whose it is. */
export interface ChosenBackup {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly sha256: string;
  /** By its record, else by what is in it. */
  readonly mac: string | undefined;
  readonly own: boolean;
}

/** Throws NO_BACKUP_OF_UNIT, BACKUP_DAMAGED, FIRMWARE_DOES_NOT_FIT_UNIT. */
export async function chooseBackup(run: DafangRun, mac: string | undefined): Promise<ChosenBackup> {
  const { named } = run.backups;
  const chosen = named ? fromFile(named, mac) : await newest(run, mac);
  if (chosen.bytes.length === DAFANG_FLASH_BYTES) return chosen;
  throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
    message: `The backup holds ${chosen.bytes.length} bytes, the chip ${DAFANG_FLASH_BYTES}.`,
  });
}

function fromFile(
  { file, bytes, sha256, mac: recorded }: NamedBackup,
  mac: string | undefined,
): ChosenBackup {
  const whose = recorded ?? identityInDump(bytes).mac;
  return { bytes, file, sha256, mac: whose, own: mac !== undefined && whose === mac };
}

async function newest(run: DafangRun, mac: string | undefined): Promise<ChosenBackup> {
  const stored: StoredBackup | undefined =
    mac === undefined ? undefined : await run.backups.newestWhole(mac, WHOLE_CHIP);
  if (!stored) {
    throw new BenchError('NO_BACKUP_OF_UNIT', {
      message:
        mac === undefined
          ? 'This chip has no MAC: whose backup it needs cannot be told.'
          : `There is no whole backup of ${mac} in the records.`,
    });
  }
  return { bytes: await run.backups.read(stored), file: stored.file, sha256: stored.sha256, mac, own: true };
}

/** The backup goes back part by part; parts that it does not hold in good order are left as they are. */
export async function restoreTarget(
  session: DafangSession,
  run: DafangRun,
  chosen: ChosenBackup,
): Promise<void> {
  const { dump } = session;
  const withIdentity = chosen.own || (await acceptOther(session, run, chosen));
  const target = chosen.bytes.slice();
  const leave = (part: DafangPart) => target.set(partOf(dump, part), part.offset);
  if (!withIdentity) for (const part of DAFANG_PARTS.filter(({ unique }) => unique)) leave(part);
  const broken = changedParts(dump, target)
    .map((part) => examinePart(part, partOf(target, part)))
    .filter(({ part, state }) => state !== 'good' && part.name !== 'config');
  for (const { part, text } of broken) {
    leave(part);
    run.warn(`${part.name} in the backup: ${text}. It is left as it is on the chip.`);
  }
  session.target = target;
  session.changed = changedParts(dump, target);
  session.notDone = broken.map(
    ({ part }) => `${part.name} was not restored: the backup does not hold it in good order`,
  );
  run.firmware([{ slot: 'backup', file: chosen.file, sha256: chosen.sha256 }]);
}

/** True where the identity goes with it: onto a chip that has none, typed by the operator. */
async function acceptOther(session: DafangSession, run: DafangRun, { mac }: ChosenBackup): Promise<boolean> {
  const blank = identityInDump(session.dump).mac === undefined;
  if (blank && mac !== undefined && !run.assume.has('other-unit')) {
    await acceptIdentity(undefined, run, mac);
    return true;
  }
  const whose = mac === undefined ? 'an unknown unit' : `the unit ${mac}`;
  await acceptOtherUnit(run, whose, 'para and config');
  return false;
}

import { BenchError } from '../../src/core/errors.ts';
import { sameBytes } from '../../src/firmware/bytes.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import { DAFANG_FLASH_BYTES, dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../src/firmware/dafang/identity.ts';
import { acceptIdentity } from '../dafang-spi/accept-identity.ts';
import { WHOLE_CHIP } from '../dafang-spi/session.ts';
import {
  configOf,
  IDENTITY,
  IDENTITY_KIND,
  identityOfSession,
  paraOf,
  type ConsoleRun,
  type ConsoleSession,
} from './session.ts';

/** `config` and `para` of a backup, and whose they are. */
export interface ChosenIdentity {
  readonly identity: Uint8Array;
  readonly file: string;
  readonly sha256: string;
  readonly mac: string | undefined;
}

/** Throws NO_BACKUP_OF_UNIT, BACKUP_DAMAGED, FIRMWARE_DOES_NOT_FIT_UNIT. */
export async function chooseIdentity(run: ConsoleRun, mac: string | undefined): Promise<ChosenIdentity> {
  const { named } = run.backups;
  if (named) return describe(named.bytes, named.file, named.sha256);
  if (mac === undefined) {
    throw new BenchError('NO_BACKUP_OF_UNIT', {
      message: 'This camera has no MAC: whose backup it needs cannot be told.',
    });
  }
  const stored =
    (await run.backups.newestWhole(mac, IDENTITY_KIND)) ?? (await run.backups.newestWhole(mac, WHOLE_CHIP));
  if (stored) return describe(await run.backups.read(stored), stored.file, stored.sha256);
  throw new BenchError('NO_BACKUP_OF_UNIT');
}

/** Whose it is is what its own `para` says: a record may name the unit that it was once read from, these bytes rule. */
function describe(bytes: Uint8Array, file: string, sha256: string): ChosenIdentity {
  if (bytes.length !== IDENTITY.size && bytes.length !== DAFANG_FLASH_BYTES) {
    throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
      message: `${file} holds neither config and para of a Dafang camera nor its whole chip.`,
    });
  }
  const identity =
    bytes.length === IDENTITY.size ? bytes : bytes.subarray(IDENTITY.offset, IDENTITY.offset + IDENTITY.size);
  return { identity, file, sha256, mac: identityOf(paraOf(identity)).mac };
}

/** What of the backup goes back: never a `para` that is broken, and never that of another camera. */
export async function planRestore(
  session: ConsoleSession,
  run: ConsoleRun,
  { identity, file, sha256, mac }: ChosenIdentity,
): Promise<void> {
  const found = identityOfSession(session);
  const para = examinePart(dafangPart('para'), paraOf(identity));
  if (para.state !== 'good') {
    throw new BenchError('FIRMWARE_REFUSED', { message: `para in ${file} is of no use: ${para.text}.` });
  }
  const own = identityOf(paraOf(found)).mac;
  if (own === undefined || own !== mac) await acceptIdentity(own, run, mac);
  const wanted = identity.slice();
  const config = examinePart(dafangPart('config'), configOf(identity));
  if (config.state !== 'good') {
    wanted.set(configOf(found));
    run.warn(`config in the backup: ${config.text}. It is left as it is on the camera.`);
  }
  session.wantedIdentity = wanted;
  session.isCurrent = sameBytes(wanted, found);
  session.notDone = [
    'a restore over the console is config and para only; kernel to appfs come with demo.bin',
  ];
  run.firmware([{ slot: 'backup', file, sha256 }]);
}

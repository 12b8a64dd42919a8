import { BenchError } from '../../src/core/errors.ts';
import { sameBytes } from '../../src/firmware/bytes.ts';
import { DAFANG_FLASH_BYTES, dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf, settingsOf } from '../../src/firmware/dafang/identity.ts';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { crcOf } from '../../src/protocols/uboot/index.ts';
import { WHOLE_CHIP } from '../dafang-spi/session.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { crcOfFlash, readPart } from './read-part.ts';
import { tellMap, tellPlan } from './region-map.ts';
import { chooseIdentity, planRestore } from './restore.ts';
import {
  configOf,
  IDENTITY,
  IDENTITY_KIND,
  identityOfSession,
  paraOf,
  type ConsoleRun,
  type ConsoleSession,
} from './session.ts';

/** Read and kept by itself, so that a long dump loses little when the link is lost, bytes. */
const DUMP_PIECE_BYTES = 0x10_0000;

/** `config` and `para` first of all: they are of this camera alone, and nobody else can give them back. */
export async function backup(session: ConsoleSession, run: ConsoleRun): Promise<StepResult> {
  const identity = await readIdentity(session, run);
  session.identity = identity;
  session.wantedIdentity = identity;
  const rows = await tellMap(session, run, identity);
  const { ssid, hasWifiPassword } = settingsOf(identity.subarray(0, dafangPart('config').size));
  if (ssid !== undefined || hasWifiPassword)
    run.log(
      'info',
      `config holds the Wi-Fi ${ssid ?? 'without a name'}${hasWifiPassword ? ', its key [redacted]' : ''}`,
    );
  const { mac } = identityOf(session.para!);
  // Before this backup is kept: it would be the newest one.
  const chosen = run.plan.task === 'restore' ? await chooseIdentity(run, mac) : undefined;
  const stored = await keep(identity, run);
  const whole = run.plan.isWholeDump ? await keepWhole(session, run) : undefined;
  if (run.plan.task === 'backup') {
    return settle({
      outcome: 'PASS',
      message: `${whole ? 'The whole chip, config and para were' : 'config and para were'} read, compared by CRC-32 and kept. Nothing was written.`,
      proof: ['read back'],
      evidence: `sha256 ${(whole ?? stored).sha256}`,
      notDone: ['the camera stays at the prompt of U-Boot: power it off and on'],
    });
  }
  if (chosen) await planRestore(session, run, chosen);
  session.map = tellPlan(rows, run, chosen ? changedIdentity(session) : run.plan.parts);
  return done;
}

/** Throws UBOOT_READ_DAMAGED where flash does not say the same of both parts as what came over the wire. */
async function readIdentity(session: ConsoleSession, run: ConsoleRun): Promise<Uint8Array> {
  const config = await readPart(session, run, dafangPart('config'));
  const identity = new Uint8Array(IDENTITY.size);
  identity.set(config);
  identity.set(session.para!, config.length);
  const expected = crcOf(identity);
  if ((await crcOfFlash(session, IDENTITY, expected, run.signal)) === expected) return identity;
  throw new BenchError('UBOOT_READ_DAMAGED', { message: 'config and para do not read the same twice.' });
}

/** Of `config` and `para` what a restore changes. */
const changedIdentity = (session: ConsoleSession) =>
  [
    { name: 'config', of: configOf },
    { name: 'para', of: paraOf },
  ]
    .map(({ name, of }) => ({
      name,
      found: of(identityOfSession(session)),
      bytes: of(session.wantedIdentity!),
    }))
    .filter(({ found, bytes }) => !sameBytes(found, bytes));

async function keep(identity: Uint8Array, run: ConsoleRun): Promise<StoredBackup> {
  const writer = await run.backups.create(IDENTITY_KIND, identity.length);
  try {
    await writer.append(identity);
    return say(await writer.commit(), run);
  } finally {
    await writer.discard();
  }
}

async function keepWhole(session: ConsoleSession, run: ConsoleRun): Promise<StoredBackup> {
  const writer = await run.backups.create(WHOLE_CHIP, DAFANG_FLASH_BYTES);
  try {
    for (let offset = 0; offset < DAFANG_FLASH_BYTES; offset += DUMP_PIECE_BYTES) {
      const name = `the whole chip, MiB ${offset / DUMP_PIECE_BYTES + 1} of ${DAFANG_FLASH_BYTES / DUMP_PIECE_BYTES}`;
      await writer.append(await readPart(session, run, { name, offset, size: DUMP_PIECE_BYTES }));
    }
    return say(await writer.commit(), run);
  } finally {
    await writer.discard();
  }
}

function say(stored: StoredBackup, run: ConsoleRun): StoredBackup {
  run.log('info', `backup kept: ${stored.file}, sha256 ${stored.sha256.slice(0, 12)}…, ${stored.mark}`);
  return stored;
}

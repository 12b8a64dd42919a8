import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa, execaSync } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createNetwork } from '../../../src/drivers/http/network.ts';
import { updateByOta } from '../../../src/protocols/esphome/index.ts';
import { NONCES, recordingUpdater, type Manner, type Recorded } from './recording-updater.ts';

const python = 'python3';
const hasPackage = !execaSync(python, ['-c', 'import esphome.espota2'], { reject: false }).failed;
const missing = hasPackage ? undefined : 'the Python package esphome is not installed';
const CHILD = join(import.meta.dirname, 'espota2_child.py');
const PASSWORD = 'geheim-ähm';
/** Three blocks and a bit, so that a last short one is there. */
const IMAGE = new Uint8Array(3 * 8192 + 777).map((_, at) => (at === 0 ? 0xe9 : (at * 31) & 0xff));

async function byEspota2(manner: Manner): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-recorded-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'image.bin');
  writeFileSync(file, IMAGE);
  const { port, recorded } = await recordingUpdater(manner);
  const password = manner.auth === undefined ? [] : [PASSWORD];
  const client = await execa(python, [CHILD, '127.0.0.1', String(port), file, ...password], {
    reject: false,
    all: true,
    timeout: 60_000,
  });
  expect(client.exitCode, client.all).toBe(0);
  return recorded;
}

async function byUs(manner: Manner): Promise<Recorded> {
  const { port, recorded } = await recordingUpdater(manner);
  const end = await updateByOta(
    {
      network: createNetwork({ clock: systemClock }),
      at: { host: '127.0.0.1', port },
      signal: new AbortController().signal,
    },
    {
      image: IMAGE,
      ...(manner.auth !== undefined && { password: PASSWORD }),
      mayCompress: true,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      beforeData: async () => {},
      onTaken: () => {},
    },
  );
  expect(end.kind).toBe('accepted');
  return recorded;
}

const isPacked = ({ content }: Recorded): boolean => content[0] === 0x1f && content[1] === 0x8b;

/** What must be equal: all but own nonces, and of packed images how they are packed. */
function essence(recorded: Recorded, { auth }: Manner) {
  const { magic, features, kind, ownNonce, proof, content, size, md5, last } = recorded;
  expect(size).toBe(content.length);
  expect(md5).toBe(createHash('md5').update(content).digest('hex'));
  if (auth !== undefined) {
    const text = PASSWORD + NONCES[auth] + ownNonce;
    expect(proof).toBe(createHash(auth).update(text, 'utf8').digest('hex'));
  }
  const image = isPacked(recorded) ? gunzipSync(content) : content;
  expect(image.equals(IMAGE)).toBe(true);
  return { magic, features, kind, last, nonceDigits: ownNonce.length, packed: isPacked(recorded) };
}

describe.skipIf(missing)(`what our client sends, and ESPHome's own${missing ? ` (${missing})` : ''}`, () => {
  it.each<[string, Manner]>([
    ['version 1', { version: 1, features: 'plain' }],
    ['version 2', { version: 2, features: 'plain' }],
    ['MD5', { version: 2, features: 'plain', auth: 'md5' }],
    ['SHA-256', { version: 2, features: 'plain', auth: 'sha256' }],
    ['gzip', { version: 2, features: 'gzip', auth: 'sha256' }],
    ['flags without gzip', { version: 2, features: { flags: 0 } }],
    ['flags with gzip', { version: 2, features: { flags: 1 }, auth: 'sha256' }],
  ])('is the same for an updater of %s', async (_, manner) => {
    const theirs = essence(await byEspota2(manner), manner);
    const ours = essence(await byUs(manner), manner);
    expect(ours).toEqual(theirs);
  });
});

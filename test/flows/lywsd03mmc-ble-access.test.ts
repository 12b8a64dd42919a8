import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAccess } from '../../flows/lywsd03mmc-ble/access.ts';
import { detect } from '../../flows/lywsd03mmc-ble/detect.ts';
import { closeSession, openSession, type BleRun } from '../../flows/lywsd03mmc-ble/session.ts';
import { decodeMiBackup, encodeMiBackup } from '../../flows/lywsd03mmc/mi-backup.ts';
import { systemClock } from '../../src/core/clock.ts';
import { parseLinks } from '../../src/core/link.ts';
import { BenchRadio } from '../../src/drivers/ble/bench-radio.ts';
import type { GattConnection } from '../../src/drivers/ble/radio.ts';
import { AirStack } from '../../src/virtual/air/air-stack.ts';
import { createPracticeBench } from '../../src/virtual/create-practice-bench.ts';
import { hex } from '../harness/hex.ts';

const VERIFY = 0x13;

/** A connection that is lost at the verify opcode: right behind it (the unit has it), or in its place. */
function lostAtVerify(connection: GattConnection, reaches: boolean): GattConnection {
  return new Proxy(connection, {
    get: (target, key) => {
      if (key === 'write')
        return async (...[ref, bytes]: Parameters<GattConnection['write']>) => {
          const isVerify = ref.characteristic === '0010' && bytes[0] === VERIFY;
          if (!isVerify || reaches) await target.write(ref, bytes);
          if (isVerify) await target.disconnect();
          if (isVerify) throw target.lostBecause!;
        };
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A run over a virtual unit, as far as access needs one. What is done to the records and the unit is told in order. */
async function runOn(link: string, reaches: boolean, earlier: readonly Uint8Array[] = []) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'benchflash-access-'));
  const told: string[] = [];
  const kept: Uint8Array[] = [];
  const logged: string[] = [];
  let radio: BenchRadio | undefined;
  const bench = createPracticeBench({
    dataDir,
    clock: systemClock,
    openRadio: async (air) =>
      (radio = new BenchRadio(new AirStack(air, systemClock, { name: 'x', maxConnections: 2 }), systemClock)),
  });
  let losses = 1;
  const run = {
    plan: { task: 'flash', listenMs: 5_000, tokens: { byMac: new Map() }, image: undefined },
    assume: new Set(),
    clock: systemClock,
    signal: new AbortController().signal,
    log: (level: string, text: string) => void logged.push(`${level}: ${text}`),
    progress: () => {},
    identify: async () => {},
    vitals: () => {},
    warn: () => {},
    keepSecret: async (name: string) => void told.push(name),
    writeBegins: async () => void told.push('write begins'),
    openRadio: async () => {
      const opened = await bench.openRadio(parseLinks(link)[0]!);
      const connect: typeof opened.radio.connect = async (address, options) => {
        const connection = await opened.radio.connect(address, options);
        return losses-- > 0 ? lostAtVerify(connection, reaches) : connection;
      };
      const { address } = opened;
      return {
        address,
        radio: { connect, listen: opened.radio.listen.bind(opened.radio) },
        close: () => opened.close(),
      };
    },
    backups: {
      ofUnit: async () => earlier.map((_, index) => ({ file: String(index) })),
      read: async ({ file }: { file: string }) => earlier[Number(file)],
      create: async () => ({
        append: async (bytes: Uint8Array) => void kept.push(bytes),
        commit: async () => {
          told.push('backup kept');
          return { file: 'x.bin', mark: 'first' };
        },
        discard: async () => {},
      }),
    },
  } as unknown as BleRun;
  const session = await openSession(run);
  onTestFinished(async () => {
    await closeSession(session);
    await radio?.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  await detect(session, run);
  return { session, run, told, kept, logged };
}

const LINK = 'virtual:thermometer?unit=1';

describe('an activation that breaks off at its last word', () => {
  it('is not begun again: its keys are on the disk, and open the unit', { timeout: 20_000 }, async () => {
    const { session, run, told, kept } = await runOn(LINK, true);
    await openAccess(session, run);
    expect(told).toEqual(['backup kept', 'token', 'mi-bind-key', 'write begins']);
    const { token } = decodeMiBackup(kept[0]!, 'x');
    expect(hex(session.keys!.token)).toBe(hex(token!));
    expect(session.granted).toBe(session.connection);
    expect(session.granted).toBeDefined();
  });

  it('says so where the unit did not take the keys', { timeout: 20_000 }, async () => {
    const { session, run, kept } = await runOn(LINK, false);
    await expect(openAccess(session, run)).rejects.toMatchObject({ code: 'MI_VERIFY_UNANSWERED' });
    expect(kept).toHaveLength(1);
    expect(session.keys).toBeUndefined();
  });
});

it('tokens of earlier runs that do not fit any more are no warnings', { timeout: 30_000 }, async () => {
  const earlier = [1, 2].map((byte) =>
    encodeMiBackup({
      mac: 'a4:c1:38:53:19:7c',
      firmware: { kind: 'stock', version: '1.0.0_0130' },
      keysFrom: 'activation',
      token: new Uint8Array(12).fill(byte),
      deleted: [],
    }),
  );
  const link = `${LINK}&fresh&state=stock-1.0.0_0130-bound`;
  const { session, run, logged } = await runOn(link, true, earlier);
  await expect(openAccess(session, run)).rejects.toMatchObject({ code: 'MI_TOKEN_WRONG' });
  const refused = logged.filter((line) => line.endsWith('is not taken.'));
  expect(refused.map((line) => line.split(':')[0])).toEqual(['info', 'info']);
});

import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/core/progress.ts';
import { applyProfile, offers, PvvxClient, readConfig, SERVICE } from '../../../src/protocols/pvvx/index.ts';
import { roomKib } from '../../../src/protocols/pvvx/make-room.ts';
import { bytes, hex } from '../../harness/hex.ts';
import { ScriptedGatt } from '../../harness/scripted-gatt.ts';
import { talk } from '../xiaomi/talk.ts';
import { FakePvvxUnit, type PvvxUnitOptions } from './fake-pvvx-unit.ts';

const ID = '00626c742e332e31323976416243316432673030';
const TOKEN = '2105a9a0bbe12c11d6ce1521';
const BIND_KEY = '864195f9b28eed5729d7efc15cb2b2a8';
const MI_KEYS = { id: bytes(ID), token: bytes(TOKEN), bindKey: bytes(BIND_KEY) };

async function meet(options: PvvxUnitOptions = {}) {
  const unit = new FakePvvxUnit(options);
  const { clock, context } = talk();
  const client = await PvvxClient.open(unit.gatt, context);
  return { unit, client, run: <T>(promise: Promise<T>) => clock.run(promise) };
}

describe('a unit with pvvx firmware', () => {
  it.each([{}, { zigbeeBuild: true }, { measures: true }] satisfies PvvxUnitOptions[])(
    'says who it is (%o)',
    async (options) => {
      const { client, run, unit } = await meet(options);
      const identity = await run(client.identity());
      expect(identity).toMatchObject({ revision: 1, hardwareId: 0, version: '5.8' });
      expect(offers(identity, SERVICE.extendedOta)).toBe(true);
      expect(await run(client.mac())).toBe('a4:c1:38:b4:94:4c');
      expect(await run(client.name())).toBe('ATC_B4944C');
      await client.close();
      expect(unit.gatt.subscribed).toEqual([]);
    },
  );

  it('takes a profile, each setting proved by its answer', async () => {
    const { client, run, unit } = await meet();
    const applied = await run(
      applyProfile(client, {
        config: { advertisingFormat: 'bthome', advertisingIntervalMs: 5_000 },
        comfort: { temperatureC: [21, 26], humidityPercent: [30, 60] },
        bindKey: bytes(BIND_KEY),
        name: 'Cellar 07',
        localEpochSeconds: () => 0x0102_0304,
      }),
    );
    expect(applied).toEqual(['settings', 'comfort limits', 'bind key', 'clock', 'name']);
    expect(unit).toMatchObject({
      config: '33000000' + '50041f31' + '310a00',
      comfort: '3408280ab80b7017',
      bindKey: BIND_KEY,
      name: 'Cellar 07',
      clock: '04030201',
    });
    expect(readConfig(await run(client.config()))).toMatchObject({ advertisingFormat: 'bthome' });
    expect(hex((await run(client.bindKey()))!)).toBe(BIND_KEY);
    // 55 and the bytes of the configuration: the answer has one byte more.
    expect(
      unit.gatt.written
        .filter(({ bytes: [command] }) => command === 0x55)
        .map(({ bytes: { length } }) => length),
    ).toEqual([1, 12, 1]);
  });

  it('an empty profile changes nothing', async () => {
    const { client, run, unit } = await meet();
    expect(await run(applyProfile(client, { config: {} }))).toEqual([]);
    expect(unit.gatt.written).toEqual([]);
  });

  it('says which setting the unit did not take', async () => {
    const { client, run } = await meet({ stubborn: true });
    await expect(run(client.setConfig({ advertisingFormat: 'mi' }))).rejects.toMatchObject({
      code: 'PVVX_NOT_TAKEN',
      message: expect.stringContaining('advertisingFormat') as string,
    });
  });

  it('goes back to its own name, and refuses one that does not fit', async () => {
    const { client, run, unit } = await meet();
    await run(client.setName('Attic'));
    expect(unit.name).toBe('Attic');
    await run(client.setName(undefined));
    expect(unit.name).toBe('ATC_B4944C');
    for (const name of ['', 'x'.repeat(20), 'a\u001b[31m', 'é'])
      await expect(run(client.setName(name))).rejects.toThrow(RangeError);
  });

  it('has no bind key of its own at first', async () => {
    const { client, run } = await meet();
    expect(await run(client.bindKey())).toBeUndefined();
    await expect(run(client.setBindKey(bytes('00')))).rejects.toThrow(RangeError);
  });

  it('restarts when it is told to', async () => {
    const { client, run, unit } = await meet();
    await run(client.rebootOnDisconnect());
    expect(unit.restartsOnDisconnect).toBe(true);
  });

  it('falls silent: the command is named', async () => {
    const { client, run } = await meet({ silent: true });
    await expect(run(client.identity())).rejects.toMatchObject({
      code: 'PVVX_NO_ANSWER',
      message: expect.stringContaining('command 00') as string,
    });
  });

  it('says that the service is missing', async () => {
    const { context } = talk();
    await expect(PvvxClient.open(new ScriptedGatt([]), context)).rejects.toMatchObject({
      code: 'GATT_SERVICE_MISSING',
    });
  });
});

describe('the keys of the vendor', () => {
  it('are dumped whole, in pieces, with those of earlier activations', async () => {
    const { client, run } = await meet({
      id: ID,
      keys: TOKEN + BIND_KEY,
      deleted: ['aa'.repeat(28), 'bb'.repeat(3)],
      measures: true,
    });
    const dump = await run(client.dumpMiKeys());
    expect({
      ...dump,
      id: hex(dump.id!),
      token: hex(dump.token!),
      bindKey: hex(dump.bindKey!),
    }).toMatchObject({
      mac: 'a4:c1:38:b4:94:4c',
      id: ID,
      token: TOKEN,
      bindKey: BIND_KEY,
    });
    expect(dump.deleted.map(hex)).toEqual(['aa'.repeat(28), 'bb'.repeat(3)]);
    expect(hex(dump.counter!)).toBe('01020304');
  });

  it('that are not there are missing', async () => {
    const { client, run } = await meet();
    const dump = await run(client.dumpMiKeys());
    expect(dump).toEqual({ mac: 'a4:c1:38:b4:94:4c', deleted: [], counter: bytes('01020304') });
  });

  it('are refused in pieces that do not fit', async () => {
    const { client, run } = await meet({ id: ID, brokenChunks: true });
    await expect(run(client.dumpMiKeys())).rejects.toMatchObject({ code: 'PVVX_NOT_TAKEN' });
  });

  it('are put back over a longer packet that the unit agrees to', async () => {
    const { client, run, unit } = await meet({ id: '00'.repeat(20), keys: '11'.repeat(28) });
    await run(client.restoreMiKeys(MI_KEYS));
    expect(unit).toMatchObject({ id: ID, keys: TOKEN + BIND_KEY });
  });

  it('cannot be put back over short packets: the sentence says so', async () => {
    const { client, run, unit } = await meet({ id: '00'.repeat(20), keys: '11'.repeat(28), smallMtu: true });
    await expect(run(client.restoreMiKeys(MI_KEYS))).rejects.toMatchObject({ code: 'PVVX_PACKET_TOO_LONG' });
    expect(unit.keys).toBe('11'.repeat(28));
  });

  it('that were erased are not there to be written over', async () => {
    const { client, run } = await meet({ id: ID, keys: TOKEN + BIND_KEY });
    await run(client.eraseMiKeys());
    await expect(run(client.restoreMiKeys(MI_KEYS))).rejects.toMatchObject({
      code: 'PVVX_NOT_TAKEN',
      message: expect.stringContaining('erased') as string,
    });
  });
});

describe('room for a large image', () => {
  it('asks by the rules of the version', () => {
    expect(roomKib(133_796, '5.8')).toBe(132);
    expect(roomKib(86_340, '5.3')).toBe(129);
    expect(roomKib(86_340, '5.4')).toBe(88);
    expect(roomKib(0x3_4000, '5.8')).toBe(207);
  });

  it('is made sector by sector', async () => {
    const { client, run, unit } = await meet({
      room: ['73020000040084000000', '73040010040000000000', '73040040060000000000', '73030000040084000000'],
    });
    const steps: number[] = [];
    await run(
      client.makeRoom({
        imageBytes: 133_796,
        version: '5.8',
        progress: ({ done, total }: Progress) => {
          expect(total).toBe(132 * 1024);
          steps.push(done);
        },
      }),
    );
    expect(steps).toEqual([0, 0x1000, 132 * 1024, 132 * 1024]);
    expect(hex(unit.gatt.written[0]!.bytes)).toBe('730000040084000000');
  });

  it.each([
    [['73020000040084000000'], 'cell'],
    [['7300'], 'no larger space'],
    [['7301'], 'another update'],
    [['73fe'], 'does not take this size'],
    [['7377'], 'answer 119'],
  ])('that is not made (%o) has its reason', async (room, why) => {
    const { client, run } = await meet({ room });
    await expect(run(client.makeRoom({ imageBytes: 133_796, version: '5.8' }))).rejects.toMatchObject({
      code: 'OTA_SPACE_NOT_CLEARED',
      message: expect.stringContaining(why) as string,
    });
  });
});

import { stringToUint8Array } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { peerKind, readBattery, readPeer, percentOfMv } from '../../../src/protocols/thermometer/index.ts';
import { bytes } from '../../harness/hex.ts';
import { characteristicOf, ScriptedGatt } from '../../harness/scripted-gatt.ts';
import { talk } from '../xiaomi/talk.ts';

const ota = characteristicOf('000102030405060708090a0b0c0d1912', '000102030405060708090a0b0c0d2b12');
const measurement = characteristicOf('ebe0ccb07a0a4b0c8a1a6ff2997da3a6', 'ebe0ccc17a0a4b0c8a1a6ff2997da3a6', {
  canNotify: true,
});
const commands = characteristicOf('1f10', '1f1f');
const environment = characteristicOf('181a', '2a6e');
const mi = characteristicOf('fe95', '0010');
const strings = ['2a26', '2a27', '2a28'].map((uuid) => characteristicOf('180a', uuid, { canRead: true }));

describe('who is at the other end', () => {
  it.each([
    ['stock', [ota, measurement, mi]],
    ['pvvx', [ota, commands, environment, mi]],
    ['atc1441', [ota, commands]],
    ['zigbee-build', [ota, characteristicOf('fcd2', 'fff4')]],
    ['qingping', [characteristicOf('22210000554a4546554246534450464d', '0100')]],
    ['needs-login', [mi]],
    ['needs-login', [mi, measurement]],
    ['unknown', []],
    ['unknown', [ota]],
  ])('%s by its services', (kind, characteristics) => {
    expect(peerKind(new ScriptedGatt(characteristics))).toBe(kind);
  });

  it.each([
    ['stock', [ota, measurement], { '2a26': '1.0.0_0130', '2a27': 'B1.4', '2a28': '0130' }, '1.0.0_0130'],
    ['stock', [ota, measurement], { '2a28': '2.1.1_0159\0\0' }, '2.1.1_0159'],
    ['pvvx', [ota, commands, environment], { '2a26': 'github.com/pvvx', '2a28': 'V5.8' }, '5.8'],
    ['atc1441', [ota, commands], { '2a28': 'none' }, undefined],
  ])('%s with the version it runs', async (kind, characteristics, texts: Record<string, string>, version) => {
    const gatt = new ScriptedGatt([...characteristics, ...strings]);
    gatt.onRead = (uuid) => stringToUint8Array(texts[uuid] ?? '');
    const peer = await readPeer(gatt);
    expect(peer).toMatchObject({ kind });
    expect(peer.version).toBe(version);
  });

  it('says it with texts that are safe to show', async () => {
    const gatt = new ScriptedGatt(strings);
    gatt.onRead = () => stringToUint8Array(`\u001b[2J\nB1\t.4${'x'.repeat(200)}`);
    const { hardware } = await readPeer(gatt);
    expect(hardware).toMatch(/^B1 \.4x{59}$/);
  });

  it('is missing a string that it does not give, and the link may be lost', async () => {
    const gatt = new ScriptedGatt(strings);
    gatt.onRead = () => Promise.reject(new BenchError('BLE_NO_ANSWER'));
    expect(await readPeer(gatt)).toEqual({ kind: 'unknown' });
    gatt.onRead = () => Promise.reject(new BenchError('BLE_LINK_LOST'));
    await expect(readPeer(gatt)).rejects.toMatchObject({ code: 'BLE_LINK_LOST' });
  });
});

describe('its cell', () => {
  it('is told by stock with a measurement', async () => {
    const gatt = new ScriptedGatt([measurement]);
    const { clock, context } = talk();
    const reading = readBattery(gatt, context);
    await clock.advance(6_000);
    gatt.notify(measurement.characteristic, bytes('0a09'));
    gatt.notify(measurement.characteristic, bytes('ca09 32 280a'));
    expect(await clock.run(reading)).toEqual({ percent: 44, mv: 2_600 });
    expect(gatt.subscribed).toEqual([]);
  });

  it('is told by free firmware as a level', async () => {
    const gatt = new ScriptedGatt([characteristicOf('180f', '2a19', { canRead: true })]);
    gatt.onRead = () => Uint8Array.of(73);
    expect(await readBattery(gatt, talk().context)).toEqual({ percent: 73 });
  });

  it('is not known where nothing is said', async () => {
    const { clock, context } = talk();
    expect(await clock.run(readBattery(new ScriptedGatt([measurement]), context))).toBeUndefined();
    expect(await readBattery(new ScriptedGatt([]), context)).toBeUndefined();
    const silent = new ScriptedGatt([characteristicOf('180f', '2a19', { canRead: true })]);
    silent.onRead = () => Promise.reject(new BenchError('BLE_NO_ANSWER'));
    expect(await readBattery(silent, context)).toBeUndefined();
  });

  it('is full at 3.1 V and empty at 2.2 V', () => {
    expect([1_000, 2_200, 2_650, 3_100, 3_600].map(percentOfMv)).toEqual([0, 0, 50, 100, 100]);
  });
});

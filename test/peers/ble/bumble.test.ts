import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createRadioOpener } from '../../../src/drivers/ble/noble/open-noble.ts';
import type { Advertisement, GattConnection } from '../../../src/drivers/ble/radio.ts';
import { findCharacteristic } from '../../../src/drivers/ble/radio.ts';
import { until } from '../../drivers/until.ts';
import { answers, PeerProcess } from '../serial/peer-process.ts';
import { nobleOverTcp } from './hci-over-tcp.ts';

const missing = answers('python3', '-c', 'import bumble')
  ? nobleIsInstalled()
    ? undefined
    : '@abandonware/noble is not installed'
  : 'the Python package bumble is not installed';
const script = fileURLToPath(new URL('bumble_air.py', import.meta.url));

const CONTROL = { service: 'fe95', characteristic: '0010' };
const VERSION = { service: 'fe95', characteristic: '0004' };
const OTA = {
  service: '000102030405060708090a0b0c0d1912',
  characteristic: '000102030405060708090a0b0c0d2b12',
};
const addressOf = (unit: number) => `a4:c1:38:00:00:0${unit}`;
const signal = () => new AbortController().signal;

/** Our driver on noble's own HCI and GATT code, on a controller of bumble, with units of bumble on the air. */
async function open(units: number) {
  const air = new PeerProcess('python3', [script, String(units)]);
  onTestFinished(() => air.stop());
  const [, port] = await air.said(/^port (\d+)$/m);
  const { noble, socket } = nobleOverTcp(Number(port));
  onTestFinished(() => socket.stop());
  const opener = createRadioOpener({ clock: systemClock, loadNoble: async () => noble });
  const radio = await opener.open({});
  onTestFinished(() => opener.close());
  const tell = (line: string) => air.peer.send(new TextEncoder().encode(`${line}\n`));
  return { air, radio, socket, tell };
}

describe.skipIf(missing)(`noble's own HCI and GATT code on bumble${missing ? ` (${missing})` : ''}`, () => {
  it('hears the units', async () => {
    const { radio } = await open(2);
    expect(radio.name).toBe('Bluetooth adapter c0:ff:ee:00:00:01');
    const heard = new Map<string, Advertisement>();
    const times = new Map<string, number>();
    const leave = radio.listen((each) => {
      heard.set(each.address, each);
      times.set(each.address, (times.get(each.address) ?? 0) + 1);
    });
    await until(() => {
      expect(heard.size).toBe(2);
      for (const count of times.values()) expect(count).toBeGreaterThan(5);
    });
    leave();
    for (const unit of [1, 2])
      expect(heard.get(addressOf(unit))).toMatchObject({
        addressIsMac: true,
        connectable: true,
        localName: `ATC_00000${unit}`,
        serviceUuids: ['0a1b'],
        serviceData: [{ uuid: '181a', data: Uint8Array.of(unit, 2, 3) }],
      });
  });

  it('reads, writes and hears notifications', async () => {
    const { radio, air, tell } = await open(1);
    const connection = await radio.connect(addressOf(1), { signal: signal() });
    expect(connection.payloadBytes).toBeGreaterThan(200);
    expect(findCharacteristic(connection, CONTROL)).toMatchObject({ canWrite: true, canNotify: true });
    expect(findCharacteristic(connection, OTA)).toMatchObject({
      canRead: true,
      canWriteWithoutResponse: true,
    });
    expect(new TextDecoder().decode(await connection.read(VERSION))).toMatch(
      /^1\.0\.0_0130 and more .* bytes$/,
    );
    await connection.write(CONTROL, Uint8Array.of(0x24, 0, 0, 0));
    await air.said(/^control 1 24000000$/m);

    const notified: Uint8Array[] = [];
    const off = await connection.subscribe(CONTROL, (bytes) => notified.push(bytes));
    tell('notify 1 11000000');
    await until(() => expect(notified).toEqual([Uint8Array.of(0x11, 0, 0, 0)]));
    await off();
    tell('notify 1 12000000');

    for (let index = 0; index < 64; index++) {
      await connection.writeWithoutResponse(
        OTA,
        Uint8Array.from({ length: 20 }, () => index),
      );
      if (index % 8 === 7) expect(await connection.read(OTA)).toEqual(Uint8Array.of(0));
    }
    for (let index = 0; index < 64; index++)
      await air.said(new RegExp(`^ota 1 (${index.toString(16).padStart(2, '0')}){20}$`, 'm'));
    expect(notified).toHaveLength(1);
    await connection.disconnect();
    await air.said(/^free 1$/m);
    await (await radio.connect(addressOf(1), { signal: signal() })).disconnect();
  });

  it('loses a unit and finds it again', async () => {
    const { radio, tell } = await open(1);
    const connection = await radio.connect(addressOf(1), { signal: signal() });
    const lost = new Promise<Error>((resolve) => connection.onLost(resolve));
    tell('drop 1');
    expect(await lost).toMatchObject({ code: 'BLE_LINK_LOST' });
    await expect(connection.read(VERSION)).rejects.toMatchObject({ code: 'BLE_LINK_LOST' });
    const again = await radio.connect(addressOf(1), { signal: signal() });
    expect((await again.read(VERSION)).length).toBeGreaterThan(20);
  });

  it('serves several at a time, more than it has places for', async () => {
    const { radio } = await open(7);
    expect(radio.maxConnections).toBeLessThan(7);
    const units = Array.from({ length: 7 }, (_, index) => index + 1);
    const open7 = async (unit: number): Promise<number> => {
      const connection: GattConnection = await radio.connect(addressOf(unit), {
        signal: signal(),
        limitMs: 60_000,
      });
      for (let index = 0; index < 10; index++) await connection.write(CONTROL, Uint8Array.of(unit, index));
      await connection.disconnect();
      return unit;
    };
    expect(await Promise.all(units.map(open7))).toEqual(units);
  });

  it('gives up a unit that does not answer, or is called off, and goes on', async () => {
    const { radio, tell } = await open(2);
    const heard = new Set<string>();
    radio.listen(({ address }) => heard.add(address));
    await until(() => expect(heard.size).toBe(2));
    tell('off 1');
    await expect(radio.connect(addressOf(1), { signal: signal(), limitMs: 1500 })).rejects.toMatchObject({
      code: 'BLE_CONNECT_FAILED',
    });
    const controller = new AbortController();
    const calledOff = radio.connect(addressOf(1), { signal: controller.signal });
    systemClock.after(300, () => controller.abort(new Error('called off')));
    await expect(calledOff).rejects.toThrow('called off');
    await (await radio.connect(addressOf(2), { signal: signal() })).disconnect();
  });

  it('loses everything when the adapter is switched off, and comes back with it', async () => {
    const { radio, socket } = await open(2);
    let heard = 0;
    radio.listen(() => heard++);
    const connection = await radio.connect(addressOf(1), { signal: signal() });
    socket.up = false;
    await until(() => expect(radio.offBecause).toMatchObject({ code: 'BLUETOOTH_OFF' }));
    expect(connection.lostBecause).toMatchObject({ code: 'BLE_LINK_LOST' });
    await expect(radio.connect(addressOf(1), { signal: signal() })).rejects.toMatchObject({
      code: 'BLUETOOTH_OFF',
    });
    socket.up = true;
    await until(() => expect(radio.offBecause).toBeUndefined());
    const before = heard;
    await until(() => expect(heard).toBeGreaterThan(before));
  });
});

function nobleIsInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('@abandonware/noble');
    return true;
  } catch {
    return false;
  }
}

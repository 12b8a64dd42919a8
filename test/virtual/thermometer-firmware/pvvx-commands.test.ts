import { describe, expect, it } from 'vitest';
import { MiRecords } from '../../../src/virtual/thermometer/firmware/mi-records.ts';
import { MI_KEY } from '../../../src/virtual/thermometer/images/flash-map.ts';
import { pvvx58 } from '../../../src/virtual/thermometer/images/practice-images.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { upload } from './telink-host.ts';
import { bytesOf, hexOf, TestUnit, type TestCentral } from './unit.ts';

const COMMAND = '1f1f';
const identity = unitIdentity(1);
const keys = hexOf(identity.token) + hexOf(identity.bindKey);
const macLe = hexOf(identity.mac.toReversed());

async function ask(central: TestCentral, command: string): Promise<string> {
  await central.write(COMMAND, command);
  return central.next(COMMAND);
}

const pvvx = (state = 'pvvx-bound') => new TestUnit({ state });

describe('pvvx: what it says about itself', () => {
  it('kind of peer by its services, strings with the revision of this unit', async () => {
    const central = new TestUnit({ state: 'pvvx', unit: 2 }).connect();
    expect(central.serviceUuids).toEqual([
      '180a',
      '180f',
      '181a',
      '000102030405060708090a0b0c0d1912',
      '1f10',
      'fe95',
    ]);
    expect(await central.text('2a24')).toBe('LYWSD03MMC');
    expect(await central.text('2a26')).toBe('github.com/pvvx');
    expect(await central.text('2a27')).toBe('B1.5');
    expect(await central.text('2a28')).toBe('V5.8');
    expect(await central.read('2a19')).toBe('5a');
    expect(await ask(central, '00')).toBe('00000a0058000100ff510100');
  });

  it('stock has its own services and strings', async () => {
    const central = new TestUnit({ unit: 2 }).connect();
    expect(central.serviceUuids).toEqual([
      '180a',
      'fe95',
      '000102030405060708090a0b0c0d1912',
      'ebe0ccb07a0a4b0c8a1a6ff2997da3a6',
    ]);
    expect(await central.text('2a26')).toBe('1.0.0_0130');
    expect(await central.text('2a27')).toBe('B1.5');
    expect(await central.text('2a28')).toBe('0130');
    expect(await central.text('0004')).toBe('1.0.0_0130');
  });
});

describe('pvvx: the size of its packets', () => {
  it('grows when it is told to ask the central, and not below the smallest', async () => {
    const central = pvvx().connect();
    expect(central.server.mtu ?? 23).toBe(23);
    expect(await ask(central, '7117')).toBe('71ff');
    expect(central.server.mtu ?? 23).toBe(23);
    expect(await ask(central, '7140')).toBe('7100');
    expect(central.server.mtu).toBe(64);
  });
});

describe('pvvx: settings', () => {
  it('config: the answer has the version, the write has not; defaults; kept over a restart', async () => {
    const unit = pvvx();
    const central = unit.connect();
    expect(await ask(central, '55')).toBe('555887100a062804b4313100b4');
    expect(await ask(central, '5580000a065006b431c80e0000')).toBe('555880000a065006b431c80000');
    central.disconnect();
    unit.powerCycle();
    const again = unit.connect();
    expect(await ask(again, '55')).toBe('555880000a065006b431c80000');
    expect(await ask(again, '56')).toBe('555887100a062804b4313100b4');
  });

  it('name: given, restarted into, and back to the default', async () => {
    const unit = pvvx();
    const central = unit.connect();
    expect(await ask(central, `01${Buffer.from('Cellar').toString('hex')}`)).toBe(
      `01${Buffer.from('Cellar').toString('hex')}`,
    );
    central.disconnect();
    await unit.restarted();
    expect(unit.heard().name).toBe('Cellar');
    const again = unit.connect();
    expect(Buffer.from((await ask(again, '0100')).slice(2), 'hex').toString()).toMatch(/^ATC_/);
  });

  it('bind key, comfort and clock', async () => {
    const unit = pvvx();
    const central = unit.connect();
    const made = await ask(central, '18');
    expect(made).toMatch(/^18[0-9a-f]{32}$/);
    expect(await ask(central, `18${'ab'.repeat(16)}`)).toBe(`18${'ab'.repeat(16)}`);
    expect(await ask(central, '20')).toBe('203408280ab80b7017');
    expect(await ask(central, '203508')).toBe('203508280ab80b7017');
    expect(await ask(central, '2300000060')).toBe('230000006000000060');
    await unit.clock.advance(10_000);
    expect(await ask(central, '23')).toBe('230a00006000000060');
  });

  it('many writes wear through the four sectors and lose nothing', async () => {
    const central = pvvx().connect();
    await ask(central, `18${'cd'.repeat(16)}`);
    for (let round = 0; round < 1300; round++)
      await ask(central, `5587100a06${hexOf(Uint8Array.of(1 + (round % 160)))}`);
    expect(await ask(central, '55')).toBe(
      `555887100a06${hexOf(Uint8Array.of(1 + (1299 % 160)))}04b4313100b4`,
    );
    expect(await ask(central, '18')).toBe(`18${'cd'.repeat(16)}`);
  });

  it('measurements: so many, at the pace of the measurements', async () => {
    const unit = pvvx();
    const central = unit.connect();
    await central.write(COMMAND, '3302');
    await central.expects(COMMAND, '3302');
    const startMs = unit.clock.monotonicMs();
    expect(await central.next(COMMAND)).toMatch(/^33680b[0-9a-f]{14}$/);
    expect(await central.next(COMMAND)).toMatch(/^33680b/);
    expect(unit.clock.monotonicMs() - startMs).toBe(10_000);
    await unit.clock.advance(60_000);
    expect(central.unread).toEqual([]);
  });

  it('a PIN: after the restart nothing is answered', async () => {
    const unit = pvvx();
    const central = unit.connect();
    expect(await ask(central, '7040e20100')).toBe('7001');
    central.disconnect();
    await unit.restarted();
    const locked = unit.connect();
    expect(await locked.read('2a28')).toBeUndefined();
    await locked.write(COMMAND, '55');
    expect(locked.unread).toEqual([]);
  });

  it('reboot waits until the central has gone', async () => {
    const unit = pvvx();
    const central = unit.connect();
    expect(await ask(central, '72')).toBe('7200');
    await unit.clock.advance(60_000);
    expect(unit.restarts).toBe(0);
    central.disconnect();
    await unit.restarted();
  });
});

describe('pvvx: MAC and Mi keys', () => {
  it('are told in chunks, and dumped one after the other', async () => {
    const central = pvvx().connect();
    const mac = `1008${macLe}${hexOf(identity.macTail)}`;
    const id = [`1114${hexOf(identity.deviceId).slice(0, 36)}`, `1102${hexOf(identity.deviceId).slice(36)}`];
    const both = [`121c${keys.slice(0, 36)}`, `120a${keys.slice(36)}`];
    expect(await ask(central, '10')).toBe(mac);
    expect([await ask(central, '11'), await central.next(COMMAND)]).toEqual(id);
    expect([await ask(central, '12'), await central.next(COMMAND)]).toEqual(both);
    await central.write(COMMAND, '15');
    await central.expects(COMMAND, mac, ...id, ...both, '1300', '1400');
  });

  it('can be set, swapped with the former ones, and erased', async () => {
    const unit = pvvx();
    const records = new MiRecords(unit.flash);
    records.put(MI_KEY.keys, bytesOf('ee'.repeat(28)));
    const central = unit.connect();
    expect(await ask(central, '16')).toBe(`121c${keys.slice(0, 36)}`);
    await central.next(COMMAND);
    expect(hexOf(records.keys!.token)).toBe(hexOf(identity.token));
    await ask(central, `12${'ab'.repeat(28)}`);
    await central.next(COMMAND);
    expect(hexOf(records.keys!.bindKey)).toBe('ab'.repeat(16));
    expect(await ask(central, '17')).toBe('1700');
    expect(records.list()).toEqual([]);
    expect(await ask(central, `12${'ab'.repeat(28)}`)).toBe('1200');
  });

  it('a MAC is written, the copy of the hardware string stays, and the unit comes back under it', async () => {
    const unit = pvvx();
    const central = unit.connect();
    expect(await ask(central, '100666554438c1a4')).toMatch(/^100866554438c1a4/);
    central.disconnect();
    await unit.restarted();
    expect(unit.running.peripheral!.address).toBe('a4:c1:38:44:55:66');
    expect(Buffer.from(unit.flash.read(0x7_6fe0, 4)).toString()).toBe(identity.revision);
  });
});

describe('pvvx: extended OTA', () => {
  it('clears the region sector by sector, takes the image there, and moves BLE firmware to the start', async () => {
    const unit = pvvx();
    const central = unit.connect();
    expect(await ask(central, '730000040081000000')).toBe('73020000040081000000');
    for (let sector = 1; sector <= 33; sector++)
      expect(await central.next(COMMAND)).toBe(
        `7304${hexOf(Uint8Array.of(0, (sector << 4) & 0xff, 4 + (sector >> 4), 0))}84000000`,
      );
    await central.expects(COMMAND, '73030000040084000000');
    expect(await upload(central, pvvx58())).toBe('sent');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
    expect(unit.flash.read(8, 1)[0]).toBe(0x4b);
    expect(Buffer.from(unit.flash.read(0x4_0000, 86_340)).equals(Buffer.from(pvvx58()))).toBe(true);
  });

  it('refuses sizes and addresses that cannot be', async () => {
    const central = pvvx().connect();
    expect(await ask(central, '7300000400d0000000')).toMatch(/^73fe/);
    expect(await ask(central, '730100040081000000')).toMatch(/^73fe/);
    expect(await ask(central, '73')).toMatch(/^7300/);
  });
});

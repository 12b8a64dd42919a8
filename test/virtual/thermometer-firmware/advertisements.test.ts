import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { neighboursOf } from '../../../src/virtual/thermometer/firmware/neighbours.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { bytesOf, hexOf, TestUnit } from './unit.ts';

const identity = unitIdentity(1);
const mac = hexOf(identity.mac);
const macLe = hexOf(identity.mac.toReversed());
const BIND_KEY = 'e9ea895fac7cca6d30532432a516f3a8';

function open(key: string, nonce: string, aad: string, text: string, tag: string): string {
  const decipher = createDecipheriv('aes-128-ccm', bytesOf(key), bytesOf(nonce), { authTagLength: 4 });
  decipher.setAAD(bytesOf(aad), { plaintextLength: text.length / 2 });
  decipher.setAuthTag(bytesOf(tag));
  const plain = hexOf(decipher.update(bytesOf(text)));
  decipher.final();
  return plain;
}

/** pvvx with these bytes behind 55, and with `BIND_KEY`. */
async function pvvxWith(config: string, paced = false): Promise<TestUnit> {
  const unit = new TestUnit({ state: 'pvvx', paced });
  if (paced) await unit.clock.advance(2000);
  const central = unit.connect();
  central.subscribe('1f1f');
  await central.write('1f1f', `55${config}`);
  await central.write('1f1f', `18${BIND_KEY}`);
  expect(await central.next('1f1f')).toMatch(/^5558/);
  await central.expects('1f1f', `18${BIND_KEY}`);
  central.disconnect();
  await unit.clock.advance(0);
  return unit;
}

const s16 = (hex: string, at: number) => Buffer.from(hex, 'hex').readInt16LE(at);

describe('stock firmware sends MiBeacons', () => {
  it('unbound: product, MAC, not bound, no values', () => {
    const unit = new TestUnit();
    const { name, data, intervalMs } = unit.heard();
    expect(name).toBe('LYWSD03MMC');
    expect(data['fe95']).toMatch(new RegExp(`^30585b05..${macLe}280000$`));
    expect(intervalMs).toBeLessThanOrEqual(2100);
    expect(unit.heard().data['fe95']!.slice(8, 10)).not.toBe(data['fe95']!.slice(8, 10));
  });

  it('bound: says so, and now and then a value under the bind key of the unit', () => {
    const unit = new TestUnit({ state: 'stock-1.0.0_0130-bound' });
    const frames = Array.from({ length: 9 }, () => unit.heard().data['fe95']!);
    expect(frames.filter((frame) => frame.startsWith('30595b05'))).toHaveLength(6);
    const sealed = frames.filter((frame) => frame.startsWith('58595b05'));
    const objects = sealed.map((frame) => {
      const [counter, high, tag] = [frame.slice(8, 10), frame.slice(-14, -8), frame.slice(-8)];
      expect(frame.slice(10, 22)).toBe(macLe);
      const nonce = `${macLe}5b05${counter}${high}`;
      return open(hexOf(identity.bindKey), nonce, '11', frame.slice(22, -14), tag);
    });
    expect(objects.map((object) => object.slice(0, 6)).toSorted()).toEqual(['041002', '061002', '0a1001']);
    expect(objects.find((object) => object.startsWith('0a10'))).toBe('0a10015a');
  });
});

describe('pvvx firmware sends', () => {
  it('BTHome v2 by default: values and voltage in turn, every 2.5 s', async () => {
    const unit = new TestUnit({ state: 'pvvx', paced: true });
    await unit.clock.advance(2000);
    const first = unit.heard();
    const second = unit.heard();
    expect(first.name).toBe(`ATC_${mac.slice(6).toUpperCase()}`);
    expect(first.intervalMs).toBe(2500);
    expect(first.data['fcd2']).toMatch(/^400001015a02....03....$/);
    expect(second.data['fcd2']).toMatch(/^4000010c680b10001100$/);
    const later = [unit.heard(), unit.heard(), unit.heard()];
    expect(later[2]!.data['fcd2']!.slice(4, 6)).toBe('02');
  });

  it('custom: 15 bytes, low byte first', async () => {
    const unit = await pvvxWith('81100a0628');
    const data = unit.heard().data['181a']!;
    expect(data).toHaveLength(30);
    expect(data.slice(0, 12)).toBe(macLe);
    expect(s16(data, 6)).toBeGreaterThan(2000);
    expect(s16(data, 8)).toBeGreaterThan(4000);
    expect(s16(data, 10)).toBe(2920);
    expect(data.slice(24)).toBe('5a0100');
  });

  it('atc: 13 bytes, high byte first', async () => {
    const unit = await pvvxWith('80100a0628');
    expect(unit.heard().data['181a']).toMatch(new RegExp(`^${mac}00....5a0b6801$`));
  });

  it('Mi: both values plain', async () => {
    const unit = await pvvxWith('82100a0628');
    unit.heard();
    expect(unit.heard().data['fe95']).toMatch(new RegExp(`^50585b0501${macLe}0d1004........$`));
  });

  it('each of them encrypted under the bind key, when told so', async () => {
    const custom = (await pvvxWith('81180a0628')).heard().data['181a']!;
    expect(custom).toHaveLength(22);
    const customPlain = open(
      BIND_KEY,
      `${macLe}0e161a18${custom.slice(0, 2)}`,
      '11',
      custom.slice(2, 14),
      custom.slice(14),
    );
    expect(customPlain.slice(8)).toBe('5a00');

    const atc = (await pvvxWith('80180a0628')).heard().data['181a']!;
    expect(atc).toHaveLength(16);
    expect(
      open(BIND_KEY, `${macLe}0b161a18${atc.slice(0, 2)}`, '11', atc.slice(2, 8), atc.slice(8)).slice(4),
    ).toBe('5a');

    const bthome = (await pvvxWith('83180a0628')).heard().data['fcd2']!;
    const counter = bthome.slice(-16, -8);
    const nonce = `${mac}d2fc41${counter}`;
    const decipher = createDecipheriv('aes-128-ccm', bytesOf(BIND_KEY), bytesOf(nonce), { authTagLength: 4 });
    decipher.setAuthTag(bytesOf(bthome.slice(-8)));
    const plain = hexOf(decipher.update(bytesOf(bthome.slice(2, -16))));
    decipher.final();
    expect(plain).toMatch(/^015a02....03....$/);

    const mi = (await pvvxWith('82180a0628')).heard().data['fe95']!;
    expect(mi).toMatch(/^58585b05/);
  });

  it('the interval and the name it was given, within its limits', async () => {
    const unit = await pvvxWith('87100a0650', true);
    expect(unit.heard().intervalMs).toBe(5000);
    const slow = await pvvxWith('87100a06ff', true);
    expect(slow.heard().intervalMs).toBe(10_000);
  });

  it('nothing that an ordinary adapter hears in long-range mode, until the battery was out', async () => {
    const unit = await pvvxWith('87500a0628');
    await unit.restarted();
    expect(unit.running.peripheral!.advertisement()).toBeUndefined();
    unit.powerCycle();
    expect(unit.heard().name).toMatch(/^ATC_/);
  });
});

describe('atc1441 firmware', () => {
  it('sends 13 bytes and the same name as pvvx; Mi format and offsets on command, kept by DF', async () => {
    const unit = new TestUnit({ state: 'atc1441' });
    const { name, data } = unit.heard();
    expect(name).toBe(`ATC_${mac.slice(6).toUpperCase()}`);
    expect(data['181a']).toHaveLength(26);
    expect(data['181a']!.slice(0, 12)).toBe(mac);
    const central = unit.connect();
    expect(central.serviceUuids).not.toContain('181a');
    await central.write('1f1f', 'af');
    central.disconnect();
    expect(unit.heard().data['fe95']).toMatch(/^5058/);
    unit.powerCycle();
    expect(unit.heard().data['fe95']).toBeUndefined();
    const again = unit.connect();
    await again.write('1f1f', 'af');
    await again.write('1f1f', 'df');
    again.disconnect();
    unit.powerCycle();
    expect(unit.heard().data['fe95']).toMatch(/^5058/);
  });
});

describe('what is on the air', () => {
  it('is silent while it is connected, and takes one central', async () => {
    const unit = new TestUnit();
    const central = unit.connect();
    expect(unit.running.peripheral!.advertisement()).toBeUndefined();
    expect(() => unit.connect()).toThrow('it does not answer');
    central.disconnect();
    expect(unit.heard().name).toBe('LYWSD03MMC');
  });

  it('says how full its cell is', () => {
    const unit = new TestUnit({ state: 'pvvx' });
    unit.batteryPercent = 22;
    expect(unit.heard().data['fcd2']).toMatch(/^4000010116/);
    expect(unit.heard().data['fcd2']).toMatch(/^4000010c4809/);
  });

  it('weak-signal: far away, often not heard, connects now and then, and the link is lost', async () => {
    const unit = new TestUnit({ faults: ['weak-signal'] });
    const heard = Array.from({ length: 9 }, () => unit.running.peripheral!.advertisement() != null);
    expect(heard.filter(Boolean)).toHaveLength(3);
    expect(unit.running.peripheral!.rssiDbm).toBeLessThan(-90);
    expect(() => unit.connect()).toThrow('it does not answer');
    expect(() => unit.connect()).toThrow('it does not answer');
    const central = unit.connect();
    for (let count = 0; count < 60; count++) expect(await central.text('2a26')).toBe('1.0.0_0130');
    expect(await central.read('2a26')).toBeUndefined();
    expect(central.dropped).toBe(true);
  });

  it('neighbours: two others of the same maker that send the new firmware already', () => {
    const unit = new TestUnit({ state: 'pvvx' });
    const neighbours = neighboursOf(1, unit.clock, false);
    const addresses = [unit.running.peripheral!, ...neighbours].map(({ address }) => address);
    expect(new Set(addresses).size).toBe(3);
    for (const each of neighbours) {
      expect(each.address).toMatch(/^a4:c1:38:/);
      const sent = each.advertisement()!;
      expect(sent.localName).toBe(`ATC_${each.address.slice(9).replaceAll(':', '').toUpperCase()}`);
      expect(hexOf(sent.serviceData[0]!.data)).toMatch(/^4000/);
      expect(each.accept({ notify: () => {}, drop: () => {} })).toBeUndefined();
    }
  });

  it('stops with the firmware, and no timer is left', async () => {
    const unit = new TestUnit();
    const central = unit.connect();
    central.subscribe('ebe0ccc17a0a4b0c8a1a6ff2997da3a6');
    expect(await central.next('ebe0ccc17a0a4b0c8a1a6ff2997da3a6')).toMatch(/^[0-9a-f]{2}08[0-9a-f]{2}680b$/);
    const { peripheral } = unit.running;
    unit.running.stop();
    expect(central.dropped).toBe(true);
    expect(peripheral!.advertisement()).toBeUndefined();
    expect(unit.clock.pendingTimers).toBe(0);
    expect(unit.restarts).toBe(0);
  });
});

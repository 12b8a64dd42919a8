import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { telinkCrc } from '../../../src/virtual/thermometer/images/image-identity.ts';
import {
  atc1441,
  pvvx58,
  stock0130,
  stock0159,
} from '../../../src/virtual/thermometer/images/practice-images.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { login, register } from './mi-host.ts';
import { endOf, OTA, packetsOf, upload } from './telink-host.ts';
import { bytesOf, hexOf, TestUnit, type TestCentral } from './unit.ts';

const BOUND = 'stock-1.0.0_0130-bound';
const BANK = { first: 0x0_0000, second: 0x2_0000 };
const token = hexOf(unitIdentity(1).token);
const pvvx = pvvx58();

async function loggedIn(unit: TestUnit): Promise<TestCentral> {
  const central = unit.connect();
  expect((await login(central, token)).answer).toBe('21000000');
  return central;
}

describe('OTA into stock firmware', () => {
  it('puts the image into the other bank, restarts, and the new firmware keeps MAC and keys', async () => {
    const unit = new TestUnit({ state: BOUND });
    const address = unit.running.peripheral!.address;
    const central = await loggedIn(unit);
    await central.write('ebe0ccd87a0a4b0c8a1a6ff2997da3a6', '1e0000', true);

    expect(await upload(central, pvvx)).toBe('sent');
    await unit.restarted();

    expect(central.dropped).toBe(true);
    expect(unit.running.title).toBe('pvvx 5.8');
    expect(unit.running.peripheral!.address).toBe(address);
    expect(hexOf(unit.flash.read(BANK.second, pvvx.length))).toBe(hexOf(pvvx));
    expect(unit.flash.read(BANK.first + 8, 1)[0]).toBe(0);
    expect(hexOf(unit.flash.read(0x7_8000 + 23 + 3, 12))).toBe(token);
  });

  it('goes into the first bank when the second one runs', async () => {
    const unit = new TestUnit({ state: BOUND });
    await upload(await loggedIn(unit), pvvx);
    await unit.restarted();
    expect(await upload(unit.connect(), stock0130())).toBe('sent');
    await unit.restarted(2);
    expect(unit.running.title).toBe('stock 1.0.0_0130');
    expect(unit.flash.read(BANK.first + 8, 1)[0]).toBe(0x4b);
    expect(unit.flash.read(BANK.second + 8, 1)[0]).toBe(0);
  });

  it('drops the link of whoever is not logged in; a fresh registration counts as a login', async () => {
    const unit = new TestUnit();
    const stranger = unit.connect();
    expect(await upload(stranger, pvvx)).toMatch(/^dropped/);
    const owner = unit.connect();
    await register(owner, hexOf(unitIdentity(1).deviceId));
    expect(await upload(owner, pvvx)).toBe('sent');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });

  it('throws an image with a wrong CRC away without a word', async () => {
    const unit = new TestUnit({ state: BOUND });
    const image = pvvx58();
    image[0x1234]! ^= 1;
    const central = await loggedIn(unit);
    expect(await upload(central, image)).toBe('sent');
    expect(await central.read(OTA)).toBe('00');
    await unit.restarted();
    expect(unit.running.title).toBe('stock 1.0.0_0130');
  });

  it('2.1.1 takes everything, and comes back as it was unless the image has the trailer', async () => {
    const unit = new TestUnit({ state: 'stock-2.1.1_0159-bound' });
    const central = unit.connect();
    await login(central, token, true);
    expect(await upload(central, pvvx)).toBe('sent');
    await unit.restarted();
    expect(unit.running.title).toBe('stock 2.1.1_0159');
    const again = unit.connect();
    await login(again, token, true);
    expect(await upload(again, stock0159())).toBe('sent');
    await unit.restarted(2);
    expect(unit.running.title).toBe('stock 2.1.1_0159');
    expect(unit.flash.read(BANK.second + 8, 1)[0]).toBe(0x4b);
  });
});

describe('OTA status', () => {
  async function begun(
    unit = new TestUnit({ state: 'pvvx' }),
  ): Promise<{ unit: TestUnit; central: TestCentral }> {
    const central = unit.connect();
    await central.write(OTA, '00ff');
    await central.write(OTA, '01ff');
    return { unit, central };
  }
  const packets = packetsOf(stock0130());

  it('1 for a packet that is missing', async () => {
    const { unit, central } = await begun();
    await central.write(OTA, packets[0]!);
    await central.write(OTA, packets[2]!);
    expect(await central.read(OTA)).toBe('01');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });

  it('1 when more than twelve packets come without a read: the queue is full', async () => {
    const { central } = await begun();
    for (const packet of packets.slice(0, 12)) await central.write(OTA, packet);
    expect(await central.read(OTA)).toBe('00');
    for (const packet of packets.slice(12, 25)) await central.write(OTA, packet);
    expect(await central.read(OTA)).toBe('00');
    await central.write(OTA, packets[25]!);
    expect(await central.read(OTA)).toBe('01');
  });

  it('2 for a packet that was damaged, 4 for an end too early, 6 for a firmware CRC', async () => {
    const damaged = await begun();
    await damaged.central.write(OTA, packets[0]!.replace(/^00002680/, '00002681'));
    expect(await damaged.central.read(OTA)).toBe('02');

    const early = await begun();
    for (const packet of packets.slice(0, 8)) await early.central.write(OTA, packet);
    await early.central.write(OTA, endOf(8));
    expect(await early.central.read(OTA)).toBe('04');

    const { unit, central } = await begun();
    const image = stock0130();
    image[0x1234]! ^= 1;
    await upload(central, image);
    expect(await central.read(OTA)).toBe('06');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });

  it('5 when nothing comes for sixteen seconds, and the old firmware starts again', async () => {
    const { unit, central } = await begun();
    await central.write(OTA, packets[0]!);
    await unit.clock.advance(16_500);
    expect(await central.read(OTA)).toBe('05');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });

  it('has no write with response', async () => {
    const { central } = await begun();
    await central.write(OTA, packets[0]!, true);
    await central.write(OTA, packets[1]!);
    expect(await central.read(OTA)).toBe('01');
  });
});

describe('an image longer than its bank', () => {
  /** 0x20 blocks more than fit into 128 KiB, with a size and CRC that fit. */
  function tooLong(): Uint8Array {
    const image = new Uint8Array(0x2_0204).fill(0x11);
    image.set(pvvx.subarray(0, 0x20));
    image.set(bytesOf('04020200'), 0x18);
    const crc = telinkCrc(image);
    image.set(Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24), image.length - 4);
    return image;
  }

  it('does not start from the second bank', async () => {
    const unit = new TestUnit({ state: 'pvvx' });
    expect(await upload(unit.connect(), tooLong())).toBe('sent');
    await unit.restarted();
    expect(unit.running).toMatchObject({ title: 'nothing starts', peripheral: undefined });
    expect(unit.running.swsAwake(unit.clock.monotonicMs() + 5000)).toBe(true);
  });

  it('overwrites the firmware that runs in the second bank', async () => {
    const unit = new TestUnit({ state: 'pvvx' });
    await upload(unit.connect(), pvvx);
    await unit.restarted();
    expect(await upload(unit.connect(), tooLong())).toMatch(/^dropped/);
    await unit.restarted(2);
    expect(unit.running.title).toBe('nothing starts');
  });
});

describe('the flash of a unit that comes protected', () => {
  it('is unlocked by stock firmware when it has something to write, not before', async () => {
    const unit = new TestUnit();
    unit.flash.protect(0x1c);
    unit.powerCycle();
    const central = unit.connect();
    expect(unit.flash.isProtected).toBe(true);
    const registered = await register(central, hexOf(unitIdentity(1).deviceId));
    expect(registered.answer).toBe('11000000');
    expect((await login(central, registered.token)).answer).toBe('21000000');
    expect(await upload(central, pvvx)).toBe('sent');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });
});

describe('faults of the OTA', () => {
  it('drops-link-at-50%: a fresh start goes through when it strikes once', async () => {
    const unit = new TestUnit({ state: 'pvvx', faults: ['drops-link-at-50%-once'] });
    expect(await upload(unit.connect(), atc1441())).toBe('dropped at 50 %');
    expect(unit.restarts).toBe(0);
    expect(unit.running.title).toBe('pvvx 5.8');
    expect(await upload(unit.connect(), atc1441())).toBe('sent');
    await unit.restarted();
    expect(unit.running.title).toBe('atc1441');
  });

  it('ota-status-3: the status says so, the old firmware starts again', async () => {
    const unit = new TestUnit({ state: 'pvvx', faults: ['ota-status-3'] });
    expect(await upload(unit.connect(), atc1441())).toMatch(/^status 03 at 2\d %/);
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });

  it('old-firmware-returns: a clean upload, and nothing has changed', async () => {
    const unit = new TestUnit({ state: 'pvvx', faults: ['old-firmware-returns'] });
    const central = unit.connect();
    expect(await upload(central, atc1441())).toBe('sent');
    expect(await central.read(OTA)).toBe('00');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });

  it('low battery: the link falls at 15 %; a fresh cell carries it', async () => {
    const unit = new TestUnit({ state: 'pvvx' });
    unit.batteryPercent = 22;
    expect(await upload(unit.connect(), atc1441())).toBe('dropped at 15 %');
    unit.batteryPercent = 100;
    expect(await upload(unit.connect(), atc1441())).toBe('sent');
  });

  it('a locked flash chip: unlocked by the firmware; locked for good is status 3', async () => {
    const unit = new TestUnit({ state: 'pvvx' });
    unit.flash.statusRegisters[0] = 0x3c;
    expect(await upload(unit.connect(), atc1441())).toBe('sent');
    const locked = new TestUnit({ state: 'pvvx' });
    locked.flash.lockedForGood = true;
    expect(await upload(locked.connect(), atc1441())).toMatch(/^status 03/);
  });
});

describe('OTA with pace=', () => {
  it('takes the time of the sectors, and of the restart', async () => {
    const unit = new TestUnit({ state: 'pvvx', paced: true });
    await unit.clock.advance(2000);
    const central = unit.connect();
    expect(central.server.intervalMs).toBe(14);
    const startMs = unit.clock.monotonicMs();
    let done = false;
    void upload(central, atc1441()).then(() => (done = true));
    await unit.clock.until(() => done);
    expect(unit.clock.monotonicMs() - startMs).toBe(16 * 45);
    await unit.restarted();
    expect(unit.clock.monotonicMs() - startMs).toBeGreaterThan(1000 + 16 * 45);
    expect(unit.running.peripheral!.advertisement()).toBeUndefined();
    await unit.clock.advance(2000);
    expect(unit.heard().intervalMs).toBe(4000);
  });
});

const VECTORS = fileURLToPath(
  new URL('../../../../shared/data/telink/telink-ota-vectors.json', import.meta.url),
);

describe.skipIf(!existsSync(VECTORS))('published packets (skipped where ../shared/data is missing)', () => {
  it('are the packets that the test sends', () => {
    const { short } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
      short: { image: string; packets: string[]; end: string };
    };
    expect(packetsOf(bytesOf(short.image))).toEqual(short.packets);
    expect(endOf(short.packets.length)).toBe(short.end);
  });

  it('make a unit run what they hold', async () => {
    const image = readFileSync(fileURLToPath(new URL('firmware/ATC_v58.bin', `file://${VECTORS}`)));
    const unit = new TestUnit({ state: BOUND });
    expect(await upload(await loggedIn(unit), image)).toBe('sent');
    await unit.restarted();
    expect(unit.running.title).toBe('pvvx 5.8');
  });
});

import { describe, expect, it } from 'vitest';
import { MiRecords } from '../../../src/virtual/thermometer/firmware/mi-records.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { login, register, sendParcel, takeParcel } from './mi-host.ts';
import { hexOf, TestUnit } from './unit.ts';

const FRESH_ID = `00${Buffer.from('blt.3.129vAbC123g00').toString('hex')}`;
const bound = unitIdentity(1);
const token = hexOf(bound.token);

describe('Mi registration', () => {
  it('of a unit that nobody owns: asks for an id, gives keys, keeps them', async () => {
    const unit = new TestUnit();
    const central = unit.connect();
    await central.write('0010', 'a2000000');
    expect(await takeParcel(central, '00')).toBe('01000000');

    const registered = await register(central, FRESH_ID);

    expect(registered.answer).toBe('11000000');
    const records = new MiRecords(unit.flash);
    expect(hexOf(records.deviceId!)).toBe(FRESH_ID);
    expect(hexOf(records.keys!.token)).toBe(registered.token);
    expect(hexOf(records.keys!.bindKey)).toBe(registered.bindKey);
    // Record ids and lengths as in a dump: 01 00 14 …, 10 00 1c …
    expect(hexOf(unit.flash.read(0x7_8000, 3))).toBe('010014');
    expect(hexOf(unit.flash.read(0x7_8017, 3))).toBe('10001c');
    expect((await login(central, registered.token)).answer).toBe('21000000');
  });

  it('of a bound unit: tells its id; the former keys stay as deleted ones', async () => {
    const unit = new TestUnit({ state: 'stock-1.0.0_0130-bound' });
    const central = unit.connect();
    await central.write('0010', 'a2000000');
    expect(await takeParcel(central, '00')).toBe(`02000000${hexOf(bound.deviceId)}`);

    const registered = await register(central, hexOf(bound.deviceId));

    expect(registered.answer).toBe('11000000');
    const list = new MiRecords(unit.flash).list().map(({ id, data }) => [id, hexOf(data)]);
    expect(list).toEqual([
      [0x01, hexOf(bound.deviceId)],
      [0x00, token + hexOf(bound.bindKey)],
      [0x10, registered.token + registered.bindKey],
    ]);
  });

  it('fails for a key that is no point of the curve, and for an id sealed with another key', async () => {
    const central = new TestUnit().connect();
    await central.write('0010', '15000000');
    await sendParcel(central, '03', '11'.repeat(64));
    await central.expects('0010', '12000000');

    await central.write('0010', '15000000');
    const real =
      '4925e4cf05129fa65116a4a324fc86eefd4cd176717f0938ccbd2387fd52d0efd85162c20c0fcc72ca85a8b18f61ef980a70e1a6e7ff15f5289881ee59b8f4af';
    await sendParcel(central, '03', real);
    await takeParcel(central, '03');
    await sendParcel(central, '00', '22'.repeat(24));
    await central.expects('0010', '12000000');
    await central.write('0010', '13000000');
    await central.expects('0010', '12000000');
  });

  it('keeps nothing before the verify', async () => {
    const unit = new TestUnit();
    const central = unit.connect();
    await central.write('0010', '15000000');
    await sendParcel(
      central,
      '03',
      '4925e4cf05129fa65116a4a324fc86eefd4cd176717f0938ccbd2387fd52d0efd85162c20c0fcc72ca85a8b18f61ef980a70e1a6e7ff15f5289881ee59b8f4af',
    );
    await takeParcel(central, '03');
    central.disconnect();
    expect(new MiRecords(unit.flash).list()).toEqual([]);
  });

  it('on 2.1.1 gets no answer without what the maker signed, and a refusal with what cannot be checked', async () => {
    const central = new TestUnit({ state: 'stock-2.1.1_0159' }).connect();
    const key =
      '4925e4cf05129fa65116a4a324fc86eefd4cd176717f0938ccbd2387fd52d0efd85162c20c0fcc72ca85a8b18f61ef980a70e1a6e7ff15f5289881ee59b8f4af';
    await central.write('0010', '15000000');
    await sendParcel(central, '03', key);
    await takeParcel(central, '03');
    await central.write('0019', '000000000200');
    await central.write('0010', '13000000');
    expect(central.unread).toEqual([]);
    await central.expects('0019', '00000103');

    await central.write('0010', '10000000');
    await sendParcel(central, '03', key);
    await takeParcel(central, '03');
    await sendParcel(central, '06', '33'.repeat(92));
    await sendParcel(central, '07', '44'.repeat(397));
    await central.expects('0010', '12000000');
  });

  it('sends TIMEOUT to a central that does not go on', async () => {
    const central = new TestUnit().connect();
    await central.write('0010', '15000000');
    await central.write('0019', '000000030400');
    await central.expects('0019', '00000101', '00000103');
    await central.expects('0010', '12000000');
  });
});

describe('Mi login', () => {
  it('takes the token of the owner, frame by frame', async () => {
    const central = new TestUnit({ state: 'stock-1.0.0_0130-bound' }).connect();
    expect(await login(central, token)).toEqual({ answer: '21000000', deviceIsGenuine: true, asked: [] });
  });

  it('on 2.1.1 sends single packets and takes one long frame', async () => {
    const central = new TestUnit({ state: 'stock-2.1.1_0159-bound' }).connect();
    expect(central.server.mtu).toBeGreaterThan(32 + 4 + 3);
    expect(await login(central, token, true)).toMatchObject({ answer: '21000000', deviceIsGenuine: true });
  });

  it('answers 23 to another token and E0 where there is none', async () => {
    const central = new TestUnit({ state: 'stock-1.0.0_0130-bound' }).connect();
    expect(await login(central, '00'.repeat(12))).toMatchObject({
      answer: '23000000',
      deviceIsGenuine: false,
    });
    const unbound = new TestUnit().connect();
    await unbound.write('0010', '24000000');
    await unbound.expects('0010', 'e0000000');
  });

  it('wrong-token: the keys of its flash do not open it, once or always', async () => {
    const unit = new TestUnit({ state: 'stock-1.0.0_0130-bound', faults: ['wrong-token'] });
    const central = unit.connect();
    expect((await login(central, token)).answer).toBe('23000000');
    expect((await login(central, token)).answer).toBe('23000000');
    const once = new TestUnit({ state: 'stock-1.0.0_0130-bound', faults: ['wrong-token-once'] }).connect();
    expect((await login(once, token)).answer).toBe('23000000');
    expect((await login(once, token)).answer).toBe('21000000');
  });

  it('probes the MTU when asked: bare, then with data', async () => {
    const central = new TestUnit().connect();
    await central.write('0010', 'a4000000');
    await central.expects('0019', '000004001200');
    await central.write('0019', '000005001200');
    expect(await central.next('0019')).toMatch(/^00000401a5/);
  });
});

describe('lost-frame', () => {
  it('asks for the frame it missed and sends again what the app missed', async () => {
    const unit = new TestUnit({ faults: ['lost-frame'] });
    const registered = await register(unit.connect(), FRESH_ID);
    expect(registered).toMatchObject({ answer: '11000000', asked: ['000001050200'] });
  });

  it('asks for frame 1 of a login, which public flashers take for a timeout', async () => {
    const unit = new TestUnit({ state: 'stock-1.0.0_0130-bound', faults: ['lost-frame-once'] });
    const central = unit.connect();
    expect(await login(central, token)).toMatchObject({ answer: '21000000', asked: ['000001050100'] });
    central.disconnect();
    expect(await login(unit.connect(), token)).toMatchObject({ answer: '21000000', asked: [] });
  });
});

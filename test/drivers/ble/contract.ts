import { setMaxListeners } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Advertisement, BleRadio, GattConnection } from '../../../src/drivers/ble/radio.ts';
import { findCharacteristic } from '../../../src/drivers/ble/radio.ts';
import { Air } from '../../../src/virtual/air/air.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { AirUnit, CONTROL, OTA, VERSION } from './air-unit.ts';

export type MakeRadio = (
  air: Air,
  clock: ManualClock,
  maxConnections: number,
) => Promise<BleRadio & { close(): Promise<void> }>;

const bytes = (...values: number[]) => Uint8Array.from(values);
const lostCode = { name: 'BenchError', code: 'BLE_LINK_LOST' };

/** What every radio must do, whatever carries it. */
export function radioContract(name: string, makeRadio: MakeRadio): void {
  const bench = async ({ units = 1, maxConnections = 8 } = {}) => {
    const air = new Air();
    const clock = new ManualClock();
    const radio = await clock.run(makeRadio(air, clock, maxConnections));
    onTestFinished(() => clock.run(radio.close()));
    const made = Array.from({ length: units }, (_, index) => new AirUnit(index + 1));
    const leave = made.map((unit) => air.add(unit));
    const controller = new AbortController();
    // One signal for all attempts of a test: in the program each run has its own.
    setMaxListeners(0, controller.signal);
    const connect = (unit: AirUnit, limitMs?: number): Promise<GattConnection> =>
      radio.connect(unit.address, {
        signal: controller.signal,
        ...(limitMs !== undefined && { limitMs }),
      });
    return { air, clock, radio, units: made, unit: made[0]!, leave, controller, connect };
  };
  const connected = async (change: (unit: AirUnit) => void = () => {}) => {
    const made = await bench();
    change(made.unit);
    const connection = await made.clock.run(made.connect(made.unit));
    return { ...made, connection };
  };

  describe(`radio contract: ${name}`, () => {
    describe('listening', () => {
      it('says what was sent, in the form of the contract', async () => {
        const { radio, clock } = await bench();
        const heard: Advertisement[] = [];
        radio.listen((each) => heard.push(each));
        await clock.advance(2000);
        expect(heard.length).toBeGreaterThan(2);
        expect(heard[0]).toMatchObject({
          address: 'a4:c1:38:00:00:01',
          addressIsMac: true,
          connectable: true,
          localName: 'ATC_001122',
          serviceUuids: ['0a1b', OTA.service],
          serviceData: [{ uuid: '181a', data: bytes(1, 2, 3) }],
        });
        for (const { rssiDbm, heardAtMs } of heard) {
          expect(Math.abs(rssiDbm + 60)).toBeLessThanOrEqual(3);
          expect(heardAtMs).toBeGreaterThanOrEqual(0);
          expect(heardAtMs).toBeLessThanOrEqual(2000);
        }
        expect(new Set(heard.map(({ rssiDbm }) => rssiDbm)).size).toBeGreaterThan(1);
      });

      it('follows the interval of a paced unit', async () => {
        const { radio, clock, unit } = await bench();
        unit.paced = true;
        const times: number[] = [];
        radio.listen(({ heardAtMs }) => times.push(heardAtMs));
        await clock.advance(20_000);
        expect(times).toHaveLength(10);
        for (let index = 1; index < times.length; index++)
          expect(times[index]! - times[index - 1]!).toBe(2000);
      });

      it('goes on for each listener until it leaves, and then nothing goes on', async () => {
        const { radio, clock } = await bench();
        let [first, second] = [0, 0];
        const leaveFirst = radio.listen(() => first++);
        const leaveSecond = radio.listen(() => second++);
        await clock.advance(1000);
        expect(first).toBeGreaterThan(0);
        expect(second).toBe(first);
        leaveFirst();
        leaveFirst();
        await clock.advance(1000);
        expect(second).toBeGreaterThan(first);
        leaveSecond();
        const before = second;
        await clock.advance(5000);
        expect(second).toBe(before);
        expect(clock.pendingTimers).toBe(0);
        radio.listen(() => first++);
        const earlier = first;
        await clock.advance(1000);
        expect(first).toBeGreaterThan(earlier);
      });

      it('hears who comes, who changes what it sends, and no more who goes', async () => {
        const { radio, clock, air, unit, leave } = await bench();
        const heard: string[] = [];
        radio.listen(({ address, localName }) => heard.push(`${address} ${localName}`));
        await clock.advance(1000);
        air.add(new AirUnit(2));
        unit.advertised = { ...unit.advertised!, localName: 'LYWSD03MMC' };
        heard.length = 0;
        await clock.advance(1000);
        expect(new Set(heard)).toEqual(
          new Set(['a4:c1:38:00:00:01 LYWSD03MMC', 'a4:c1:38:00:00:02 ATC_001122']),
        );
        leave[0]!();
        heard.length = 0;
        await clock.advance(1000);
        expect(new Set(heard)).toEqual(new Set(['a4:c1:38:00:00:02 ATC_001122']));
      });

      it('hands out bytes of its own', async () => {
        const { radio, clock, unit } = await bench();
        radio.listen(({ serviceData }) => serviceData[0]?.data.fill(0));
        await clock.advance(1000);
        expect(unit.advertised?.serviceData[0]?.data).toEqual(bytes(1, 2, 3));
      });
    });

    describe('connecting', () => {
      it('knows what the unit has, and what it can', async () => {
        const { connection, unit } = await connected();
        expect(connection.address).toBe(unit.address);
        expect(connection.characteristics).toHaveLength(3);
        expect(findCharacteristic(connection, CONTROL)).toMatchObject({
          canRead: true,
          canWrite: true,
          canWriteWithoutResponse: false,
          canNotify: true,
        });
        expect(findCharacteristic(connection, OTA)).toMatchObject({
          canRead: true,
          canWrite: false,
          canWriteWithoutResponse: true,
          canNotify: false,
        });
        expect(findCharacteristic(connection, { ...OTA, service: 'fe95' })).toBeUndefined();
      });

      it('agrees with the unit on the size of a packet', async () => {
        expect((await connected()).connection.payloadBytes).toBe(244);
        expect((await connected((unit) => (unit.mtu = undefined))).connection.payloadBytes).toBe(20);
        expect((await connected((unit) => (unit.mtu = 517))).connection.payloadBytes).toBe(253);
      });

      it('forgets the size that was agreed upon before', async () => {
        const { connection, clock, unit, connect } = await connected();
        await clock.run(connection.disconnect());
        unit.mtu = undefined;
        expect((await clock.run(connect(unit))).payloadBytes).toBe(20);
      });

      it('goes on listening during and after it', async () => {
        const { radio, clock, units, connect } = await bench({ units: 2 });
        let heard = 0;
        radio.listen(() => heard++);
        await clock.run(connect(units[0]!));
        const before = heard;
        await clock.advance(3000);
        expect(heard).toBeGreaterThan(before);
      });

      it('tries again at the next advertisement when one was not answered', async () => {
        const { unit } = await connected((each) => (each.unanswered = 3));
        expect(unit.accepted).toBe(1);
      });

      it('tries again when the link breaks at once', async () => {
        const { connection, unit, clock } = await connected((each) => (each.dropsEarly = 2));
        expect(unit.accepted).toBe(3);
        expect(await clock.run(connection.read(VERSION))).toEqual(unit.version);
      });

      it('gives up when it breaks every time, and says what was heard', async () => {
        const { connect, clock, unit, radio } = await bench();
        unit.dropsEarly = 100;
        unit.rssiDbm = -93;
        await expect(clock.run(connect(unit))).rejects.toMatchObject({
          code: 'BLE_CONNECT_FAILED',
          message: expect.stringMatching(
            /a4:c1:38:00:00:01 does not take .*last heard \d+ s ago at -9\d dBm/,
          ),
          advice: expect.stringContaining('weakly'),
        });
        expect(unit.accepted).toBe(3);
        // Its place is free again.
        unit.dropsEarly = 0;
        await clock.run(connect(unit));
        expect(radio.maxConnections).toBe(8);
      });

      it('ends within its limit when the unit never answers', async () => {
        const { connect, clock, unit } = await bench();
        unit.unanswered = Infinity;
        await expect(clock.run(connect(unit, 5000))).rejects.toMatchObject({ code: 'BLE_CONNECT_FAILED' });
        expect(clock.monotonicMs()).toBeLessThan(8000);
        unit.unanswered = 0;
        await clock.run(connect(unit));
      });

      it('ends within its limit when the unit is not there', async () => {
        const { connect, clock, radio } = await bench();
        await expect(clock.run(connect(new AirUnit(9), 5000))).rejects.toMatchObject({
          code: 'BLE_CONNECT_FAILED',
          message: 'a4:c1:38:00:00:09 was not heard by Bluetooth in 5 s.',
        });
        expect(clock.monotonicMs()).toBe(5000);
        await clock.run(radio.close());
        expect(clock.pendingTimers).toBe(0);
      });

      it('does not let a unit that never answers keep the others waiting for long', async () => {
        const { connect, clock, units } = await bench({ units: 2 });
        units[0]!.unanswered = Infinity;
        const dead = connect(units[0]!, 60_000);
        dead.catch(() => {});
        await clock.advance(500);
        const startedMs = clock.monotonicMs();
        await clock.run(connect(units[1]!));
        expect(clock.monotonicMs() - startedMs).toBeLessThan(9000);
        await expect(clock.run(dead)).rejects.toMatchObject({ code: 'BLE_CONNECT_FAILED' });
      });

      it('does not count the time that the adapter spends on others', async () => {
        const { connect, clock, units, radio } = await bench({ units: 4 });
        for (const unit of units.slice(0, 3)) unit.unanswered = Infinity;
        const leave = radio.listen(() => {});
        await clock.advance(1000);
        leave();
        const dead = units.slice(0, 3).map((unit) => connect(unit, 60_000));
        for (const attempt of dead) attempt.catch(() => {});
        await clock.advance(500);
        // Each of the three keeps the adapter for seconds; this one needs none of its limit for that.
        await clock.run(connect(units[3]!, 3000));
        for (const attempt of dead)
          await expect(clock.run(attempt)).rejects.toMatchObject({ code: 'BLE_CONNECT_FAILED' });
      });

      it('that is of a moment goes before those that wait for long work', async () => {
        const { radio, clock, units, controller } = await bench({ units: 4, maxConnections: 1 });
        const { signal } = controller;
        const order: string[] = [];
        const first = await clock.run(radio.connect(units[0]!.address, { signal }));
        const queue = units.slice(1).map(async ({ address }, index) => {
          const connection = await radio.connect(address, { signal, soon: index === 2 });
          order.push(address.slice(-2));
          await connection.disconnect();
        });
        await clock.advance(100);
        await clock.run(first.disconnect());
        await clock.run(Promise.all(queue));
        expect(order).toEqual(['04', '02', '03']);
      });

      it('can be called off at any point, and the next attempt succeeds', async () => {
        for (const afterMs of [0, 30, 60, 200, 1000]) {
          const { connect, clock, unit, controller, radio } = await bench();
          if (afterMs > 100) unit.unanswered = Infinity;
          const attempt = connect(unit);
          attempt.catch(() => {});
          await clock.advance(afterMs);
          controller.abort(new Error('called off'));
          const ended = await clock.run(
            attempt.then(
              (connection) => connection.disconnect().then(() => 'had connected'),
              (error: Error) => error.message,
            ),
          );
          expect(['called off', 'had connected']).toContain(ended);
          if (afterMs > 100) expect(ended).toBe('called off');
          expect(unit.centrals).toHaveLength(0);
          unit.unanswered = 0;
          await clock.run(radio.connect(unit.address, { signal: new AbortController().signal }));
        }
      });

      it('is not begun when it was called off before', async () => {
        const { connect, controller, unit, clock } = await bench();
        controller.abort(new Error('called off'));
        await expect(clock.run(connect(unit))).rejects.toThrow('called off');
        expect(unit.accepted).toBe(0);
      });
    });

    describe('the budget', () => {
      it('is handed on in the order of asking, past those who left the queue', async () => {
        const { radio, clock, units } = await bench({ units: 5, maxConnections: 2 });
        const order: number[] = [];
        const said: string[] = [];
        const leaving = new AbortController();
        const attempts = units.map(async (unit, index) => {
          const signal = index === 3 ? leaving.signal : new AbortController().signal;
          const connection = await radio.connect(unit.address, { signal, log: (_, text) => said.push(text) });
          order.push(index);
          return connection;
        });
        attempts[3]!.catch(() => {});
        const [first, second] = await clock.run(Promise.all(attempts.slice(0, 2)));
        expect(order).toEqual([0, 1]);
        expect(said.filter((text) => text.includes('Waits for one of 2'))).toHaveLength(3);
        leaving.abort(new Error('left'));
        await expect(attempts[3]).rejects.toThrow('left');
        await clock.run(first!.disconnect());
        await clock.run(attempts[2]!);
        units[1]!.central.drop();
        await clock.run(attempts[4]!);
        expect(order).toEqual([0, 1, 2, 4]);
        expect(second!.lostBecause).toMatchObject({ code: 'BLE_LINK_LOST' });
      });

      it('serves two dozen units in parallel', async () => {
        const { clock, units, connect } = await bench({ units: 24, maxConnections: 8 });
        for (const unit of units) {
          unit.paced = true;
          unit.intervalMs = 500;
          unit.advertised = { ...unit.advertised!, intervalMs: 40 };
        }
        let most = 0;
        const results = await clock.run(
          Promise.all(
            units.map(async (unit, index) => {
              const connection = await connect(unit);
              most = Math.max(most, units.filter(({ centrals }) => centrals.length > 0).length);
              await connection.write(CONTROL, bytes(index));
              const version = await connection.read(VERSION);
              await connection.disconnect();
              return version;
            }),
          ),
        );
        expect(results).toHaveLength(24);
        expect(most).toBeGreaterThan(1);
        expect(most).toBeLessThanOrEqual(8);
        for (const [index, unit] of units.entries()) {
          expect(unit.written).toEqual([{ characteristic: '0010', bytes: bytes(index), acknowledged: true }]);
          expect(unit.endedTimes).toBe(1);
        }
      });
    });

    it('hears everybody while it connects to one after another', async () => {
      const { clock, units, connect } = await bench({ units: 12 });
      for (const unit of units) unit.paced = true;
      await clock.run(Promise.all(units.map(async (unit) => (await connect(unit)).disconnect())));
      for (const unit of units) expect(unit.endedTimes).toBe(1);
    });

    describe('an open connection', () => {
      it('reads and writes, short UUIDs and long ones', async () => {
        const { connection, clock, unit } = await connected();
        expect(await clock.run(connection.read(VERSION))).toEqual(unit.version);
        await clock.run(connection.write(CONTROL, bytes(0x24, 0, 0, 0)));
        await clock.run(connection.writeWithoutResponse(OTA, bytes(0, 0xff)));
        await clock.run(connection.read(OTA));
        expect(unit.written).toEqual([
          { characteristic: '0010', bytes: bytes(0x24, 0, 0, 0), acknowledged: true },
          { characteristic: OTA.characteristic, bytes: bytes(0, 0xff), acknowledged: false },
        ]);
      });

      it('keeps the order of calls that nobody waited for', async () => {
        const { connection, clock, unit } = await connected();
        const calls = Array.from({ length: 20 }, (_, index) =>
          index % 3 === 0
            ? connection.write(CONTROL, bytes(index))
            : connection.writeWithoutResponse(OTA, bytes(index)),
        );
        await clock.run(Promise.all([...calls, connection.read(OTA)]));
        expect(unit.written.map((each) => each.bytes[0])).toEqual(
          Array.from({ length: 20 }, (_, index) => index),
        );
      });

      it('tells notifications from the answer to a read of the same characteristic', async () => {
        const { connection, clock, unit } = await connected();
        const notified: Uint8Array[] = [];
        await clock.run(connection.subscribe(CONTROL, (each) => notified.push(each)));
        unit.onRead = () => unit.central.notify('fe95', '0010', bytes(9, 9));
        expect(await clock.run(connection.read(CONTROL))).toEqual(bytes(0));
        await clock.advance(100);
        expect(notified).toEqual([bytes(9, 9)]);
      });

      it('turns notifications on once, hands each listener its own bytes, and off with the last', async () => {
        const { connection, clock, unit } = await connected();
        const heard: Uint8Array[] = [];
        const leave = await clock.run(
          Promise.all([
            connection.subscribe(CONTROL, (each) => each.fill(0)),
            connection.subscribe(CONTROL, (each) => heard.push(each)),
          ]),
        );
        unit.central.notify('fe95', '0010', bytes(1, 2));
        await clock.advance(100);
        expect(heard).toEqual([bytes(1, 2)]);
        expect(unit.subscriptions).toEqual([['0010', true]]);
        await clock.run(leave[1]());
        await clock.run(leave[1]());
        expect(unit.subscriptions).toHaveLength(1);
        await clock.run(leave[0]());
        unit.central.notify('fe95', '0010', bytes(3));
        await clock.advance(100);
        expect(heard).toHaveLength(1);
        expect(unit.subscriptions).toEqual([
          ['0010', true],
          ['0010', false],
        ]);
        await clock.run(connection.subscribe(CONTROL, (each) => heard.push(each)));
        unit.central.notify('fe95', '0010', bytes(4));
        await clock.advance(100);
        expect(heard.at(-1)).toEqual(bytes(4));
      });

      it('refuses what does not fit into a packet, and what is not there, as defects of its caller', async () => {
        const { connection, unit } = await connected();
        await expect(connection.write(CONTROL, new Uint8Array(245))).rejects.toThrow(RangeError);
        await expect(connection.read({ service: '180a', characteristic: '2a26' })).rejects.toThrow('2a26');
        expect(unit.written).toEqual([]);
      });

      it('takes the time of the link with a paced unit, also for what is only queued', async () => {
        const { connection, clock, unit } = await connected((each) => (each.paced = true));
        const startedMs = clock.monotonicMs();
        for (let index = 0; index < 8; index++)
          await clock.run(connection.writeWithoutResponse(OTA, bytes(index)));
        expect(clock.monotonicMs()).toBe(startedMs);
        await clock.run(connection.read(OTA));
        expect(clock.monotonicMs() - startedMs).toBe(9 * unit.intervalMs);
      });

      const calls: [string, (connection: GattConnection) => Promise<unknown>][] = [
        ['a read', (connection) => connection.read(VERSION)],
        ['a write', (connection) => connection.write(CONTROL, bytes(1))],
      ];
      it.each(calls)('ends %s that is never answered by a limit, and the link with it', async (_, call) => {
        const { connection, clock, unit, connect } = await connected();
        unit.mute = true;
        const losses: Error[] = [];
        connection.onLost((error) => losses.push(error));
        const waiting = connection.read(OTA);
        const first = call(connection);
        waiting.catch(() => {});
        first.catch(() => {});
        await expect(clock.run(waiting)).rejects.toMatchObject({ code: 'BLE_NO_ANSWER' });
        await expect(clock.run(first)).rejects.toMatchObject(lostCode);
        expect(losses).toHaveLength(1);
        await clock.advance(100);
        expect(unit.endedTimes).toBe(1);
        unit.mute = false;
        await clock.run(connect(unit));
      });

      it.each([
        ...calls,
        ['notifications', (connection: GattConnection) => connection.subscribe(CONTROL, () => {})],
        [
          'a write without response behind a read',
          (connection: GattConnection) => connection.writeWithoutResponse(OTA, bytes(1)),
        ],
      ] as typeof calls)('ends %s when the link is lost in the middle of it', async (_, call) => {
        const { connection, clock, unit } = await connected((each) => (each.paced = true));
        const reading = connection.read(VERSION);
        const pending = call(connection);
        reading.catch(() => {});
        pending.catch(() => {});
        await clock.advance(10);
        unit.central.drop();
        await expect(clock.run(reading)).rejects.toMatchObject(lostCode);
        await expect(clock.run(pending)).rejects.toMatchObject(lostCode);
      });

      it('tells its loss once, to those who come late at once, and serves nothing after', async () => {
        const { connection, clock, unit } = await connected();
        const losses: Error[] = [];
        connection.onLost((error) => losses.push(error));
        const left = connection.onLost(() => expect.unreachable());
        left();
        const off = await clock.run(connection.subscribe(CONTROL, () => {}));
        unit.central.drop();
        await clock.advance(10);
        expect(losses).toHaveLength(1);
        expect(losses[0]).toMatchObject(lostCode);
        expect(connection.lostBecause).toBe(losses[0]);
        let late: Error | undefined;
        connection.onLost((error) => (late = error));
        expect(late).toBe(losses[0]);
        await expect(connection.read(VERSION)).rejects.toMatchObject(lostCode);
        await expect(connection.write(CONTROL, bytes(1))).rejects.toMatchObject(lostCode);
        await expect(connection.subscribe(CONTROL, () => {})).rejects.toMatchObject(lostCode);
        await off();
        await connection.disconnect();
        expect(unit.endedTimes).toBe(1);
      });

      it('is lost when the unit is taken off the air, and found anew when it comes back', async () => {
        const { connection, clock, unit, leave, air, connect } = await connected();
        leave[0]!();
        await clock.advance(10);
        expect(connection.lostBecause).toMatchObject(lostCode);
        const again = connect(unit);
        await clock.advance(1000);
        air.add(unit);
        await clock.run(again);
        expect(unit.accepted).toBe(2);
      });

      it('ends once, tells no loss, and ends what was still under way', async () => {
        const { connection, clock, unit, connect } = await connected((each) => (each.mute = true));
        connection.onLost(() => expect.unreachable());
        const reading = connection.read(VERSION);
        reading.catch(() => {});
        await clock.advance(10);
        await clock.run(Promise.all([connection.disconnect(), connection.disconnect()]));
        await connection.disconnect();
        await expect(reading).rejects.toMatchObject(lostCode);
        expect(unit.endedTimes).toBe(1);
        await expect(connection.read(VERSION)).rejects.toMatchObject(lostCode);
        unit.mute = false;
        const again = await clock.run(connect(unit));
        expect(await clock.run(again.read(VERSION))).toEqual(unit.version);
      });

      it('does not take the name of old firmware for that of the new one', async () => {
        const { radio, connection, clock, unit } = await connected();
        const names: (string | undefined)[] = [];
        radio.listen(({ localName }) => names.push(localName));
        const { localName: _, ...nameless } = unit.advertised!;
        unit.advertised = nameless;
        unit.central.drop();
        await clock.advance(2000);
        expect(connection.lostBecause).toBeDefined();
        expect(new Set(names)).toEqual(new Set([undefined]));
      });
    });
  });
}

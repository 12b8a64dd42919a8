import { afterEach, describe, expect, it } from 'vitest';
import { benchSide } from '../../../src/virtual/lan/bench-side.ts';
import { Lan } from '../../../src/virtual/lan/lan.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { memoryStorage } from '../../../src/virtual/store/storage.ts';
import { practiceLite15, practiceLite9 } from '../../../src/virtual/plug/tasmota/tasmota-images.ts';
import type { NetworkUnit } from '../../../src/virtual/virtual-device.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { ask, upload } from './harness/raw-http.ts';

const ending: (() => void)[] = [];
afterEach(() => ending.splice(0).forEach((end) => end()));

/** A unit of the device on the practice LAN, with a clock that the test moves. */
function laid(state: string, faults: readonly string[] = []) {
  const clock = new ManualClock();
  const lan = new Lan();
  const log: string[] = [];
  let cells: Uint8Array = new Uint8Array();
  const unit: NetworkUnit = findVirtualDevice('tasmota-plug').createNetworkUnit!({
    unit: 1,
    faults,
    state,
    paced: true,
    clock,
    lan,
    storage: { ...memoryStorage(), adopt: (array: Uint8Array) => (cells = array) },
    struck: new Set(),
    log: (text) => log.push(text),
  });
  ending.push(() => unit.close());
  const port = () => {
    const at = unit.at == null ? undefined : benchSide(lan).route(unit.at);
    if (at == null || at === 'nobody') throw new Error('it is on no network');
    return at.port;
  };
  return { clock, log, unit, port, cells: () => cells };
}

const starts = (log: readonly string[]) => log.filter((line) => line.startsWith('starts ')).length;

describe('a paced tasmota-plug', () => {
  it('in the state ap is heard with its access point only', async () => {
    const { clock, unit, log } = laid('ap');
    await clock.until(() => log.some((line) => line.startsWith('its access point tasmota_')));
    expect(unit.at).toEqual({ host: '192.168.4.1', port: 80 });
  });

  it.each([
    ['while the boot loader copies is dead', true],
    ['before that is what it was', false],
  ])('that loses power %s', async (_, inCopy) => {
    const { clock, log, unit, port, cells } = laid('lite-9');
    await clock.until(() => unit.at != null);
    await clock.advance(100);
    const image = practiceLite15();
    const answer = clock.run(upload(port(), '/u2', image));
    expect((await answer).text).toContain('Upload Successful');
    if (inCopy) {
      await clock.until(() => log.some((line) => line.startsWith('eboot copies')));
      await clock.advance(2000);
    }
    unit.perform('power-cycle', clock.monotonicMs());
    await clock.advance(20_000);
    if (inCopy) {
      expect(starts(log)).toBe(1);
      expect(unit.at).toBeUndefined();
      expect(log.at(-1)).toMatch(/^does not start: .*application at 0x1000/);
      return;
    }
    expect(starts(log)).toBe(2);
    const old = practiceLite9();
    expect(Buffer.from(cells().subarray(0, old.length)).equals(Buffer.from(old))).toBe(true);
    const status = await clock.run(ask(port(), '/cm?cmnd=Status%202'));
    expect(status.body.toString()).toContain('"Version":"9.2.0(lite)"');
  });

  it('takes its time for the copy, and has its settings then', async () => {
    const { clock, log, unit, port } = laid('lite-9');
    await clock.until(() => unit.at != null);
    await clock.advance(100);
    await clock.run(upload(port(), '/u2', practiceLite15()));
    const sentAtMs = clock.monotonicMs();
    await clock.until(() => starts(log) === 2);
    const tookMs = clock.monotonicMs() - sentAtMs;
    expect(tookMs).toBeGreaterThan(5000);
    expect(tookMs).toBeLessThan(20_000);
    await clock.until(() => unit.at != null);
    await clock.advance(200);
    const headers = { Referer: `http://${unit.at!.host}/` };
    const answer = await clock.run(ask(port(), '/cm?cmnd=DeviceName', { headers }));
    expect(answer.body.toString()).toBe('{"DeviceName":"Plug 1"}');
  });
});

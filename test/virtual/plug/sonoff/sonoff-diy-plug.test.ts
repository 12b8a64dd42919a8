import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../../src/core/clock.ts';
import { Lan } from '../../../../src/virtual/lan/lan.ts';
import { practiceTasmota } from '../../../../src/virtual/esp/images/plug-images.ts';
import { practiceFullHaaboot } from '../../../../src/virtual/plug/haa/images.ts';
import { sonoffDiyPlug } from '../../../../src/virtual/plug/sonoff/sonoff-diy-plug.ts';
import { memoryStorage } from '../../../../src/virtual/store/storage.ts';
import type { NetworkUnit } from '../../../../src/virtual/virtual-device.ts';
import { ask } from '../harness/http.ts';
import { RangeServer } from '../harness/range-server.ts';

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

/** The real clock, but a second further on at each look: requests are never too fast for the unit. */
const roomyClock = (): Clock => {
  let looks = 0;
  return { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + 1000 * looks++ };
};

function lay(state: string, onLog: (text: string, unit: () => NetworkUnit) => void = () => {}) {
  const lan = new Lan();
  const waiting = new Set<() => void>();
  const log: string[] = [];
  const look = () => [...waiting].forEach((each) => each());
  lan.onChange(look);
  const unit: NetworkUnit = sonoffDiyPlug.createNetworkUnit!({
    unit: 1,
    faults: [],
    state,
    paced: false,
    clock: roomyClock(),
    storage: memoryStorage(),
    struck: new Set(),
    lan,
    log: (text) => {
      log.push(text);
      onLog(text, () => unit);
      look();
    },
  });
  open.push(unit);
  const when = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const call = async (name: string, data: object = {}) => {
    await when(() => unit.at?.port === 8081);
    const door = lan.unitAt(unit.at!.host)!.doors.get(8081)!;
    await door.opened;
    const answer = await ask(door.at!.port, `/zeroconf/${name}`, {
      method: 'POST',
      body: JSON.stringify({ deviceid: '', data }),
    });
    return JSON.parse(answer.text) as { readonly error: number; readonly data?: unknown };
  };
  return { unit, lan, log, when, call };
}

async function flash(state: string, image: Uint8Array, onLog?: Parameters<typeof lay>[1]) {
  const server = await RangeServer.start({ files: { '/t.bin': image } });
  open.push(server);
  const plug = lay(state, onLog);
  if (state !== 'unlocked') expect((await plug.call('ota_unlock')).error).toBe(0);
  const { error } = await plug.call('ota_flash', {
    downloadUrl: `http://127.0.0.1:${server.port}/t.bin`,
    sha256sum: createHash('sha256').update(image).digest('hex'),
  });
  expect(error).toBe(0);
  return { ...plug, server };
}

describe('sonoff-diy-plug on the practice LAN', () => {
  it('becomes the Tasmota that was written, with its own access point', async () => {
    const plug = await flash('internet', practiceTasmota());
    await plug.when(() => plug.log.includes('starts tasmota (restart)'));
    await plug.when(() => plug.unit.at?.host === '192.168.4.1');
    expect([...plug.lan.radios][0]!.accessPoint?.ssid).toMatch(/^tasmota_/);
  });

  it('becomes the installer of HAA', async () => {
    const plug = await flash('unlocked', practiceFullHaaboot());
    await plug.when(() => plug.log.includes('starts haa (restart)'));
    await plug.when(() => plug.unit.at?.port === 4567);
    const tail = plug.unit.mac.slice(-8).replaceAll(':', '').toUpperCase();
    expect([...plug.lan.radios][0]!.accessPoint?.ssid).toBe(`HAA-${tail}`);
  });

  it.each([
    [
      'is not DOUT',
      () => {
        const image = practiceTasmota();
        image[2] = 2;
        return image;
      },
      'is not DOUT',
    ],
    ['has no boot loader', () => practiceTasmota().slice(0x1000), 'finds no application'],
  ])('is a brick with an image that %s, and the log says why', async (_what, make, why) => {
    const plug = await flash('unlocked', make());
    await plug.when(() => plug.log.some((line) => line.startsWith('does not start')));
    expect(plug.log.at(-1)).toContain(why);
    expect(plug.unit.at).toBeUndefined();
  });

  it('is a brick when power goes while it writes over itself', async () => {
    const plug = await flash('unlocked', practiceTasmota(), (text, unit) => {
      if (text.startsWith('writes ')) queueMicrotask(() => unit().perform('power-cycle', 0));
    });
    await plug.when(() => plug.log.some((line) => line.startsWith('does not start')));
  });

  it('has states with and without the vendor, with protocol 1.4, and without a network', async () => {
    expect((await lay('locked').call('ota_unlock')).error).toBe(503);
    expect(typeof (await lay('protocol-1.4').call('info')).data).toBe('string');
    const lost = lay('ap');
    await lost.when(() => lost.unit.at != null);
    expect(lost.unit.at).toEqual({ host: '10.10.7.1', port: 80 });
  });
});

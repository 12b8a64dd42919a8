import { afterEach, describe, expect, it } from 'vitest';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/core/clock.ts';
import { createPracticeBench } from '../../../../src/virtual/create-practice-bench.ts';
import { parseLinks } from '../../../../src/core/link.ts';
import { benchSide, type BenchSide } from '../../../../src/virtual/lan/bench-side.ts';
import { Lan } from '../../../../src/virtual/lan/lan.ts';
import { haaPlug } from '../../../../src/virtual/plug/haa/haa-plug.ts';
import { mirrorFiles } from '../../../../src/virtual/plug/haa/images.ts';
import { memoryStorage } from '../../../../src/virtual/store/storage.ts';
import type { NetworkUnit } from '../../../../src/virtual/virtual-device.ts';
import { ask } from '../harness/http.ts';
import { RangeServer } from '../harness/range-server.ts';

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

interface LaidPlug {
  readonly unit: NetworkUnit;
  readonly lan: Lan;
  readonly side: BenchSide;
  /** Lines of the log of this unit. */
  readonly log: string[];
  when(condition: () => boolean): Promise<void>;
  /** Port of this computer behind a port at an address, once it is there. */
  portAt(host: string, port: number): Promise<number>;
}

function lay(state: string, faults: readonly string[] = [], number = 1): LaidPlug {
  const lan = new Lan();
  const side = benchSide(lan);
  const log: string[] = [];
  const waiting = new Set<() => void>();
  const look = () => [...waiting].forEach((each) => each());
  lan.onChange(look);
  const unit = haaPlug.createNetworkUnit!({
    unit: number,
    faults,
    state,
    paced: false,
    clock: systemClock,
    storage: memoryStorage(),
    struck: new Set(),
    lan,
    log: (text) => {
      log.push(text);
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
  return {
    unit,
    lan,
    side,
    log,
    when,
    async portAt(host, port) {
      await when(() => lan.unitAt(host)?.doors.get(port) != null);
      await lan.unitAt(host)!.doors.get(port)!.opened;
      const at = side.route({ host, port });
      if (at == null || at === 'nobody') throw new Error(`${host}:${port} is nowhere`);
      return at.port;
    },
  };
}

const heard = ({ side }: LaidPlug) =>
  new Promise<{ readonly name: string; readonly host: string }>((resolve) => {
    let stop: Promise<() => void> | undefined = undefined;
    stop = side.browse(['_hap._tcp'], ({ name, at }) => {
      void stop?.then((end) => end());
      resolve({ name, host: at.host });
    });
  });

const nameOf = ({ unit }: LaidPlug): string => `HAA-${unit.mac.slice(-8).replaceAll(':', '').toUpperCase()}`;
const signal = new AbortController().signal;

describe('haa-plug on the practice LAN', () => {
  it('is led from its portal to HAA by a bench that joins its access point and serves the mirror', async () => {
    const files = await RangeServer.start({
      files: Object.fromEntries(mirrorFiles.map(({ file, make }) => [`/haa/${file}`, make()])),
    });
    open.push(files);
    const plug = lay('portal');
    const station = (await plug.side.wifi())!;
    expect(await station.scan(signal)).toMatchObject([{ ssid: nameOf(plug), open: true }]);
    const joined = await station.join(nameOf(plug), { signal });
    expect(joined.gateway).toBe('192.168.4.1');
    const body = new URLSearchParams({
      cnf: '{"a":[{"t":1}]}',
      sid: 'workshop',
      psw: 'password1',
      ser: '127.0.0.1/haa',
      prt: String(files.port),
    }).toString();
    const saved = await ask(await plug.portAt('192.168.4.1', 4567), '/sn', { method: 'POST', body });
    expect(saved.text).toBe('<center>OK</center>');
    const found = await heard(plug);
    expect(found.name).toBe(nameOf(plug));
    expect(await plug.side.macOf(found.host)).toBe(plug.unit.mac);
    expect(plug.log.at(-1)).toBe('HAA 12.18.0 runs');
  });

  it('state haa is heard at once, and again after the router was off', async () => {
    const plug = lay('haa');
    expect((await heard(plug)).name).toBe(nameOf(plug));
    plug.lan.switchRouter(false);
    await plug.when(() => plug.unit.at == null);
    plug.lan.switchRouter(true);
    await plug.when(() => plug.unit.at?.port === 5556);
  });

  it('state installing gets to HAA without the bench', async () => {
    const plug = lay('installing');
    expect((await heard(plug)).name).toBe(nameOf(plug));
  });

  it('state stranded has no portal until the router is off; then it can be saved anew', async () => {
    const plug = lay('stranded');
    const lines: string[] = [];
    await plug.side.listenUdp(45_678, (bytes) => lines.push(Buffer.from(bytes).toString()));
    const rounds = () => plug.log.filter((line) => line.startsWith('otamain')).length;
    await plug.when(() => rounds() >= 2);
    const station = (await plug.side.wifi())!;
    expect(await station.scan(signal)).toEqual([]);
    expect(lines.join('')).toContain('HTTP returns 404');
    plug.lan.switchRouter(false);
    await plug.when(() => plug.unit.at?.host === '192.168.4.1');
    expect(await station.scan(signal)).toHaveLength(1);
  });

  it('is brought back to its portal by hands at the practice bench, who switch the router off', async () => {
    const bench = createPracticeBench({
      dataDir: mkdtempSync(join(tmpdir(), 'haa-plug-')),
      clock: systemClock,
      openNetwork: async (side) => ({
        ...side,
        request: () => Promise.reject(new Error('not here')),
        connect: () => Promise.reject(new Error('not here')),
      }),
    });
    open.push({ close: () => void bench.close() });
    const place = await bench.openNetwork(parseLinks('virtual:haa-plug?state=stranded')[0]!);
    const station = (await place.network.wifi())!;
    expect(await station.scan(signal)).toEqual([]);
    await place.perform('router-off');
    let heardPoints = await station.scan(signal);
    while (heardPoints.length === 0) {
      await systemClock.sleep(20);
      heardPoints = await station.scan(signal);
    }
    expect(heardPoints[0]!.ssid).toMatch(/^HAA-/);
    await place.perform('router-on');
  });

  it('state old-portal has the long names', async () => {
    const plug = lay('old-portal');
    await plug.when(() => plug.unit.at?.host === '192.168.4.1');
    await (await plug.side.wifi())!.join(nameOf(plug), { signal });
    const page = await ask(await plug.portAt('192.168.4.1', 4567), '/settings');
    expect(page.text).toContain('name="reposerver"');
  });

  it('without power in the middle of an installation it goes on by itself', async () => {
    const plug = lay('installing', ['slow-install-once']);
    await new Promise<void>((resolve) => {
      void plug.side.listenUdp(45_678, (bytes) => {
        if (Buffer.from(bytes).includes('- 8192')) resolve();
      });
    });
    plug.unit.perform('power-cycle', 0);
    expect((await heard(plug)).name).toBe(nameOf(plug));
  });
});

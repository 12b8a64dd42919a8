import { describe, expect, it } from 'vitest';
import { toBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { STEP_IDS, type AssumeWord, type Task } from '../../src/core/steps.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { practiceTasmota } from '../../src/virtual/esp/images/plug-images.ts';
import type { EarlierRun, Settings } from '../../flows/flow.ts';
import { encodeSettings, PLUG_SETTINGS } from '../../flows/network-plug/index.ts';
import { sonoffDiy } from '../../flows/sonoff-diy/flow.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { hostAt, json, ScriptedLan } from '../harness/scripted-lan.ts';
import { scriptedRun } from '../harness/scripted-run.ts';
import { ScriptedServer } from '../harness/scripted-server.ts';

const MAC = 'dc:4f:22:a1:b2:c3';
const ROUTER = 'aa:bb:cc:00:11:22';
const HOST = '10.1.0.9';
const IMAGE = practiceTasmota();

interface Setting {
  readonly task?: Task;
  readonly settings?: Settings;
  readonly image?: Uint8Array;
  readonly assume?: readonly AssumeWord[];
  readonly earlier?: readonly EarlierRun[];
  readonly backups?: { kind: string; bytes: Uint8Array }[];
}

/** A Sonoff on paper, and the whole of a run on it, step for step as the bench takes it. */
async function bench(setting: Setting = {}) {
  const { task = 'flash', settings = {}, image = IMAGE, assume = ['no-backup'] } = setting;
  const files = new Map(task === 'flash' ? [['target', await inspectBytes('tasmota.bin', image)]] : []);
  const plan = await sonoffDiy.plan({ task, files, settings, assume: new Set(assume) });
  const clock = new ManualClock();
  const lan = new ScriptedLan();
  const server = new ScriptedServer();
  const unit = new PaperSonoff(clock, lan, server);
  const network = { network: lan, at: hostAt(HOST), server };
  const run = scriptedRun({ ...setting, plan, clock, network, task, settings, assume });
  const flash = async (): Promise<Verdict> => {
    const session = await sonoffDiy.open(run);
    try {
      for (const step of STEP_IDS) {
        const result = await sonoffDiy.steps[step](session, run);
        if (result.kind === 'settle') return result.verdict;
      }
      throw new Error('the flow ended without a verdict');
    } catch (error) {
      return verdictFrom(toBenchError(error));
    } finally {
      await sonoffDiy.close(session);
    }
  };
  const lookAgain = async () => {
    const result = await sonoffDiy.lookAgain(await sonoffDiy.open(run), run);
    return result.kind === 'settle' ? result.verdict : undefined;
  };
  return {
    clock,
    lan,
    server,
    unit,
    run,
    flash: () => clock.run(flash()),
    lookAgain: () => clock.run(lookAgain()),
  };
}

class PaperSonoff {
  runs: 'diy' | 'tasmota' | 'nothing' = 'diy';
  info: Record<string, unknown> = {
    fwVersion: '3.6.0',
    deviceid: '1000a1b2c3',
    bssid: ROUTER.toUpperCase(),
    ssid: 'workshop',
    signalStrength: -55,
    otaUnlock: true,
  };
  readonly calls: string[] = [];
  readonly #clock: ManualClock;
  readonly #server: ScriptedServer;

  constructor(clock: ManualClock, lan: ScriptedLan, server: ScriptedServer) {
    this.#clock = clock;
    this.#server = server;
    lan.arp.set(HOST, MAC);
    lan.hosts.set(`${HOST}:8081`, ({ path, body }) => {
      if (this.runs !== 'diy') return undefined;
      const call = path.slice('/zeroconf/'.length);
      this.calls.push(call);
      if (call === 'ota_unlock') return this.onUnlock();
      if (call === 'ota_flash')
        return this.onOrder(
          (JSON.parse(body as string) as { data: { downloadUrl: string } }).data.downloadUrl,
        );
      return json({ seq: 1, error: 0, data: this.info });
    });
    lan.hosts.set(HOST, ({ path }) =>
      this.runs !== 'tasmota'
        ? undefined
        : {
            status: path.startsWith('/cm') ? 200 : 404,
            headers: { server: 'Tasmota/14.3.0 (ESP8285)' },
            body: JSON.stringify({ StatusFWR: { Version: '14.3.0(lite)' }, StatusNET: { Mac: MAC } }),
          },
    );
  }

  onUnlock = () => {
    this.info['otaUnlock'] = true;
    return json({ error: 0 });
  };

  /** Takes the order, fetches, posts, and becomes what it fetched. */
  onOrder = (url: string) => {
    this.later(1_000, () => {
      this.fetch(url);
      this.post(url, 0);
      this.become('tasmota');
    });
    return json({ error: 0 });
  };

  fetch(url: string): void {
    this.#server.fetch(url);
  }

  post(url: string, error: number): void {
    this.#server
      .at(url)!
      .offering.tell({ type: 'posted', path: '/api/device/otaFlash', body: `{"error":${error}}` });
  }

  become(what: 'tasmota' | 'diy'): void {
    this.runs = 'nothing';
    this.later(20_000, () => void (this.runs = what));
  }

  later(ms: number, act: () => void): void {
    this.#clock.after(ms, act);
  }
}

describe('a Sonoff in DIY mode', () => {
  it('is PASS when Tasmota answers with the MAC that the ARP table had', async () => {
    const { flash, unit, run, server } = await bench();
    unit.info['otaUnlock'] = false;
    expect(await flash()).toMatchObject({
      outcome: 'PASS',
      proof: ['answered'],
      evidence: expect.stringContaining(MAC) as string,
    });
    expect(unit.calls.filter((call) => call !== 'info')).toEqual(['ota_unlock', 'ota_flash']);
    expect(server.offers[0]).toMatchObject({ withdrawn: true, offer: { style: 'sonoff-diy', mac: MAC } });
    expect(run.identities[0]).toMatchObject({ mac: MAC, name: '1000a1b2c3' });
    expect(run.kept.map(({ kind }) => kind)).toEqual([PLUG_SETTINGS]);
    expect(run.writes.bytes).toBe(IMAGE.length);
  });

  it.each([
    ['nothing knows its MAC', (lan: ScriptedLan) => lan.arp.clear()],
    ['its access point answers for it', (lan: ScriptedLan) => void lan.arp.set(HOST, ROUTER)],
  ])('is left alone where %s', async (_, change) => {
    const { flash, lan, run } = await bench();
    change(lan);
    expect(await flash()).toMatchObject({ outcome: 'SKIPPED', code: 'SONOFF_MAC_UNKNOWN' });
    expect(run.writes.begun).toBe(false);
  });

  it('on the cloud of its maker is told how it gets into DIY mode', async () => {
    const { flash, lan, unit } = await bench();
    unit.runs = 'nothing';
    const at = hostAt(HOST, 8081);
    lan.announced.push({
      type: '_ewelink._tcp',
      name: 'x',
      hostName: 'x',
      at,
      txt: { type: 'plug', id: '1' },
    });
    expect(await flash()).toMatchObject({
      code: 'SONOFF_NOT_DIY',
      advice: expect.stringContaining('button') as string,
    });
  });

  it('that runs the target already is PASS only where this bench began it', async () => {
    const alone = await bench();
    alone.unit.runs = 'tasmota';
    expect(await alone.flash()).toMatchObject({ code: 'TARGET_RUNS_ALREADY', next: 'tasmota' });
    const bytes = encodeSettings({ mac: MAC, firmware: 'Sonoff', ran: 'sonoff-diy', answers: {} });
    const begun = await bench({
      backups: [{ kind: PLUG_SETTINGS, bytes }],
      earlier: [{ batch: 'B-1', run: 1, task: 'flash', outcome: 'UNSURE', wrote: true }],
    });
    begun.unit.runs = 'tasmota';
    expect(await begun.flash()).toMatchObject({
      outcome: 'PASS',
      notDone: ['nothing was written in this run'],
    });
  });

  it('is not flashed before somebody accepted that there is no backup', async () => {
    const { flash, run, unit } = await bench({ assume: [] });
    expect(await flash()).toMatchObject({ code: 'OPERATOR_NEEDED' });
    expect(run.writes.begun).toBe(false);
    expect(unit.calls).not.toContain('ota_flash');
  });

  it('that fetches nothing is untouched, and its file is withdrawn', async () => {
    const { flash, unit, server } = await bench();
    unit.onOrder = () => json({ error: 0 });
    expect(await flash()).toMatchObject({ code: 'DOWNLOAD_NOT_STARTED', untouched: true });
    expect(server.offers[0]?.withdrawn).toBe(true);
  });

  it('that does not answer the order is ordered again', async () => {
    const { flash, unit } = await bench();
    const { onOrder } = unit;
    let orders = 0;
    unit.onOrder = (url) => (orders++ === 0 ? (undefined as never) : onOrder(url));
    expect(await flash()).toMatchObject({ outcome: 'PASS' });
    expect(orders).toBe(2);
  });

  it('that finds the hash wrong keeps its power and is sent the image again', async () => {
    const { flash, unit, run } = await bench();
    let orders = 0;
    unit.onOrder = (url) => {
      orders += 1;
      unit.later(1_000, () => {
        unit.fetch(url);
        unit.post(url, 409);
      });
      return json({ error: 0 });
    };
    const verdict = await flash();
    expect(verdict).toMatchObject({ code: 'SONOFF_HASH_WRONG', next: 'esp8266-plug-wire' });
    expect(verdict.advice).toContain('Keep the power on');
    expect(orders).toBe(3);
    expect(run.vitalsNow.doNotUnplugUntilMs).toBeGreaterThan(run.clock.monotonicMs() + 60_000);
  });

  it('that stops in the middle is told apart from one that never began', async () => {
    const { flash, unit, server } = await bench();
    unit.onOrder = (url) => {
      server.fetchPiece(url, 1000);
      return json({ error: 0 });
    };
    expect(await flash()).toMatchObject({ code: 'DOWNLOAD_BROKEN', proof: ['answered'] });
  });

  it('whose server is gone is an ERROR of the bench', async () => {
    const { flash, unit, server } = await bench();
    unit.onOrder = (url) => {
      server.at(url)!.offering.tell({ type: 'lost', reason: 'killed' });
      return json({ error: 0 });
    };
    expect(await flash()).toMatchObject({ code: 'SERVER_LOST', outcome: 'ERROR' });
  });

  it('that posts nothing is judged by what answers afterwards', async () => {
    const good = await bench();
    const silently = (unit: PaperSonoff, then: 'tasmota' | 'diy') => (url: string) => {
      unit.fetch(url);
      unit.become(then);
      return json({ error: 0 });
    };
    good.unit.onOrder = silently(good.unit, 'tasmota');
    const passed = await good.flash();
    expect(passed).toMatchObject({ outcome: 'PASS' });
    expect(passed.notDone?.join()).toContain('did not say how its update ended');
    const stays = await bench();
    stays.unit.onOrder = silently(stays.unit, 'diy');
    expect(await stays.flash()).toMatchObject({ outcome: 'FAIL', code: 'OLD_FIRMWARE_STAYED' });
  });

  it('that stays silent is open, and PASS once it is seen', async () => {
    const { flash, unit, run } = await bench();
    unit.onOrder = (url) => {
      unit.fetch(url);
      unit.post(url, 0);
      unit.runs = 'nothing';
      run.cancel();
      return json({ error: 0 });
    };
    // The cancel came when the unit was fetching already: what became of it is looked for all the same.
    expect(await flash()).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_SILENT' });
    const later = await bench();
    later.unit.runs = 'tasmota';
    expect(await later.lookAgain()).toMatchObject({ outcome: 'PASS' });
  });

  it('of 1.4 says its reception by a call of its own, and weak ones are left alone', async () => {
    const { flash, unit } = await bench();
    unit.info = { otaUnlock: true, rssi: -90 };
    expect(await flash()).toMatchObject({ code: 'PLUG_SIGNAL_WEAK' });
  });

  it('a backup keeps what it says and writes nothing', async () => {
    const { flash, unit } = await bench({ task: 'backup' });
    expect(await flash()).toMatchObject({ outcome: 'PASS' });
    expect(unit.calls).toEqual(['info']);
  });
});

describe('the image', () => {
  const qio = Uint8Array.from(IMAGE);
  qio[2] = 0;

  it('in another flash mode goes out as a patched copy, where that is wanted, and is kept', async () => {
    await expect(bench({ image: qio })).rejects.toMatchObject({
      code: 'FIRMWARE_REFUSED',
      advice: expect.stringContaining('patch=yes') as string,
    });
    const { flash, run, server } = await bench({ image: qio, settings: { patch: 'yes' } });
    expect(await flash()).toMatchObject({ outcome: 'PASS' });
    const sent = server.offers[0]!.offer.files[0]!;
    expect(sent.content[2]).toBe(3);
    expect(run.kept.map(({ kind }) => kind)).toEqual(['sent-image', PLUG_SETTINGS]);
    expect(Buffer.from(run.kept[0]!.bytes).equals(Buffer.from(sent.content))).toBe(true);
  });

  it.each([
    ['is no image', new Uint8Array(2000).fill(0x3c)],
    ['has no boot loader', IMAGE.subarray(0x1000)],
  ])('that %s is refused', async (_, image) => {
    await expect(bench({ image })).rejects.toMatchObject({ code: 'FIRMWARE_REFUSED' });
  });
});

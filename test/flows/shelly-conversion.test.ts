import { describe, expect, it } from 'vitest';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { toBenchError } from '../../src/core/errors.ts';
import { STEP_IDS, type AssumeWord, type Task } from '../../src/core/steps.ts';
import { accessPointMac } from '../../src/protocols/plugs/index.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { practiceTasmota } from '../../src/virtual/esp/images/plug-images.ts';
import { type createShellyFlow } from '../../flows/shelly-gen1/create-flow.ts';
import type { ShellyPlan } from '../../flows/shelly-gen1/plan.ts';
import { shellyGen1 } from '../../flows/shelly-gen1/flow.ts';
import { shellyPlugS } from '../../flows/shelly-plug-s/flow.ts';
import type { EarlierRun, Settings } from '../../flows/flow.ts';
import { encodeSettings, PLUG_SETTINGS } from '../../flows/network-plug/index.ts';
import { mongooseFw, mongooseZip } from '../firmware/build-mongoose.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { hostAt, json, ScriptedLan, ScriptedStation } from '../harness/scripted-lan.ts';
import { scriptedRun } from '../harness/scripted-run.ts';
import { ScriptedServer } from '../harness/scripted-server.ts';
import { HOST, MAC, PaperShelly } from './paper-shelly.ts';

const URL = 'https://ota.tasmota.com/tasmota/release/tasmota.bin';
const TAKEOVER = mongooseZip({ fw: mongooseFw(`mg2x\0${URL}`) });
/** Its URL stands nowhere by itself. */
const CLOSED_TAKEOVER = mongooseZip({ fw: mongooseFw('mg2x') });
const TARGET = practiceTasmota();

interface Setting {
  readonly flow?: ReturnType<typeof createShellyFlow>;
  readonly takeover?: Uint8Array;
  readonly task?: Task;
  readonly settings?: Settings;
  readonly assume?: readonly AssumeWord[];
  readonly earlier?: readonly EarlierRun[];
  readonly onBattery?: boolean;
  readonly answers?: Readonly<Record<string, string>>;
  readonly backups?: { kind: string; bytes: Uint8Array }[];
}

async function planOf({ flow = shellyPlugS, takeover = TAKEOVER, task = 'flash', settings = {} }: Setting) {
  const files = new Map([
    ['takeover', await inspectBytes('takeover.zip', takeover)],
    ['target', await inspectBytes('tasmota.bin', TARGET)],
  ]);
  return flow.plan({ task, files: task === 'flash' ? files : new Map(), settings, assume: new Set() });
}

/** One unit and the whole of its run, step for step as the bench takes it. */
async function bench(setting: Setting = {}) {
  const { flow = shellyPlugS, ...rest } = setting;
  const plan: ShellyPlan = await planOf(setting);
  const clock = new ManualClock();
  const lan = new ScriptedLan();
  const server = new ScriptedServer();
  const unit = new PaperShelly(clock, lan, server);
  const run = scriptedRun({ ...rest, plan, clock, network: { network: lan, at: hostAt(HOST), server } });
  const convert = async (): Promise<Verdict> => {
    const session = await flow.open(run);
    try {
      for (const step of STEP_IDS) {
        const result = await flow.steps[step](session, run);
        if (result.kind === 'settle') return result.verdict;
      }
      throw new Error('the flow ended without a verdict');
    } catch (error) {
      return verdictFrom(toBenchError(error));
    } finally {
      await flow.close(session);
    }
  };
  const lookAgain = async () => {
    const session = await flow.open(run);
    const result = await flow.lookAgain(session, run);
    await flow.close(session);
    return result.kind === 'settle' ? result.verdict : undefined;
  };
  return {
    clock,
    lan,
    server,
    unit,
    run,
    convert: () => clock.run(convert()),
    lookAgain: () => clock.run(lookAgain()),
  };
}

describe('a Shelly Plug S', () => {
  it('is converted, both stages from the bench, and proved by its own answer', async () => {
    const { unit, server, run, convert } = await bench();
    expect(await convert()).toMatchObject({
      outcome: 'PASS',
      proof: ['answered'],
      evidence: `${MAC} answers at ${HOST}: Tasmota 14.3.0 (lite)`,
    });
    const [target, takeover] = server.offers;
    expect(target!.offer).toMatchObject({ unit: MAC, mac: MAC, style: 'takeover' });
    expect(takeover!.offer).toMatchObject({ unit: MAC, mac: MAC, style: 'mongoose' });
    expect(unit.orders).toEqual([takeover!.urlOf('takeover.zip')]);
    expect(unit.url).toBe(target!.urlOf('t.bin'));
    expect(unit.repointed).toEqual([]);
    expect(run.writes).toEqual({ begun: true, bytes: TAKEOVER.length + TARGET.length });
    expect(run.said.filter((text) => text.startsWith('stage'))).toEqual([
      'stage 0 of 4: order',
      'stage 1 of 4: takeover archive',
      'stage 2 of 4: intermediate firmware',
      'stage 3 of 4: target image',
      'stage 4 of 4: target moves to its place',
    ]);
    expect(JSON.parse(Buffer.from(run.kept[0]!.bytes).toString())).toMatchObject({
      mac: MAC,
      ran: 'shelly-gen1',
      answers: { '/settings': { name: 'Lamp' } },
    });
    expect(server.offers.every(({ withdrawn }) => withdrawn)).toBe(true);
  });

  it('has its settings kept and nothing else done to it by a backup', async () => {
    const { unit, server, run, convert } = await bench({ task: 'backup' });
    expect(await convert()).toMatchObject({ outcome: 'PASS', notDone: expect.any(Array) });
    expect([unit.orders, server.offers, run.writes.begun]).toEqual([[], [], false]);
  });

  it('comes back at another address', async () => {
    const { unit, convert } = await bench();
    const { fetchTarget } = unit;
    unit.onStart = () => {
      fetchTarget.call(unit);
      unit.moveTo('10.1.0.99');
    };
    expect(await convert()).toMatchObject({
      outcome: 'PASS',
      evidence: expect.stringContaining('10.1.0.99'),
    });
  });

  it('fetches from elsewhere first where its archive cannot be changed, and is sent here', async () => {
    const setting = { takeover: CLOSED_TAKEOVER };
    expect(await (await bench(setting)).convert()).toMatchObject({ code: 'OPERATOR_NEEDED' });
    const refused = await bench({ ...setting, answers: { 'isolated-network': 'skip' } });
    expect(await refused.convert()).toMatchObject({ outcome: 'SKIPPED', code: 'NETWORK_NOT_ISOLATED' });
    expect(refused.unit.orders).toEqual([]);
    const { unit, server, convert } = await bench({ ...setting, assume: ['isolated-network'] });
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
    expect(unit.repointed).toEqual([server.offers[0]!.urlOf('t.bin')]);
  });

  it('is untouched where it never fetches, and said to be', async () => {
    const { unit, server, convert, clock } = await bench();
    unit.onOrder = () => {};
    expect(await convert()).toMatchObject({
      outcome: 'ERROR',
      code: 'DOWNLOAD_NOT_STARTED',
      untouched: true,
      proof: ['answered'],
    });
    expect(server.offers.every(({ withdrawn }) => withdrawn)).toBe(true);
    expect(clock.monotonicMs()).toBeLessThan(60_000);
  });

  it('is waited for while its updater says pending', async () => {
    const { unit, convert } = await bench();
    const { onOrder } = unit;
    unit.onOrder = (url) => {
      unit.updater = 'pending';
      unit.later(130_000, () => {
        unit.updater = 'updating';
        unit.later(20_000, () => onOrder(url));
      });
    };
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
  });

  it('a first stage that breaks begins anew; twice, and stock firmware is what is left', async () => {
    const once = await bench();
    const { onOrder } = once.unit;
    once.unit.onOrder = (url) => {
      once.server.fetchPiece(url, 5_000);
      once.unit.onOrder = onOrder;
    };
    expect(await once.convert()).toMatchObject({ outcome: 'PASS' });
    const always = await bench();
    always.unit.onOrder = (url) => always.server.fetchPiece(url, 5_000);
    expect(await always.convert()).toMatchObject({
      outcome: 'ERROR',
      code: 'DOWNLOAD_BROKEN',
      untouched: true,
    });
    expect(always.unit.orders).toHaveLength(2);
  });

  it('does not take the archive: stock firmware answers again', async () => {
    const { unit, convert } = await bench();
    unit.takeOver = () => unit.later(10_000, () => {});
    expect(await convert()).toMatchObject({ outcome: 'FAIL', code: 'OLD_FIRMWARE_STAYED' });
  });

  it('stands still in the intermediate firmware and is sent here; three times in vain is stuck, not lost', async () => {
    const once = await bench();
    const { onStart } = once.unit;
    once.unit.onStart = () => {
      once.unit.onStart = onStart;
    };
    expect(await once.convert()).toMatchObject({ outcome: 'PASS' });
    expect(once.unit.repointed).toHaveLength(1);
    const never = await bench();
    never.unit.onStart = () => {};
    expect(await never.convert()).toMatchObject({
      outcome: 'ERROR',
      code: 'TAKEOVER_STUCK',
      notDone: ['reached: stage 2 of 4, intermediate firmware'],
    });
    expect(never.unit.repointed).toHaveLength(3);
    // It comes for its target later, with nobody watching: the file is there.
    expect(never.server.fetch(never.unit.url)).toHaveLength(TARGET.length);
  });

  it('is silent after the first stage: what is known, and how it comes back', async () => {
    const { unit, convert } = await bench();
    unit.startTakeover = () => {};
    expect(await convert()).toMatchObject({
      outcome: 'UNSURE',
      code: 'TAKEOVER_SILENT',
      advice: expect.stringContaining('mgos-recover'),
      next: 'esp8266-plug-wire',
    });
  });

  it('a second stage that breaks: silent is lost, one that asks again is not', async () => {
    const lost = await bench();
    lost.unit.onStart = () => {
      lost.server.fetchPiece(lost.unit.url, 100_000);
      lost.unit.become('silent');
    };
    expect(await lost.convert()).toMatchObject({
      outcome: 'FAIL',
      code: 'TAKEOVER_CUT',
      next: 'esp8266-plug-wire',
      notDone: ['reached: stage 3 of 4, target image'],
    });
    const again = await bench();
    const { onStart } = again.unit;
    again.unit.onStart = () => {
      again.server.fetchPiece(again.unit.url, 100_000);
      again.unit.onStart = onStart;
      again.unit.become('silent');
      again.unit.later(30_000, () => again.unit.startTakeover());
    };
    expect(await again.convert()).toMatchObject({ outcome: 'PASS' });
  });

  it('the server ends in the second stage: the target is offered anew and the unit sent there', async () => {
    const { unit, server, convert } = await bench();
    const { onStart } = unit;
    unit.onStart = () => {
      unit.onStart = onStart;
      const [first] = server.offers;
      first!.withdrawn = true;
      first!.tell({ type: 'lost', reason: 'killed' });
    };
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
    expect(server.offers).toHaveLength(3);
    expect(unit.repointed).toEqual([server.offers[2]!.urlOf('t.bin')]);
  });

  it('a second stage that stands still for ten minutes is over, be the connection there or not', async () => {
    const { unit, server, convert } = await bench();
    unit.onStart = () => {
      const { offering, file } = server.at(unit.url)!;
      offering.tell({ type: 'asked', file: file.name, headers: {} });
      offering.tell({ type: 'bytes', file: file.name, bytes: 4_096, totalBytes: file.content.length });
      unit.become('silent');
    };
    expect(await convert()).toMatchObject({ outcome: 'FAIL', code: 'TAKEOVER_CUT' });
  });

  it('comes back with something else than the target', async () => {
    const { unit, convert } = await bench();
    unit.version = '14.3.0(minimal)';
    expect(await convert()).toMatchObject({ outcome: 'FAIL', code: 'OTHER_FIRMWARE_ANSWERS' });
  });

  it('a cancel in the middle changes nothing for the unit, and its end is told', async () => {
    const { unit, run, convert } = await bench();
    const { onStart } = unit;
    unit.onStart = () => {
      run.cancel();
      onStart();
    };
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
  });

  it('broken off by typed words: the unit goes on, and that is what is said', async () => {
    const { unit, run, server, convert } = await bench();
    unit.onStart = () => run.breakOff();
    expect(await convert()).toMatchObject({
      outcome: 'UNSURE',
      code: 'TAKEOVER_SILENT',
      message: expect.stringContaining('intermediate firmware'),
    });
    expect(server.fetch(unit.url)).toBeDefined();
  });

  it('is looked at again where its new firmware was not met, and nothing is written by that', async () => {
    const { unit, server, convert, lookAgain } = await bench();
    unit.fetchTarget = () => {
      if (server.fetch(unit.url) !== undefined) unit.become('silent');
    };
    expect(await convert()).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_SILENT' });
    expect(await lookAgain()).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_SILENT' });
    unit.moveTo('10.1.0.99');
    unit.become('tasmota');
    expect(await lookAgain()).toMatchObject({ outcome: 'PASS' });
    expect(unit.orders).toHaveLength(1);
  });
});

describe('a unit found halfway', () => {
  it('is brought on, without the takeover archive; its own backup of before is enough', async () => {
    const backup = { mac: MAC, firmware: 'stock', ran: 'shelly-gen1', answers: {} };
    const { unit, server, convert, run } = await bench({
      backups: [{ kind: PLUG_SETTINGS, bytes: encodeSettings(backup) }],
    });
    unit.become('takeover');
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
    expect(server.offers).toHaveLength(1);
    expect(unit.repointed).toHaveLength(1);
    expect(unit.orders).toEqual([]);
    expect(run.warned).toEqual([expect.stringContaining('halfway')]);
  });

  it('without any backup of it: only where that was accepted by name', async () => {
    const refused = await bench();
    refused.unit.become('takeover');
    expect(await refused.convert()).toMatchObject({ code: 'OPERATOR_NEEDED' });
    const accepted = await bench({ assume: ['no-backup'] });
    accepted.unit.become('takeover');
    expect(await accepted.convert()).toMatchObject({ outcome: 'PASS' });
  });

  it('goes on by itself, served by what an earlier program left behind: met on the network, or on the air', async () => {
    const met = await bench({ assume: ['no-backup'] });
    met.unit.become('takeover');
    met.clock.after(20_000, () => met.unit.become('tasmota'));
    expect(await met.convert()).toMatchObject({ outcome: 'PASS' });
    expect(met.unit.repointed).toEqual([]);
    const heard = await bench({ assume: ['no-backup'] });
    heard.unit.become('takeover');
    heard.lan.station = new ScriptedStation();
    heard.clock.after(20_000, () => {
      heard.unit.become('silent');
      const bssid = accessPointMac(MAC);
      heard.lan.station!.heard.push({ ssid: 'tasmota_D4E5F6-1526', bssid, signalPercent: 60, open: true });
    });
    expect(await heard.convert()).toMatchObject({ outcome: 'UNSURE', code: 'AT_ACCESS_POINT' });
  });

  it('of another model is left alone', async () => {
    const { unit, convert } = await bench();
    unit.become('takeover');
    unit.app = 'switch25';
    expect(await convert()).toMatchObject({ code: 'SHELLY_MODEL_DIFFERS' });
    expect(unit.repointed).toEqual([]);
  });
});

describe('a unit that is not converted', () => {
  it.each([
    ['another model', (unit: PaperShelly) => (unit.type = 'SHSW-25'), 'SHELLY_MODEL_DIFFERS'],
    ['a model nobody knows', (unit: PaperShelly) => (unit.type = 'SHNEW-1'), 'SHELLY_MODEL_DIFFERS'],
    ['factory firmware', (unit: PaperShelly) => (unit.fw = '0.0.0'), 'SHELLY_FIRMWARE_TOO_OLD'],
    ['a password', (unit: PaperShelly) => (unit.auth = true), 'PLUG_LOCKED'],
    ['an update going on', (unit: PaperShelly) => (unit.updater = 'updating'), 'SHELLY_BUSY'],
    ['a weak signal', (unit: PaperShelly) => (unit.rssi = -88), 'PLUG_SIGNAL_WEAK'],
    ['no power', (unit: PaperShelly) => unit.become('silent'), 'PLUG_NOT_FOUND'],
    ['the target already', (unit: PaperShelly) => unit.become('tasmota'), 'TARGET_RUNS_ALREADY'],
    [
      'another Tasmota',
      (unit: PaperShelly) => {
        unit.become('tasmota');
        unit.version = '9.2.0(lite)';
      },
      'PLUG_RUNS_OTHER',
    ],
  ])('%s', async (_what, make, code) => {
    const { unit, run, server, convert } = await bench();
    make(unit);
    expect(await convert()).toMatchObject({ code });
    expect([unit.orders, run.writes.begun, server.offers]).toEqual([[], false, []]);
  });

  it.each([
    [
      'a Shelly of the second generation',
      { gen: 2, mac: MAC, model: 'SNPL-00112EU', app: 'PlusPlugS' },
      'SHELLY_GEN2',
    ],
    ['something else', { hello: 'world' }, 'PLUG_UNKNOWN'],
  ])('%s', async (_what, answer, code) => {
    const { lan, convert } = await bench();
    lan.hosts.set(HOST, () => json(answer));
    expect(await convert()).toMatchObject({ outcome: 'SKIPPED', code });
  });

  it('is told of a computer on its battery, which serves both stages', async () => {
    const { run, convert } = await bench({ onBattery: true });
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
    expect(run.warned).toEqual([expect.stringContaining('battery')]);
  });

  it('waits until the unit has been up long enough', async () => {
    const { unit, clock, convert } = await bench();
    unit.uptime = 4;
    clock.after(12_000, () => (unit.uptime = 30));
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
  });

  it('with the right password it is converted, and the password is nowhere', async () => {
    const { unit, run, convert } = await bench({ settings: { 'device-password': 'right' } });
    unit.auth = true;
    expect(await convert()).toMatchObject({ outcome: 'PASS' });
    expect([...run.said, ...run.warned].join()).not.toContain('right');
  });

  it('a conversion whose end nobody saw is closed by its answer', async () => {
    const earlier = [
      { batch: 'b', run: 1, task: 'flash', outcome: 'INTERRUPTED', wrote: true },
    ] as const satisfies EarlierRun[];
    const backup = { mac: MAC, firmware: 'stock', ran: 'shelly-gen1', answers: {} };
    const backups = [{ kind: PLUG_SETTINGS, bytes: encodeSettings(backup) }];
    const { unit, convert } = await bench({ earlier, backups });
    unit.become('tasmota');
    expect(await convert()).toMatchObject({ outcome: 'PASS', notDone: ['nothing was written in this run'] });
    const without = await bench({ earlier });
    without.unit.become('tasmota');
    expect(await without.convert()).toMatchObject({ code: 'TARGET_RUNS_ALREADY' });
  });
});

describe('files are refused before any unit is touched', () => {
  const files = async (takeover: Uint8Array, target: Uint8Array) =>
    new Map([
      ['takeover', await inspectBytes('takeover.zip', takeover)],
      ['target', await inspectBytes('target.bin', target)],
    ]);
  const request = { task: 'flash', settings: {}, assume: new Set<AssumeWord>() } as const;
  it.each([
    [
      'an archive for another model',
      mongooseZip({ app: 'switch25', fw: mongooseFw(`mg2x\0${URL}`) }),
      TARGET,
    ],
    ['stock firmware', mongooseZip({ fw: mongooseFw('shelly.cloud') }), TARGET],
    ['an archive that says nothing of itself', mongooseZip(), TARGET],
    ['a cut archive', TAKEOVER.subarray(0, -100), TARGET],
    ['a cut target', TAKEOVER, TARGET.subarray(0, 200_000)],
    ['an empty target', TAKEOVER, new Uint8Array()],
    ['an archive as target', TAKEOVER, TAKEOVER],
    ['an image as archive', TARGET, TARGET],
  ])('%s', async (_what, takeover, target) => {
    await expect(
      shellyPlugS.plan({ ...request, files: await files(takeover, target) }),
    ).rejects.toMatchObject({ code: 'FIRMWARE_REFUSED' });
  });

  it('the other models have a flow of their own, by their archive', async () => {
    const archive = mongooseZip({
      app: 'switch25',
      fw: mongooseFw(`mg2x\0${URL}`),
      parts: { rboot_cfg: { addr: 0x1000 } },
    });
    const plan = await shellyGen1.plan({ ...request, files: await files(archive, TARGET) });
    expect(plan.conversion?.model.type).toBe('SHSW-25');
  });

  it('a restore is refused with the reason', async () => {
    await expect(shellyPlugS.plan({ ...request, task: 'restore', files: new Map() })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('no firmware takes them back'),
    });
  });
});

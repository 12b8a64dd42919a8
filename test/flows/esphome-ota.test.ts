import { describe, expect, it } from 'vitest';
import { toBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { STEP_IDS, type Task } from '../../src/core/steps.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { newPracticeEspHome } from '../../src/virtual/plug/esphome/esphome-images.ts';
import { practiceTasmota } from '../../src/virtual/esp/images/plug-images.ts';
import type { Settings } from '../../flows/flow.ts';
import { espHomeOta } from '../../flows/esphome-ota/flow.ts';
import { judge } from '../../flows/esphome-ota/judge.ts';
import { encodeSettings, PLUG_SETTINGS } from '../../flows/network-plug/index.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { hostAt } from '../harness/scripted-lan.ts';
import { scriptedRun } from '../harness/scripted-run.ts';
import { ScriptedServer } from '../harness/scripted-server.ts';
import { HOST, MAC, PaperEspHome } from './paper-esphome.ts';

const IMAGE = newPracticeEspHome();
const NEW = '2026.10.1';

interface Setting {
  readonly task?: Task;
  readonly settings?: Settings;
  readonly image?: Uint8Array;
  readonly backups?: { kind: string; bytes: Uint8Array }[];
}

async function bench({ task = 'flash', settings = {}, image = IMAGE, backups = [] }: Setting = {}) {
  const files = new Map(task === 'flash' ? [['target', await inspectBytes('firmware.bin', image)]] : []);
  const plan = await espHomeOta.plan({ task, files, settings, assume: new Set() });
  const clock = new ManualClock();
  const unit = new PaperEspHome(clock);
  const network = { network: unit, at: hostAt(HOST, 8266), server: new ScriptedServer() };
  const run = scriptedRun({ plan, clock, network, task, settings, assume: ['no-backup'], backups });
  const flash = async (): Promise<Verdict> => {
    const session = await espHomeOta.open(run);
    try {
      for (const step of STEP_IDS) {
        const result = await espHomeOta.steps[step](session, run);
        if (result.kind === 'settle') return result.verdict;
      }
      throw new Error('the flow ended without a verdict');
    } catch (error) {
      return verdictFrom(toBenchError(error));
    } finally {
      await espHomeOta.close(session);
    }
  };
  const lookAgain = async () => {
    const result = await espHomeOta.lookAgain(await espHomeOta.open(run), run);
    return result.kind === 'settle' ? result.verdict : undefined;
  };
  return { clock, unit, run, plan, flash: () => clock.run(flash()), lookAgain: () => clock.run(lookAgain()) };
}

const announces = (unit: PaperEspHome, txt: Record<string, string>) => () => {
  unit.txt = { ...unit.txt, ...txt };
};

describe('an update of ESPHome', () => {
  it('is PASS when the same unit announces the new version and stays', async () => {
    const { unit, flash, run } = await bench();
    unit.onImage = () => unit.restart(8_000, announces(unit, { version: NEW }));
    expect(await flash()).toMatchObject({
      outcome: 'PASS',
      proof: ['heard', 'answered'],
      evidence: expect.stringContaining(MAC) as string,
    });
    expect(Buffer.concat(unit.got).equals(Buffer.from(IMAGE))).toBe(true);
    expect(run.writes.bytes).toBe(IMAGE.length);
    expect(run.kept.map(({ kind }) => kind)).toEqual([PLUG_SETTINGS]);
    expect(run.vitalsNow.doNotUnplugUntilMs).toBeLessThanOrEqual(run.clock.monotonicMs());
  });

  it('of the same version is PASS where its YAML is another, and open where nothing is', async () => {
    const other = await bench();
    announces(other.unit, { version: NEW })();
    other.unit.onImage = () => other.unit.restart(8_000, announces(other.unit, { config_hash: 'bbbb2222' }));
    expect(await other.flash()).toMatchObject({ outcome: 'PASS' });
    const alike = await bench();
    announces(alike.unit, { version: NEW })();
    alike.unit.onImage = () => alike.unit.restart(8_000);
    expect(await alike.flash()).toMatchObject({ outcome: 'UNSURE', code: 'ESPHOME_LOOKS_ALIKE' });
    expect(alike.run.warned.join(' ')).toContain('nothing but a change of its YAML');
  });

  it('of a unit that is not heard is open: a greeting says no version', async () => {
    const { unit, flash } = await bench();
    unit.txt = undefined;
    unit.onImage = () => unit.restart(8_000);
    expect(await flash()).toMatchObject({
      outcome: 'UNSURE',
      code: 'ESPHOME_VERSION_UNSEEN',
      proof: ['answered'],
    });
  });

  it('whose new firmware crashes again and again is no PASS', async () => {
    const { unit, flash } = await bench();
    const crash = () => unit.restart(3_000, () => unit.later(6_000, crash));
    unit.onImage = () => {
      announces(unit, { version: NEW })();
      crash();
    };
    expect(await flash()).toMatchObject({ outcome: 'FAIL', code: 'ESPHOME_RESTARTS' });
  });

  it('to a build without an update port is PASS by its announcement, and says what was not watched', async () => {
    const { unit, flash } = await bench();
    unit.onImage = () =>
      unit.restart(8_000, () => {
        announces(unit, { version: NEW })();
        unit.port = 1;
      });
    const verdict = await flash();
    expect(verdict).toMatchObject({ outcome: 'PASS', proof: ['heard'] });
    expect(verdict.notDone?.join()).toContain('whether it stays');
  });

  it('that comes back at another address is found by its MAC', async () => {
    const { unit, flash } = await bench();
    unit.onImage = () =>
      unit.restart(8_000, () => {
        announces(unit, { version: NEW })();
        unit.host = '10.1.0.77';
        unit.arp.set('10.1.0.77', MAC);
      });
    expect(await flash()).toMatchObject({
      outcome: 'PASS',
      evidence: expect.stringContaining('10.1.0.77') as string,
    });
  });

  it('that never restarts, restarts with the old or comes back with a third version is told apart', async () => {
    const idle = await bench();
    expect(await idle.flash()).toMatchObject({ code: 'OLD_FIRMWARE_STAYED' });
    const old = await bench();
    old.unit.onImage = () => old.unit.restart(8_000);
    expect(await old.flash()).toMatchObject({
      code: 'OLD_FIRMWARE_STAYED',
      message: expect.stringContaining('started anew') as string,
    });
    const third = await bench();
    third.unit.onImage = () => third.unit.restart(8_000, announces(third.unit, { version: '2020.1.0' }));
    expect(await third.flash()).toMatchObject({ code: 'OTHER_FIRMWARE_ANSWERS' });
    const gone = await bench();
    gone.unit.onImage = () => void (gone.unit.isUp = false);
    expect(await gone.flash()).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_SILENT' });
  });
});

describe('before anything is written', () => {
  it.each([
    [
      'another device has its address',
      (unit: PaperEspHome) => unit.arp.set(HOST, '00:11:22:33:44:55'),
      'ESPHOME_UNIT_UNKNOWN',
    ],
    [
      'nothing says which unit it is',
      (unit: PaperEspHome) => {
        unit.txt = undefined;
        unit.arp.clear();
      },
      'ESPHOME_UNIT_UNKNOWN',
    ],
    ['no updater listens', (unit: PaperEspHome) => void (unit.port = 1), 'ESPHOME_NO_UPDATER'],
    [
      'it has another chip',
      (unit: PaperEspHome) => void ((unit.port = 3232), announces(unit, { platform: 'ESP32' })()),
      'ESPHOME_CHIP_DIFFERS',
    ],
    ['nobody is there', (unit: PaperEspHome) => void (unit.isUp = false), 'HTTP_NO_ANSWER'],
  ])('%s', async (_, change, code) => {
    const { unit, flash, run } = await bench();
    change(unit);
    expect(await flash()).toMatchObject({ code });
    expect(run.writes.begun).toBe(false);
  });

  it('a Tasmota is sent on to its own flow', async () => {
    const { unit, flash } = await bench();
    unit.isUp = false;
    unit.hosts.set(HOST, () => ({ headers: { server: 'Tasmota/9.2.0 (ESP8266EX)' }, body: '{}' }));
    expect(await flash()).toMatchObject({ code: 'PLUG_RUNS_OTHER', next: 'tasmota' });
  });

  it('files that no update port takes are refused with their reason', async () => {
    await expect(bench({ image: new Uint8Array(2000).fill(0x3c) })).rejects.toMatchObject({
      code: 'FIRMWARE_REFUSED',
    });
    await expect(bench({ image: practiceTasmota().subarray(0x1000) })).rejects.toMatchObject({
      code: 'FIRMWARE_REFUSED',
    });
    await expect(bench({ task: 'restore' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('only what starts on every unit may go out packed', async () => {
    const qio = Uint8Array.from(IMAGE);
    qio[2] = 0;
    const four = Uint8Array.from(IMAGE);
    four[3] = 0x40 | (four[3]! & 0x0f);
    const packed = async (image: Uint8Array) => (await bench({ image })).plan.image?.mayCompress;
    expect([await packed(IMAGE), await packed(qio), await packed(four)]).toEqual([true, false, false]);
  });
});

it('a backup keeps what it says of itself and writes nothing', async () => {
  const { flash, run } = await bench({ task: 'backup' });
  expect(await flash()).toMatchObject({ outcome: 'PASS' });
  expect(run.writes.begun).toBe(false);
});

it('a later look is held against what was kept before the flash', async () => {
  const announced = { name: 'plug', host: HOST, mac: MAC, version: '2026.9.1', board: 'esp01_1m' };
  const bytes = encodeSettings({
    mac: MAC,
    firmware: 'ESPHome 2026.9.1',
    ran: 'esphome',
    answers: { announced },
  });
  const { unit, lookAgain } = await bench({ backups: [{ kind: PLUG_SETTINGS, bytes }] });
  announces(unit, { version: NEW })();
  expect(await lookAgain()).toMatchObject({ outcome: 'PASS', proof: ['heard'] });
  const unknown = await bench();
  announces(unknown.unit, { version: NEW })();
  expect(await unknown.lookAgain()).toMatchObject({ code: 'ESPHOME_LOOKS_ALIKE' });
});

it.each([
  [{ version: '1' }, { version: '2' }, '2', 'new'],
  [{ version: '1' }, { version: '1' }, '2', 'old'],
  [{ version: '1' }, { version: '3' }, '2', 'other'],
  [{ version: '2' }, { version: '2' }, '2', 'alike'],
  [{ version: '2', configHash: 'a' }, { version: '2', configHash: 'b' }, '2', 'new'],
  [undefined, { version: '2' }, '2', 'alike'],
  [{ version: '1' }, {}, '2', 'unseen'],
  [{ version: '1' }, { version: '4' }, undefined, 'new'],
] as const)('before %j, now %j, sent %j: %s', (before, now, version, judged) => {
  const place = { name: 'plug', host: HOST };
  const wanted = {
    firmware: 'esphome',
    title: 'ESPHome',
    portAtAccessPoint: 80,
    livesAtAccessPoint: true,
    ...(version !== undefined && { version }),
  } as const;
  expect(judge(before && { ...place, ...before }, { ...place, ...now }, wanted)).toBe(judged);
});

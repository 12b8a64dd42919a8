import { expect, it } from 'vitest';
import type { FirmwareServer, Offering } from '../../src/drivers/http/firmware-server.ts';
import type { Network } from '../../src/drivers/http/port.ts';
import { BenchError } from '../../src/core/errors.ts';
import { detect } from '../../flows/haa/detect.ts';
import type { HaaPlan } from '../../flows/haa/plan.ts';
import { HaaWay } from '../../flows/haa/way.ts';
import { backup } from '../../flows/tasmota/backup.ts';
import { meetForTest } from './tasmota-session.ts';
import { writeBack } from '../../flows/tasmota/restore.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { scriptedNetwork, type Script } from '../harness/scripted-network.ts';
import { scriptedRun } from '../harness/scripted-run.ts';

const MAC = '84:f3:eb:33:cc:7c';
const AT = { host: '10.1.0.9', port: 4567 };
const PLAN: HaaPlan = {
  script: '{"a":[{}]}',
  wifi: { ssid: 'bench', password: '12345678' },
  mirror: [{ name: 'otamain.bin', content: Uint8Array.of(1), sha256: '00' }],
  patienceMs: 10_000,
  address: '10.1.0.2',
};
const OFFERING: Offering = {
  urlOf: (file) => `http://10.1.0.2:4000/abc/${file}`,
  at: { host: '10.1.0.2', port: 4000 },
  selfTestBytesPerSecond: 1,
  subscribe: () => () => {},
  withdraw: async () => {},
};
const SERVER: FirmwareServer = { offer: async () => OFFERING };

/** A bench with one unit on it; `lines` are what it broadcasts as soon as somebody listens. */
function bench(script: Script, lines = '') {
  const clock = new ManualClock();
  const network: Network = {
    ...scriptedNetwork(script).network,
    browse: async () => () => {},
    macOf: async () => MAC,
    listenUdp: async (_port, onDatagram) => {
      clock.after(100, () => onDatagram(new TextEncoder().encode(lines), AT.host));
      return () => {};
    },
  };
  const link = { network, at: AT, server: SERVER };
  return { clock, link: { ...link, close: async () => {} }, network: link };
}

function way(page: string) {
  const { clock, link, network } = bench(({ method }) => (method === 'POST' ? '<center>OK</center>' : page));
  const run = scriptedRun({ plan: PLAN, clock, network });
  const prepared = HaaWay.prepare(run, link, { plan: PLAN, mac: MAC, towards: async () => '10.1.0.2' });
  return { clock, run, prepared };
}
const save = async (page: string) => {
  const { clock, run, prepared } = way(page);
  await clock.run(prepared.then((each) => each.save({ kind: 'page', at: AT })));
  return run;
};

it('nothing is posted to a page that takes no script, or no server of ours', async () => {
  const NO_SCRIPT = 'HAA Installer <input name="sid"><input name="psw"><input name="ser"><input name="prt">';
  await expect(save(NO_SCRIPT)).rejects.toMatchObject({ code: 'HAA_OTAMAIN_PORTAL' });
  const NO_PORT =
    'HAA <textarea name="conf"><input name="ssid"><input name="password"><input name="otarepo">';
  await expect(save(NO_PORT)).rejects.toMatchObject({ code: 'HAA_TAKES_NO_MIRROR' });
});

it('a unit that never comes for its files is told apart from one that is at work', async () => {
  const { clock, run, prepared } = way('');
  const verdict = await clock.run(prepared.then((each) => each.follow(run.signal, undefined)));
  expect(verdict).toMatchObject({ outcome: 'UNSURE', code: 'HAA_MIRROR_UNREACHED' });
  const busy = bench(() => new BenchError('HTTP_REFUSED'), `10.1.0.9-33CC7C: HAA Installer 7.14.0\n`);
  const session = { link: busy.link, station: undefined, found: undefined, way: undefined };
  const looking = detect(session, scriptedRun({ plan: PLAN, clock: busy.clock, network: busy.network }));
  await expect(busy.clock.run(looking)).rejects.toMatchObject({ code: 'HAA_BUSY' });
});

it('a settings backup that does not verify is none', async () => {
  const { session, run, clock } = meetForTest(({ page }) => (page === '/dl' ? 'no settings' : 'ok'));
  await expect(clock.run(backup(session, run))).rejects.toMatchObject({ code: 'TASMOTA_BACKUP_INVALID' });
});

it('settings that the unit does not hold afterwards were not restored', async () => {
  const { session, run, clock } = meetForTest(({ page }) => (page === '/dl' ? 'other' : undefined), {
    restarts: true,
  });
  await expect(clock.run(writeBack(session, run))).rejects.toMatchObject({ code: 'TASMOTA_SETTINGS_DIFFER' });
});

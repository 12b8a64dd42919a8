import { describe, expect, it } from 'vitest';
import type { NetworkDevice } from '../../src/cli/services.ts';
import { networkDevices } from '../../src/main/network-devices.ts';
import { json, ScriptedLan, type Script } from '../harness/scripted-lan.ts';

const PLUG_HOST = '10.1.0.41';
const stock: Script = ({ path }) =>
  path === '/shelly'
    ? json({ type: 'SHPLG-S', mac: 'A1B2C3D4E5F6', auth: true, fw: '20230109-114426/v1.12.2-gdeadbee' })
    : { status: 401 };
const router: Script = () => '<title>My router</title>';

const announcedPlug = (lan: ScriptedLan) =>
  lan.announced.push({
    type: '_http._tcp',
    name: 'shellyplug-s-D4E5F6',
    hostName: 'shellyplug-s-D4E5F6',
    at: { host: PLUG_HOST, port: 80 },
    txt: { id: 'shellyplug-s-D4E5F6', fw_version: '1.0' },
  });

async function follow(lan: ScriptedLan) {
  const found: NetworkDevice[] = [];
  const network = await networkDevices(lan, (device) => found.push(device));
  await network.idle();
  return { network, found };
}

describe('devices on the network', () => {
  it('that announce themselves are asked what they run, and told of once that is known', async () => {
    const lan = new ScriptedLan();
    lan.hosts.set(PLUG_HOST, stock);
    announcedPlug(lan);
    const { found } = await follow(lan);
    expect(found).toEqual([
      {
        link: `http://${PLUG_HOST}`,
        address: PLUG_HOST,
        port: 80,
        name: 'shellyplug-s-D4E5F6',
        model: 'Shelly stock firmware 1.12.2 on a SHPLG-S',
        answers: 'shelly-gen1',
        locked: true,
        mac: 'a1:b2:c3:d4:e5:f6',
        macTail: 'd4e5f6',
      },
    ]);
  });

  it('that do not answer when asked are told of as they announced themselves', async () => {
    const lan = new ScriptedLan();
    lan.arp.set(PLUG_HOST, 'a1:b2:c3:d4:e5:f6');
    announcedPlug(lan);
    const { found } = await follow(lan);
    expect(found).toMatchObject([{ model: 'Shelly plug-s', mac: 'a1:b2:c3:d4:e5:f6' }]);
    expect(found[0]).not.toHaveProperty('answers');
  });

  it('that say nothing by themselves are found by a sweep, which names no printer and asks nobody twice', async () => {
    const lan = new ScriptedLan();
    lan.hosts.set(PLUG_HOST, stock);
    lan.hosts.set('10.1.0.42', stock);
    lan.hosts.set('10.1.0.1', router);
    announcedPlug(lan);
    const { network, found } = await follow(lan);
    found.length = 0;
    const before = lan.asked.filter((line) => line.includes(PLUG_HOST)).length;
    expect(await network.sweep()).toEqual({ answered: 3 });
    expect(found.map(({ link, model }) => [link, model])).toEqual([
      ['http://10.1.0.42', 'Shelly stock firmware 1.12.2 on a SHPLG-S'],
    ]);
    expect(lan.asked.filter((line) => line.includes(PLUG_HOST))).toHaveLength(before);
  });

  it('are asked at a typed link, and silence and strangers are told of too', async () => {
    const lan = new ScriptedLan();
    lan.hosts.set('10.1.0.1', router);
    lan.hosts.set('10.1.0.42:8080', stock);
    const { network, found } = await follow(lan);
    for (const link of ['http://10.1.0.9', 'http://10.1.0.1', 'http://10.1.0.42:8080'])
      await network.ask(link);
    expect(found.map(({ link, model, answers }) => [link, model, answers])).toEqual([
      ['http://10.1.0.9', 'nothing answers there', 'nothing'],
      ['http://10.1.0.1', 'a page titled "My router"', 'unknown'],
      ['http://10.1.0.42:8080', 'Shelly stock firmware 1.12.2 on a SHPLG-S', 'shelly-gen1'],
    ]);
  });

  it('are told of no more once it was left', async () => {
    const lan = new ScriptedLan();
    lan.hosts.set(PLUG_HOST, stock);
    const { network, found } = await follow(lan);
    network.stop();
    await network.ask(`http://${PLUG_HOST}`);
    expect(found).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { NetworkView } from '../../src/ui/services.ts';
import { FakeBench } from './fake-bench.ts';
import { FakeServices, onNetwork, plugFlow } from './fake-services.ts';
import { closeScreens, openScreen } from './open-screen.ts';
import { batch, runningSlot } from './slots.ts';

afterEach(closeScreens);

const units = (...numbers: readonly number[]): NetworkView[] => numbers.map((number) => onNetwork(number));

/** At the places of a new batch over the network, with these devices found. */
async function places(
  found: readonly NetworkView[],
  size: readonly [number, number] = [80, 24],
  bench = new FakeBench(),
) {
  const services = new FakeServices();
  services.flows = [plugFlow];
  services.find(found);
  const screen = await openScreen({ services, size, bench });
  await screen.press('+', 'Enter', 'Enter');
  const find = async (devices: readonly NetworkView[], changes = {}) => {
    services.find(devices, changes);
    await screen.tick(200);
  };
  /** The rows of the list: box, number and last six digits. */
  const rows = async () =>
    (await screen.text()).split('\n').flatMap((line) => /\[[ x]\] (?:\d\d| {2}) \w{6}/.exec(line)?.[0] ?? []);
  return { ...screen, services, find, rows };
}

describe('the places of a batch over the network', () => {
  it('list what was found, and nothing of it is in the batch', async () => {
    const screen = await places(units(41, 42));
    expect(await screen.rows()).toEqual(['[ ]    002229', '[ ]    00222a']);
    expect(await screen.text()).toContain('in the batch 0   on the network 2');
    expect(await screen.text()).toContain('A neighbour until it is marked');
    await screen.press('a');
    expect(await screen.text()).toContain('Found is not in the batch: mark each unit with Space.');
    expect(await screen.rows()).toEqual(['[ ]    002229', '[ ]    00222a']);
    await screen.press('Enter');
    expect(await screen.text()).toContain('No unit yet: Space marks one that was found');
  });

  it('are followed once, and only while they are shown', async () => {
    const services = new FakeServices();
    services.flows = [plugFlow];
    const screen = await openScreen({ services });
    await screen.press('+', 'Enter');
    expect(services.networkSubscriptions).toBe(0);
    await screen.press('Enter');
    for (const number of [1, 2, 3]) services.find(units(number));
    await screen.press('j', 'j', 'k');
    expect(services.networkSubscriptions).toBe(1);
    expect(services.heardSubscriptions).toBe(0);
  });

  it('give numbers in the order of marking, and start with exactly the marked ones', async () => {
    const screen = await places(units(41, 42, 43));
    await screen.press('j', 'j', ' ');
    expect(await screen.text()).toContain('00222b is in: write 01 on it.');
    await screen.press('k', 'k', ' ');
    expect(await screen.rows()).toEqual(['[x] 02 002229', '[ ]    00222a', '[x] 01 00222b']);
    await screen.press('j', 'j', ' ');
    expect(await screen.text()).toContain('Every number after 01 is one less now');
    expect(await screen.rows()).toEqual(['[x] 01 002229', '[ ]    00222a', '[ ]    00222b']);
  });

  it('take a typed host or link, once, and ask what answers there', async () => {
    const screen = await places(units(41));
    await screen.press('t');
    await screen.type('192.168.1.41');
    expect(await screen.rows()).toEqual(['[x] 01 002229']);
    await screen.press('t');
    await screen.type('http://192.168.1.50/');
    const link = 'http://192.168.1.50';
    expect(await screen.text()).toContain(`${link} is in: write 02 on it.`);
    await screen.press('t');
    await screen.type('192.168.1.50');
    expect(screen.services.calls).toEqual(['ask http://192.168.1.41', 'ask http://192.168.1.50']);
    await screen.find([
      ...units(41),
      {
        place: link,
        host: '192.168.1.50',
        link,
        what: 'nothing answers there',
        answers: false,
        locked: false,
      },
    ]);
    expect(await screen.text()).toMatch(/\[x\] 02 +nothing answers there/);
    expect(await screen.text()).toContain('in the batch 2  not answering 1   on the network 1');
  });

  it('take a scanned MAC, and its last six digits where only one unit has them', async () => {
    const twin = onNetwork(60, { mac: '84:cc:a9:00:22:2a', last6: '00222a' });
    const screen = await places([...units(41, 42), twin]);
    await screen.send('84CCA8002229\r');
    expect(await screen.rows()).toContain('[x] 01 002229');
    await screen.press('t');
    await screen.type('00222a');
    expect(await screen.text()).toContain('2 devices on the network have a MAC that ends in 00222a');
    await screen.press('Esc');
    await screen.send('84:CC:A8:00:22:77\r');
    expect(await screen.text()).toContain('No device found on the network has the MAC 84cca8002277');
  });

  it('search every address on a key, and say how that stands', async () => {
    const screen = await places([]);
    expect(await screen.text()).toContain('No device has announced itself yet.');
    expect(await screen.text()).toContain('s search');
    await screen.press('s');
    expect(screen.services.calls).toEqual(['sweep']);
    await screen.find([], { sweep: 'running' });
    expect(await screen.text()).toContain('SEARCHING');
    await screen.find(units(41), { sweep: { answered: 9 } });
    expect(await screen.text()).toContain('9 addresses answer');
    expect(await screen.rows()).toEqual(['[ ]    002229']);
  });

  it('do not take what the flow does not reach, or another batch is at work on', async () => {
    const busy = runningSlot(1, 'flash', { link: { kind: 'http', text: 'http://192.168.1.41' } });
    const node = onNetwork(70, {
      place: 'esphome://192.168.1.70',
      link: 'esphome://192.168.1.70',
      what: 'ESPHome device',
    });
    const screen = await places([...units(41), node], [80, 24], new FakeBench([batch([busy])]));
    await screen.press(' ');
    expect(await screen.text()).toContain('Another batch is at work on this unit.');
    await screen.press('j', ' ');
    expect(await screen.text()).toContain('This flow does not take it: ESPHome device.');
    expect(await screen.rows()).toEqual(['[ ]    002229', '[ ]    002246']);
  });

  it('are no part of a saved job', async () => {
    const screen = await places(units(41));
    await screen.press(' ', 'Esc');
    await screen.press('j', 'Enter', 'Enter', 'Enter', 'S');
    await screen.type('plugs');
    expect(screen.services.calls.find((call) => call.startsWith('save'))).toContain('"links":[]');
  });

  it('fit into small windows with thirty devices, and say why nothing is found', async () => {
    const screen = await places(units(...Array.from({ length: 30 }, (_, at) => at + 1)), [60, 20]);
    expect((await screen.text()).split('\n').length).toBeLessThan(20);
    await screen.press('G', 'k', ' ');
    expect(await screen.rows()).toContain('[x] 01 00221e');
    await screen.find([], { problem: 'This computer is on no network. Plug it in.' });
    expect(await screen.text()).toContain('This computer is on no network. Plug it in.');
  });
});

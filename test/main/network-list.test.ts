import { describe, expect, it } from 'vitest';
import type { FollowedNetwork, NetworkDevice } from '../../src/cli/services.ts';
import { BenchError } from '../../src/core/errors.ts';
import { networkList } from '../../src/main/network-list.ts';
import { settle } from '../ui/open-screen.ts';

const plug = (host: string, changes: Partial<NetworkDevice> = {}): NetworkDevice => ({
  link: `http://${host}`,
  address: host,
  port: 80,
  model: 'Tasmota 15.5.0',
  answers: 'tasmota',
  mac: 'a4:cf:12:00:00:01',
  macTail: '000001',
  ...changes,
});

function following() {
  const state = {
    opened: 0,
    stopped: 0,
    asked: [] as string[],
    find: (_device: NetworkDevice) => {},
    sweep: (): Promise<{ answered: number }> => Promise.resolve({ answered: 7 }),
    open: (): Promise<void> => Promise.resolve(),
  };
  const list = networkList(async (onFound): Promise<FollowedNetwork> => {
    state.opened += 1;
    await state.open();
    state.find = onFound;
    return {
      sweep: () => state.sweep(),
      ask: async (link) => void state.asked.push(link),
      idle: async () => {},
      stop: () => (state.stopped += 1),
    };
  });
  let told = 0;
  return { state, list, told: () => told, follow: () => list.subscribe(() => told++) };
}

describe('the list of devices on the network', () => {
  it('sends nothing before somebody subscribes, and stops with the last one', async () => {
    const { state, list, follow } = following();
    list.sweep();
    list.ask('http://10.1.0.9');
    expect(state.opened).toBe(0);
    const leave = [follow(), follow()];
    await settle();
    for (const each of leave) each();
    await settle();
    expect([state.opened, state.stopped]).toEqual([1, 1]);
  });

  it('keeps the order in which they were found, and gives a unit one row though its address changes', async () => {
    const { state, list, follow, told } = following();
    follow();
    await settle();
    state.find(plug('10.1.0.41'));
    state.find(plug('10.1.0.42', { mac: 'a4:cf:12:00:00:02', macTail: '000002' }));
    const [first] = list.now().devices;
    state.find(plug('10.1.0.42', { mac: 'a4:cf:12:00:00:02', macTail: '000002', locked: true }));
    expect(list.now().devices.map(({ host, locked }) => [host, locked])).toEqual([
      ['10.1.0.41', false],
      ['10.1.0.42', true],
    ]);
    expect(list.now().devices[0]).toBe(first);
    state.find(plug('10.1.0.77'));
    expect(list.now().devices.map(({ host }) => host)).toEqual(['10.1.0.42', '10.1.0.77']);
    expect(told()).toBe(4);
  });

  it('tells how a search stands, and why it could not be made', async () => {
    const { state, list, follow } = following();
    follow();
    await settle();
    list.sweep();
    expect(list.now().sweep).toBe('running');
    await settle();
    expect(list.now().sweep).toEqual({ answered: 7 });
    state.sweep = () =>
      Promise.reject(new BenchError('NO_ROUTE', { message: 'No private network.', advice: 'Join one.' }));
    list.sweep();
    await settle();
    expect(list.now()).toMatchObject({ sweep: 'not-yet', problem: 'No private network. Join one.' });
    state.sweep = () => Promise.resolve({ answered: 1 });
    list.sweep();
    await settle();
    expect(list.now().problem).toBeUndefined();
  });

  it('says why nothing can be found at all', async () => {
    const { state, list, follow } = following();
    state.open = () =>
      Promise.reject(new BenchError('NO_ROUTE', { message: 'No network.', advice: 'Plug it in.' }));
    follow();
    await settle();
    expect(list.now().problem).toBe('No network. Plug it in.');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { HeardView } from '../../src/ui/services.ts';
import { FakeBench } from './fake-bench.ts';
import { FakeServices, onAir, radioFlow } from './fake-services.ts';
import { closeScreens, openScreen } from './open-screen.ts';
import { batch, runningSlot } from './slots.ts';

afterEach(closeScreens);

const units = (...numbers: readonly number[]): HeardView[] => numbers.map((number) => onAir(number));

/** At the places of a new batch by Bluetooth, with these units on the air. */
async function places(heard: readonly HeardView[], size: readonly [number, number] = [80, 24]) {
  const services = new FakeServices();
  services.flows = [radioFlow];
  services.hear(heard);
  const screen = await openScreen({ services, size, bench: new FakeBench() });
  await screen.press('+', 'Enter', 'Enter');
  const hear = async (now: readonly HeardView[], changes = {}) => {
    services.hear(now, changes);
    await screen.tick(200);
  };
  /** The rows of the list: box, number and last six digits. */
  const rows = async () =>
    (await screen.text()).split('\n').flatMap((line) => /\[[ x]\] (?:\d\d| {2}) \w{6}/.exec(line)?.[0] ?? []);
  return { ...screen, services, hear, rows };
}

describe('the places of a batch by Bluetooth', () => {
  it('list what is on the air, and nothing of it is in the batch', async () => {
    const screen = await places(units(1, 2, 3));
    expect(await screen.rows()).toEqual(['[ ]    001101', '[ ]    001102', '[ ]    001103']);
    expect(await screen.text()).toContain('expected 0  heard 0  missing 0   on the air 3');
    await screen.press('a');
    expect(await screen.rows()).toEqual(['[ ]    001101', '[ ]    001102', '[ ]    001103']);
    expect(await screen.text()).toContain('Heard is not in the batch');
    await screen.press('Enter');
    expect(await screen.text()).toContain('No unit yet: Space marks one that is heard');
  });

  it('are followed once, and only while they are shown', async () => {
    const services = new FakeServices();
    services.flows = [radioFlow];
    const screen = await openScreen({ services });
    await screen.press('+', 'Enter');
    expect(services.heardSubscriptions).toBe(0);
    await screen.press('Enter');
    for (const number of [1, 2, 3]) services.hear(units(number));
    await screen.press('j', 'j', 'k');
    expect(services.heardSubscriptions).toBe(1);
  });

  it('give numbers in the order of marking, and say to write them on the unit', async () => {
    const screen = await places(units(1, 2, 3));
    await screen.press('j', 'j', ' ');
    expect(await screen.text()).toContain('001103 is in: write 01 on it.');
    await screen.press('k', 'k', ' ');
    expect(await screen.rows()).toEqual(['[x] 02 001101', '[ ]    001102', '[x] 01 001103']);
    await screen.press('j', 'j', ' ');
    expect(await screen.text()).toContain('Every number after 01 is one less now');
    expect(await screen.rows()).toEqual(['[x] 01 001101', '[ ]    001102', '[ ]    001103']);
  });

  it('take a scanned or typed MAC, and its last six digits where only one unit has them', async () => {
    const twin = onAir(2, { address: 'b', mac: 'a4:c1:39:00:11:02', link: 'ble:a4:c1:39:00:11:02' });
    const screen = await places([...units(1, 2), twin]);
    await screen.send('A4C138001109\r');
    expect(await screen.rows()).toContain('[x] 01 001109');
    expect(await screen.text()).toContain('missing 1');
    await screen.press('t');
    await screen.type('001101');
    expect(await screen.rows()).toContain('[x] 02 001101');
    await screen.press('t');
    await screen.type('001102');
    expect(await screen.text()).toContain('2 units on the air end in 001102: type the whole MAC.');
    await screen.press('Esc');
    await screen.send('001177\r');
    expect(await screen.text()).toContain('No unit on the air ends in 001177');
  });

  it('do not let the cursor jump when units are heard, join or fall silent', async () => {
    const screen = await places(units(1, 2));
    await screen.press('j');
    await screen.hear([...units(1, 2), onAir(3, { ageSeconds: 42 })]);
    const line = (await screen.text()).split('\n').find((row) => row.startsWith(' >'));
    expect(line).toContain('001102');
    expect(await screen.text()).toMatch(/001103 .* silent 42s/);
  });

  it('say what is in use by another batch, and do not take it', async () => {
    const services = new FakeServices();
    services.flows = [radioFlow];
    services.hear(units(1));
    const busy = {
      ...runningSlot(1, 'flash'),
      link: { kind: 'ble', text: 'ble:a4:c1:38:00:11:01' } as const,
    };
    const screen = await openScreen({ services, bench: new FakeBench([batch([busy])]) });
    await screen.press('+', 'Enter', 'Enter', ' ');
    expect(await screen.text()).toContain('in use by B-0143');
    expect(await screen.text()).toContain('Another batch is at work on this unit.');
  });

  it('say why nothing is heard without Bluetooth', async () => {
    const screen = await places([]);
    await screen.hear([], {
      problem: 'This computer has no Bluetooth adapter. Plug one in.',
      listenedSeconds: 0,
    });
    expect(await screen.text()).toContain('This computer has no Bluetooth adapter. Plug one in.');
    expect(await screen.text()).toContain('no Bluetooth');
    await screen.press('A');
    expect(await screen.text()).not.toMatch(/armed/i);
  });
});

describe('an armed page', () => {
  it('takes in what is heard for the first time from now on, and never what was there before', async () => {
    const screen = await places(units(1, 2));
    await screen.press('A');
    expect(await screen.text()).toContain('ARMED: pull a battery tab');
    await screen.hear([...units(1, 2), onAir(7)]);
    expect(await screen.text()).toContain('001107 joins: write 01 on it.');
    await screen.hear([...units(1, 2, 7), onAir(8), onAir(9)]);
    expect(await screen.rows()).toEqual([
      '[ ]    001101',
      '[ ]    001102',
      '[x] 01 001107',
      '[x] 02 001108',
      '[x] 03 001109',
    ]);
    expect(await screen.text()).toContain('001108 joins: write 02 on it. 001109 joins: write 03 on it.');
  });

  it('does not take a unit in again that was left out by hand', async () => {
    const screen = await places(units(1));
    await screen.press('A');
    await screen.hear(units(1, 2));
    await screen.press('j', ' ');
    await screen.hear([onAir(1), onAir(2, { ageSeconds: 3 })]);
    expect(await screen.rows()).toEqual(['[ ]    001101', '[ ]    001102']);
  });

  it('counts as neighbours what the radio hears in its first seconds', async () => {
    const screen = await places([]);
    await screen.hear(units(1), { listenedSeconds: 2 });
    await screen.press('A');
    expect(await screen.text()).toContain('ARMED in 8 s');
    await screen.hear(units(1, 2), { listenedSeconds: 6 });
    await screen.hear(units(1, 2, 3), { listenedSeconds: 11 });
    expect(await screen.rows()).toEqual(['[ ]    001101', '[ ]    001102', '[x] 01 001103']);
  });

  it('takes nothing in after it was disarmed, or left', async () => {
    const screen = await places(units(1));
    await screen.press('A', 'A');
    await screen.hear(units(1, 2));
    await screen.press('A', 'Esc', 'Enter');
    await screen.hear(units(1, 2, 3));
    expect((await screen.rows()).filter((row) => row.startsWith('[x]'))).toEqual([]);
  });
});

describe('the tray of units by Bluetooth', () => {
  it('is counted: expected, heard, missing', async () => {
    const screen = await places(units(1, 2, 3));
    await screen.press(' ', 'j', ' ', 'e');
    await screen.type('4');
    expect(await screen.text()).toContain('expected 4  heard 2  missing 2');
    await screen.press('e', 'Backspace');
    await screen.type('1');
    expect(await screen.text()).toContain('1 too many');
  });

  it('is no part of a saved job', async () => {
    const screen = await places(units(1));
    screen.services.files = [];
    await screen.press(' ', 'Esc');
    await screen.press('j', 'Enter', 'Enter', 'Enter', 'S');
    await screen.type('thermo');
    expect(screen.services.calls.find((call) => call.startsWith('save'))).toContain('"links":[]');
  });

  it('fits into small windows with thirty units on the air', async () => {
    const screen = await places(units(...Array.from({ length: 30 }, (_, at) => at + 1)), [60, 20]);
    expect((await screen.text()).split('\n').length).toBeLessThan(20);
    await screen.press('G', 'k', ' ');
    expect(await screen.rows()).toContain('[x] 01 00111e');
  });
});

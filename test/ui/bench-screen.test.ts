import { afterEach, describe, expect, it } from 'vitest';
import { FakeBench } from './fake-bench.ts';
import { FakeServices } from './fake-services.ts';
import { closeScreens, openScreen } from './open-screen.ts';
import { actPrompt, batch, runningSlot, settledSlot, slot, START, twelve } from './slots.ts';

afterEach(closeScreens);

const open12 = (size: readonly [number, number] = [100, 30]) =>
  openScreen({ bench: new FakeBench([batch(twelve())]), size });
const acts = (bench: FakeBench) => bench.calls.filter((call) => !call.startsWith('plan'));

describe('the dashboard', () => {
  it('names the place that waited longest and counts the others; Tab goes there', async () => {
    const slots = twelve().map((each) =>
      each.number === 11
        ? runningSlot(11, 'reboot', {
            state: 'needs-operator',
            prompt: actPrompt('p11', { askedAt: each.number }),
          })
        : each,
    );
    const screen = await openScreen({ bench: new FakeBench([batch(slots)]), size: [100, 30] });
    expect(await screen.text()).toContain('? lamp#11 NEEDS YOU');
    expect(await screen.text()).toContain('+1 more');
    await screen.press('Tab');
    expect(await screen.text()).toMatch(/^> +5 \? YOU/m);
    await screen.press('Tab');
    expect(await screen.text()).toMatch(/^> 11 \? YOU/m);
  });

  it('names the way where two batches are on one kind of device', async () => {
    const batches = [
      batch(twelve().slice(0, 2), { id: 'B-0001', flowTitle: 'Dafang by console', device: 'Dafang' }),
      batch(twelve().slice(2, 4), {
        id: 'B-0002',
        flowId: 'other',
        flowTitle: 'Dafang by programmer',
        device: 'Dafang',
      }),
    ];
    const both = await openScreen({ bench: new FakeBench(batches), size: [80, 24] });
    expect(await both.text()).toMatch(
      /B-0001 flash: Dafang by console[^]*B-0002 flash: Dafang by programmer/,
    );
    const alone = await openScreen({ bench: new FakeBench(batches.slice(0, 1)), size: [80, 24] });
    expect(await alone.text()).toMatch(/B-0001 +flash: Dafang /);
  });

  it('acts on the place under the cursor, or on the marked ones that can take it', async () => {
    const screen = await open12();
    await screen.press('Down', 'Down', 'Down', 'r');
    expect(acts(screen.bench)).toEqual(['retry B-0143/4']);
    await screen.press('a', 'r');
    expect(acts(screen.bench).at(-1)).toBe('retry B-0143/4 B-0143/7');
    await screen.press('c');
    expect(acts(screen.bench).at(-1)).toBe(
      'cancel B-0143/5 B-0143/6 B-0143/8 B-0143/9 B-0143/10 B-0143/11 B-0143/12',
    );
    await screen.press('s');
    expect(acts(screen.bench).at(-1)).toBe('skip B-0143/5 B-0143/8 B-0143/9 B-0143/10 B-0143/11 B-0143/12');
  });

  it('marks with space, a range with v, the others with *', async () => {
    const screen = await open12();
    await screen.press(' ', ' ');
    expect((await screen.text()).match(/^[> ]\*/gm)).toHaveLength(2);
    await screen.press('v', 'Down', 'Down', 'v');
    expect((await screen.text()).match(/^[> ]\*/gm)).toHaveLength(5);
    await screen.press('*');
    expect((await screen.text()).match(/^[> ]\*/gm)).toHaveLength(7);
  });

  it('answers a disabled key with the reason', async () => {
    const screen = await open12();
    await screen.press('r');
    expect(await screen.text()).toContain('lamp#1: only settled places that did not pass can be retried.');
    expect(acts(screen.bench)).toEqual([]);
    await screen.tick(6000);
    expect(await screen.text()).not.toContain('only settled places');
  });

  it('does the asked act on the practice bench with w, and says that it does', async () => {
    const screen = await open12();
    await screen.press('Tab');
    expect(await screen.text()).toContain('(practice: w does this for you)');
    await screen.press('w');
    expect(acts(screen.bench)).toEqual(['perform p5']);
  });

  it('says what a step is about where it has no progress, not what was logged before it', async () => {
    const rebooting = runningSlot(1, 'reboot', {
      lastLog: { time: START, level: 'info', text: 'The loader was found again at 921600 baud (stub).' },
    });
    const screen = await openScreen({ bench: new FakeBench([batch([rebooting])]) });
    const text = await screen.text();
    expect(text).toContain('restarting; listening for the new firmware');
    expect(text).not.toContain('found again');
  });

  it('says that a key means nothing on this screen', async () => {
    const screen = await open12();
    await screen.press('z');
    expect(await screen.text()).toContain('z does nothing here; ? lists the keys.');
    await screen.press('Tab', 'Enter');
    await screen.press('3');
    expect(acts(screen.bench)).toEqual([]);
  });

  it('tells facts and warnings of a settled unit once', async () => {
    const warning = 'This chip has one core.';
    const slot = { ...settledSlot(1, 'PASS'), warnings: [warning] };
    const settled = { ...slot.settled!, warnings: [warning] };
    const screen = await openScreen({ bench: new FakeBench([batch([{ ...slot, settled }])]) });
    await screen.press('Enter');
    const text = await screen.text();
    expect(text.split(warning)).toHaveLength(2);
    expect(text.match(/^ Firmware /gm)).toHaveLength(1);
  });

  const copied = (written: string): string[] =>
    // eslint-disable-next-line no-control-regex -- OSC 52 is an escape sequence
    [...written.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64').toString(),
    );

  it('copies what is known of the place under the cursor to the clipboard with y', async () => {
    const screen = await open12();
    await screen.press('j', 'j', 'j', 'y');
    const [text = ''] = copied(screen.tty.written);
    expect(text).toContain('lamp#4');
    expect(text).toMatch(/^.* FAIL at verify {2}VERIFY_MISMATCH/m);
    expect(text).toContain('Do now');
    expect(text).not.toMatch(/ $/m);
    expect(await screen.text()).toMatch(/Copied \d+ lines, if this terminal lets programs copy\./);
    await screen.press('j', 'Enter', 'y');
    expect(copied(screen.tty.written)[1]).toContain('Hold GPIO0 to GND');
    await screen.press('Esc', 'e', 'y');
    expect(copied(screen.tty.written)[2]).toContain('FAIL at verify');
  });

  it('copies the lines of the log in sight, and saves the whole log as a file', async () => {
    const bench = new FakeBench([batch(twelve())]);
    for (let count = 1; count <= 60; count++) bench.addLog('B-0143/1', `line ${count}`);
    const screen = await openScreen({ bench });
    await screen.press('l', 'y');
    const [text = ''] = copied(screen.tty.written);
    expect(text).toContain('line 60');
    expect(text).not.toContain('line 30\n');
    await screen.press('x');
    expect(screen.services.calls).toEqual(['save log B-0143 virtual:lamp#1']);
    expect(await screen.text()).toContain('log-1.txt');
  });

  it('breaks off a write that a cancel does not stop only for the typed words, and cancels the others', async () => {
    const slots = twelve().map((each) => (each.number === 6 ? { ...each, holdsWrite: true as const } : each));
    const screen = await openScreen({ bench: new FakeBench([batch(slots)]), size: [100, 30] });
    await screen.press('a', 'c');
    expect(acts(screen.bench)).toEqual(['cancel B-0143/5 B-0143/8 B-0143/9 B-0143/10 B-0143/11 B-0143/12']);
    expect(await screen.text()).toContain('lamp#6: break the write off?');
    await screen.type('break it');
    expect(acts(screen.bench)).toHaveLength(1);
    await screen.press('Esc', 'c');
    await screen.type('break off');
    expect(acts(screen.bench).at(-1)).toBe('breakOff B-0143/6');
  });

  it('cancels all only for the typed words', async () => {
    const screen = await open12();
    await screen.press('C');
    expect(await screen.text()).toContain('A write has begun: lamp#6.');
    await screen.type('cancel');
    expect(acts(screen.bench)).toEqual([]);
    expect(await screen.text()).toContain('Type cancel all exactly');
    await screen.type(' all');
    expect(acts(screen.bench)).toEqual([
      'cancel B-0143/5 B-0143/6 B-0143/8 B-0143/9 B-0143/10 B-0143/11 B-0143/12',
    ]);
  });

  it('goes to the place of a scanned label, and never takes a scan for keys', async () => {
    const screen = await open12();
    await screen.send('24:6F:28:10:AA:08\r');
    expect(await screen.text()).toMatch(/^> +8 /m);
    await screen.send('10aa04\t');
    expect(await screen.text()).toMatch(/^> +4 /m);
    await screen.send('rrcsq\r');
    expect(await screen.text()).toContain('Scanned rrcsq: no place here has that MAC, name or link.');
    expect(acts(screen.bench)).toEqual([]);
  });

  it('names the pilot, and lets the others go only for the typed word', async () => {
    const [first, ...others] = twelve().filter(({ state }) => state === 'running');
    const slots = [
      first!,
      ...others.map((each) => ({ ...each, waitReason: `waits for ${first!.label}, the pilot` })),
    ];
    const pilots = [
      {
        group: 'SHPLG-S',
        slotId: first!.id,
        label: first!.label,
        state: 'flying' as const,
        waiting: others.length,
      },
    ];
    const screen = await openScreen({ bench: new FakeBench([batch(slots, { pilots })]), size: [80, 24] });
    expect(await screen.text()).toContain(`${first!.label} goes first, ${others.length} units wait`);
    expect(await screen.text()).toContain('WAIT');
    await screen.press('P');
    expect(await screen.text()).toContain('without waiting for the pilot');
    await screen.type('yes');
    expect(acts(screen.bench)).toEqual([]);
    await screen.press('Esc', 'P');
    await screen.type('pilot');
    expect(acts(screen.bench)).toEqual(['waivePilot B-0143']);
  });

  it('says which unit must keep its power, and for how long', async () => {
    const slots = twelve().map((each) =>
      each.state === 'running'
        ? { ...each, keepPowerUntil: START + 120_000 + 74_000 }
        : {
            ...each,
            prompt: undefined,
            state: each.state === 'needs-operator' ? ('waiting' as const) : each.state,
          },
    );
    const screen = await openScreen({ bench: new FakeBench([batch(slots)]), size: [80, 24] });
    const text = await screen.text();
    expect(text).toMatch(/DO NOT UNPLUG lamp#\d+ and \d+ others/);
    expect(text).toMatch(/DO NOT UNPLUG 01:1/);
    await screen.press('P');
    expect(await screen.text()).toContain('No unit waits for a pilot');
  });

  it('filters while typing, shows what the filter is, and Esc brings back what was', async () => {
    const screen = await open12();
    await screen.press('/', 'f', 'a', 'i', 'l');
    expect(await screen.text()).toContain('filter: fail');
    expect(await screen.text()).not.toContain('lamp#1 ');
    expect(await screen.text()).toMatch(/^> +4 /m);
    await screen.press('Esc');
    expect(await screen.text()).toContain('lamp#12');
    await screen.press('/');
    await screen.type('!pass');
    expect(await screen.text()).not.toMatch(/✔ PASS/);
    expect(await screen.text()).toContain('▸ FLASH');
  });

  it('goes to the next place that needs a hand though a filter hides it, and says that the filter is off', async () => {
    const screen = await open12();
    await screen.press('/');
    await screen.type('!you');
    expect(await screen.text()).not.toMatch(/\? YOU/);
    await screen.press('Tab');
    expect(await screen.text()).toMatch(/^>.*\? YOU/m);
    expect(await screen.text()).toContain('The filter is off');
  });

  it('keeps 64 places in a window and says how many are out of sight', async () => {
    const slots = Array.from({ length: 64 }, (_, index) => slot(index + 1));
    const screen = await openScreen({ bench: new FakeBench([batch(slots)]), size: [80, 24] });
    expect(await screen.text()).toContain('49 below');
    await screen.press('PgDn');
    await screen.press('Down');
    expect(await screen.text()).toMatch(/^> 17 /m);
    expect(await screen.text()).toMatch(/\d+ above \/ \d+ below/);
    await screen.press('G');
    expect(await screen.text()).toMatch(/^> 64 /m);
    expect(await screen.text()).toContain('49 above');
    expect((await screen.text()).match(/· WAIT/g)).toHaveLength(15);
  });

  it('leaves the cursor on its place while the places around it change', async () => {
    const screen = await open12();
    await screen.press('Down', 'Down', 'Down', 'Down', 'Down');
    screen.bench.set(batch(twelve().map((each) => (each.number === 5 ? settledSlot(5, 'PASS') : each))));
    await screen.tick(100);
    expect(await screen.text()).toMatch(/^> +6 /m);
  });

  it('draws at most ten times a second, however often the bench changes', async () => {
    const screen = await open12();
    const before = screen.tty.writes.length;
    for (let change = 0; change < 100; change++) {
      const slots = twelve().map((each) =>
        each.number === 6 ? { ...each, progress: { ...each.progress!, done: change * 5000 } } : each,
      );
      screen.bench.set(batch(slots));
      await screen.tick(10);
    }
    expect(screen.tty.writes.length - before).toBeLessThanOrEqual(15);
    expect(await screen.text()).toContain('53%');
  });

  it('rings once for each new request', async () => {
    const rings = (written: string) => written.split('\u0007').length - 1;
    const screen = await open12();
    expect(rings(screen.tty.written)).toBe(1);
    await screen.tick(5000);
    expect(rings(screen.tty.written)).toBe(1);
    const asked = runningSlot(8, 'reboot', { state: 'needs-operator', prompt: actPrompt('p8') });
    screen.bench.set(batch(twelve().map((each) => (each.number === 8 ? asked : each))));
    await screen.tick(100);
    expect(rings(screen.tty.written)).toBe(2);
    screen.bench.set(batch(twelve()));
    await screen.tick(100);
    expect(rings(screen.tty.written)).toBe(2);
  });

  it('stays silent when told so', async () => {
    const services = new FakeServices();
    services.settings = { ...services.settings, bell: 'off' };
    const screen = await openScreen({ bench: new FakeBench([batch(twelve())]), services });
    expect(screen.tty.written).not.toContain('\u0007');
  });

  it('shows several batches under their own headings, jumps between them, and puts an ended one away', async () => {
    const other = batch([settledSlot(1, 'PASS', {}, 'B-0144')], {
      id: 'B-0144',
      endedAt: 1e15,
      device: 'Shelly Plug S',
    });
    const screen = await openScreen({ bench: new FakeBench([batch(twelve()), other]), size: [100, 30] });
    expect(await screen.text()).toContain('2 batches');
    await screen.press(']');
    expect(await screen.text()).toMatch(/B-0144 flash: Shelly Plug S {2}ended[^\n]*\n> +1 /);
    await screen.press('d');
    expect(await screen.text()).not.toContain('B-0144');
    await screen.press('d');
    expect(await screen.text()).toContain('Only a batch that has ended can be put away.');
  });

  it('shows no control characters of a device, whatever it says', async () => {
    const hostile = '\u0007\u001b[2J\u001b[31mowned \u001b]0;t\u0007';
    const bench = new FakeBench([
      batch([
        runningSlot(1, 'detect', {
          state: 'needs-operator',
          label: `x${hostile}`,
          prompt: actPrompt('p', { finding: hostile }),
        }),
      ]),
    ]);
    bench.addLog('B-0143/1', hostile, 'device');
    const screen = await openScreen({ bench, size: [100, 30] });
    await screen.press('Enter');
    expect(await screen.text()).toContain('owned');
    expect(screen.tty.written).not.toContain('\u001b[31m');
    expect(screen.tty.written).not.toContain('\u001b]0;');
    // The one clear is our own, from the start.
    expect(screen.tty.written.split('\u001b[2J')).toHaveLength(2);
  });
});

describe('a batch by radio', () => {
  it('counts who is expected, heard and missing', async () => {
    const heard = { vitals: { batteryPercent: 80, rssiDbm: -60 } };
    const units = [1, 2, 3].map((number) => ({
      ...(number < 3 ? runningSlot(number, 'flash', heard) : slot(number)),
      link: { kind: 'ble', text: `ble:a4:c1:38:00:11:0${number}` } as const,
    }));
    const screen = await openScreen({ bench: new FakeBench([batch(units)]) });
    expect(await screen.text()).toContain('heard 2 of 3, 1 missing');
  });

  it('does not count plugs as heard, though they tell the strength of their signal', async () => {
    const services = new FakeServices();
    services.flows = services.flows.map((flow) => ({ ...flow, linkKinds: ['http', 'virtual'] }));
    const slots = [runningSlot(1, 'flash', { vitals: { rssiDbm: -52 } })];
    const screen = await openScreen({ bench: new FakeBench([batch(slots)]), services });
    expect(await screen.text()).toContain('-52');
    expect(await screen.text()).not.toContain('heard');
  });
});

describe('the end of a batch', () => {
  it('is said, with how many did not pass', async () => {
    const ended = [settledSlot(1, 'PASS'), settledSlot(2, 'UNSURE'), settledSlot(3, 'ERROR')];
    const screen = await openScreen({ bench: new FakeBench([batch(ended, { endedAt: 1e15 })]) });
    expect(await screen.text()).toContain('All settled: 2 units did not pass. e shows the results.');
  });
});

describe('one place', () => {
  const question = actPrompt('q', {
    kind: 'question',
    text: 'No backup can be had. Go on?',
    finding: undefined,
    canPerform: false,
    choices: [
      { value: 'skip', title: 'leave it out' },
      { value: 'go', title: 'go on without' },
    ],
    typed: 'no-backup',
    typedFor: 'go',
  });
  const asking = () =>
    new FakeBench([
      batch([runningSlot(1, 'backup', { state: 'needs-operator', prompt: question }), slot(2)]),
    ]);

  it('takes an answer by its number', async () => {
    const screen = await openScreen({ bench: asking() });
    await screen.press('Enter', '1');
    expect(acts(screen.bench)).toEqual(['answer q skip']);
    await screen.press('7');
    expect(await screen.text()).toContain('There is no choice 7.');
  });

  it('takes Space where there is only one answer, and says why where there are more', async () => {
    const only = { ...question, choices: [{ value: 'in', title: 'next one is in' }], typed: undefined };
    const bench = new FakeBench([
      batch([runningSlot(1, 'detect', { state: 'needs-operator', prompt: only }), slot(2)]),
    ]);
    const screen = await openScreen({ bench });
    await screen.press('Enter', ' ');
    expect(acts(bench)).toEqual(['answer q in']);
    const other = await openScreen({ bench: asking() });
    await other.press('Enter', ' ');
    expect(acts(other.bench)).toEqual([]);
    expect(await other.text()).toContain('There is no question here with a single answer.');
  });

  it('wants a dangerous answer typed', async () => {
    const screen = await openScreen({ bench: asking() });
    await screen.press('Enter', '2');
    await screen.type('yes');
    expect(acts(screen.bench)).toEqual([]);
    for (let letter = 0; letter < 3; letter++) await screen.press('Backspace');
    await screen.type('no-backup');
    expect(acts(screen.bench)).toEqual(['answer q go']);
  });

  it('shows the asked wiring page, what is heard meanwhile, and goes with the prompt', async () => {
    const screen = await open12([80, 24]);
    await screen.press('Tab', 'Enter');
    expect(await screen.text()).toContain('Heard now      normal boot text: GPIO0 was not low');
    expect(await screen.text()).toContain('GPIO0  BEFORE power');
    screen.bench.set(batch(twelve().map((each) => (each.number === 5 ? runningSlot(5, 'backup') : each))));
    await screen.tick(100);
    expect(await screen.text()).not.toContain('do this');
    expect(await screen.text()).not.toContain('BEFORE power');
    expect(await screen.text()).toContain('▸ backup');
  });

  it('has no key for an act on a real link', async () => {
    const real = runningSlot(1, 'detect', {
      state: 'needs-operator',
      prompt: actPrompt('p', { canPerform: false }),
    });
    const screen = await openScreen({ bench: new FakeBench([batch([real])]) });
    await screen.press('Enter');
    expect(await screen.text()).toContain('No key for this: the prompt goes when the unit answers.');
    await screen.press('w');
    expect(acts(screen.bench)).toEqual([]);
  });

  it('explains an outcome in full and adds a note to it', async () => {
    const screen = await open12([80, 24]);
    await screen.press('Down', 'Down', 'Down', 'Enter');
    const text = await screen.text();
    for (const part of [
      'What happened',
      'Do now',
      'Whose fault    the device',
      'If retried',
      'Evidence',
      'Backup',
    ])
      expect(text).toContain(part);
    await screen.press('n');
    await screen.type('cracked pad');
    expect(acts(screen.bench)).toEqual(['note B-0143 304 cracked pad']);
    expect(await screen.text()).toContain('Note saved.');
  });

  it('shows the verdict of a jig in large letters and ends the batch with F', async () => {
    const jig = batch([{ ...settledSlot(1, 'FAIL', { code: 'BOOT_LOOP' }), state: 'take-out' }], {
      cycle: true,
    });
    const screen = await openScreen({ bench: new FakeBench([jig]) });
    const text = await screen.text();
    expect(text).toContain('█████  ███  █████ █');
    expect(text).toContain('Take it out, put the next one in.');
    await screen.press('F');
    expect(acts(screen.bench)).toEqual(['finish B-0143']);
  });

  it('follows its log, searches it, and goes back to the end', async () => {
    const screen = await open12([80, 24]);
    for (let line = 0; line < 60; line++)
      screen.bench.addLog('B-0143/1', `line ${line}${line === 7 ? ' boot loop' : ''}`);
    await screen.press('l');
    expect(await screen.text()).toContain('line 59');
    screen.bench.addLog('B-0143/1', 'line 60');
    await screen.tick(100);
    expect(await screen.text()).toContain('line 60');
    await screen.press('/');
    await screen.type('BOOT');
    expect(await screen.text()).toContain('line 7 boot loop');
    expect(await screen.text()).not.toContain('line 60');
    await screen.press('n');
    expect(await screen.text()).toContain('No other line has "BOOT".');
    await screen.press('G');
    expect(await screen.text()).toContain('line 60');
  });
});

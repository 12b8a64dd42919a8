import { afterEach, describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import { FakeBench } from './fake-bench.ts';
import { adapter, earlier, FakeServices, file, job } from './fake-services.ts';
import { closeScreens, openScreen } from './open-screen.ts';
import { batch, settledSlot, START, twelve } from './slots.ts';
import { flows } from '../../flows/index.ts';
import { startSentence } from '../../src/ui/words/start-rows.ts';
import type { RunRecord } from '../../src/records/run-record.ts';

afterEach(closeScreens);

const stocked = (): FakeServices => {
  const services = new FakeServices();
  services.plugged = [
    adapter(0),
    adapter(1),
    adapter(2, { usable: false, advice: 'Join the group dialout.' }),
  ];
  services.files = [
    file('firmware/lamp.bin'),
    file('/else/plug.bin', { chip: 'ESP8266', title: 'Tasmota for ESP8266' }),
  ];
  return services;
};

describe('the start screen', () => {
  it.each(flows)('says what $id is in the two lines that 80 columns leave, whole', (flow) => {
    expect(startSentence({ kind: 'flow', flow }).length).toBeLessThanOrEqual(2 * 70);
  });

  it('leads with the practice bench where nothing is plugged in, and starts it in two keys', async () => {
    const bench = new FakeBench();
    bench.starts = batch(twelve(), { id: 'B-0001' });
    const screen = await openScreen({ bench });
    expect(await screen.text()).toContain('none plugged in. p: practice bench');
    await screen.press('Enter');
    expect(await screen.text()).toContain('2 places       virtual:lamp#1, virtual:lamp#2');
    await screen.press('Enter');
    expect(bench.calls.at(-1)).toContain('start {"task":"flash","files":[{"path":"/tmp/practice.bin"}]');
    expect(await screen.text()).toMatch(/^ B-0001 {2}flash/);
  });

  it('shows adapters as they come and go', async () => {
    const screen = await openScreen();
    screen.services.plug(adapter(7, { label: 'red cable' }));
    await screen.tick(100);
    expect(await screen.text()).toContain('Adapters: 1: red cable CH340');
  });

  it('follows the adapters, and does not begin anew with every frame', async () => {
    const screen = await openScreen();
    const atFirst = screen.services.subscriptions;
    for (const label of ['red', 'green', 'blue']) {
      screen.services.plug(adapter(7, { label }));
      await screen.tick(100);
    }
    expect(await screen.text()).toContain('Adapters: 1: blue CH340');
    expect(screen.services.subscriptions).toBe(atFirst);
  });

  it('offers an unfinished batch first, and puts it away only when told', async () => {
    const services = new FakeServices();
    services.batches = [earlier({ id: 'B-0009', unfinished: true })];
    const screen = await openScreen({ services });
    expect(await screen.text()).toMatch(/unfinished.*\n > B-0009/);
    await screen.press('d');
    expect(services.calls).toEqual(['close B-0009']);
    expect(await screen.text()).not.toContain('unfinished');
  });

  it('deletes a job only after asking', async () => {
    const services = stocked();
    services.savedJobs = [job()];
    const screen = await openScreen({ services });
    await screen.press('D');
    expect(await screen.text()).toContain('Delete the job lamp-esphome?');
    await screen.press('Esc', 'D', 'y');
    expect(services.calls).toEqual(['delete lamp-esphome']);
  });

  it('starts nothing when it may only look, and says who is at work', async () => {
    const services = stocked();
    services.readOnlyBecause = 'benchflash with process id 41 owns the data directory.';
    const screen = await openScreen({ services });
    expect(await screen.text()).toContain('LOOKING ONLY');
    await screen.press('+');
    expect(await screen.text()).toContain('Looking only: benchflash with process id 41');
  });

  it('shows the history of a scanned unit', async () => {
    const services = new FakeServices();
    services.history = {
      mac: '24:6f:28:10:aa:03',
      chip: 'ESP32-D0WD',
      flashSizeBytes: 2 ** 22,
      runs: [record(12)],
      backups: [
        {
          file: '/b/full.bin',
          sha256: '8c1e',
          bytes: 2 ** 22,
          takenAt: START,
          mark: 'first',
          whole: true,
          contents: 'factory firmware 1.2.3',
        },
      ],
    };
    const screen = await openScreen({ services });
    await screen.send('246f2810aa03\r');
    const text = await screen.text();
    expect(text).toContain('unit 24:6f:28:10:aa:03  ESP32-D0WD, 4 MiB flash');
    expect(text).toContain('brings back: factory firmware 1.2.3');
    expect(text).toContain('What happened  The loader stopped answering.');
  });
});

describe('a new batch', () => {
  it('goes from the device to the start, and hands over what was chosen', async () => {
    const services = stocked();
    const bench = new FakeBench();
    bench.starts = batch(twelve(), { id: 'B-0001' });
    const screen = await openScreen({ services, bench });
    await screen.press('+', 'Enter', 'Enter');
    await screen.press('Enter');
    expect(await screen.text()).toContain('No place yet: Space marks an adapter, t types a link.');
    await screen.press('a', 'Enter');
    await screen.press('Enter');
    expect(await screen.text()).toContain('No file yet');
    await screen.press(' ', 'Enter');
    await screen.press('Enter', 'Enter');
    expect(bench.calls).toContain('plan /dev/ttyUSB0 /dev/ttyUSB1');
    expect(bench.calls.at(-1)).toBe(
      'start {"task":"flash","files":[{"path":"firmware/lamp.bin"}],"settings":{}}',
    );
  });

  it('takes a typed link and a pasted path, and says in place what is wrong with them', async () => {
    const screen = await openScreen({ services: stocked() });
    await screen.press('+', 'Enter', 'Enter', 't');
    await screen.type('virtual:lamp?m=2');
    expect(await screen.text()).toContain('a virtual link has no parameter "m".');
    for (let letter = 0; letter < 3; letter++) await screen.press('Backspace');
    await screen.type('n=2');
    expect(await screen.text()).toContain('[x] virtual:lamp?n=2');
    await screen.press('Enter');
    await screen.send("\u001b[200~'/else/plug.bin'\n\u001b[201~");
    expect(await screen.text()).toContain('does not fit');
    expect(await screen.text()).toContain('It was built for another chip.');
    await screen.press('Enter');
    expect(await screen.text()).toContain('plug.bin: It was built for another chip. Space leaves it out.');
    await screen.send('\u001b[200~/nowhere.bin\u001b[201~');
    await screen.press('Down');
    expect(await screen.text()).toContain('/nowhere.bin: The file cannot be read.');
  });

  const atFirmware = async (services = stocked()) => {
    const bench = new FakeBench();
    const screen = await openScreen({ services, bench });
    await screen.press('+', 'Enter', 'Enter', 'a', 'Enter');
    expect(await screen.text()).toContain('Type or paste a path');
    return screen;
  };

  it('refuses a file where it was picked, with the reason, though a good one lies beside it', async () => {
    const screen = await atFirmware();
    await screen.press(' ', 't');
    await screen.type('/else/plug.bin');
    expect(await screen.text()).toContain('plug.bin: It was built for another chip. Space leaves it out.');
    await screen.press('Enter');
    expect(await screen.text()).toContain('plug.bin: It was built for another chip. Space leaves it out.');
    expect(await screen.text()).toContain('▸ firmware');
    expect(screen.bench.calls).toEqual([]);
    await screen.press('Down', ' ', 'Up', 'Enter');
    expect(await screen.text()).toContain('▸ settings');
  });

  it('refuses a file that cannot be read, and two for one place, where they were picked', async () => {
    const services = stocked();
    services.files = [...services.files, file('/else/lamp2.bin')];
    const screen = await atFirmware(services);
    await screen.press(' ', 't');
    await screen.type('/nowhere.bin');
    expect(await screen.text()).toContain('nowhere.bin: The file cannot be read. Space leaves it out.');
    await screen.press('Down', ' ', 't');
    await screen.type('/else/lamp2.bin');
    const two = 'lamp.bin and lamp2.bin are both meant for the application. Space leaves one\n out.';
    expect(await screen.text()).toContain(two);
    await screen.press('Enter');
    expect(await screen.text()).toContain(two);
    expect(await screen.text()).toContain('▸ firmware');
  });

  it('refuses a backup that cannot be read where it was typed', async () => {
    const screen = await openScreen({ services: stocked() });
    await screen.press('+', 'Enter', 'G', 'Enter', ' ', 'Enter', 't');
    await screen.type('/nowhere.bin');
    expect(await screen.text()).toContain('nowhere.bin: The file cannot be read.');
    await screen.press('Up', 'Enter');
    expect(await screen.text()).toContain('nowhere.bin: The file cannot be read.');
    expect(await screen.text()).toContain('▸ firmware');
    await screen.press(' ', 'Enter');
    expect(await screen.text()).toContain('▸ settings');
  });

  it('puts a path that a terminal pastes as plain characters into the field, on any row', async () => {
    for (const row of [['G'], ['g']]) {
      const screen = await atFirmware();
      await screen.press(...row);
      await screen.send('firmware/lamp.bin');
      expect(await screen.text()).toContain(' > firmware/lamp.bin');
      await screen.press('Enter');
      expect(await screen.text()).toContain('[x] ESP32 application bedside-lamp');
    }
  });

  it('takes a pasted path at once when Enter came with it', async () => {
    const screen = await atFirmware();
    await screen.send('firmware/lamp.bin\r');
    expect(await screen.text()).toContain('[x] ESP32 application bedside-lamp');
    expect(await screen.text()).not.toContain('Path of the file');
  });

  it('takes a pasted link only when it is one, else keeps it in the field with the reason', async () => {
    const screen = await openScreen({ services: stocked() });
    await screen.press('+', 'Enter', 'Enter');
    await screen.send('\u001b[200~virtual:lamp?n=2\u001b[201~');
    expect(await screen.text()).toContain('[x] virtual:lamp?n=2');
    await screen.send('virtual:lamp?unit=9\r');
    expect(await screen.text()).toContain('[x] virtual:lamp?unit=9');
    await screen.send('\u001b[200~ftp://x\u001b[201~');
    expect(await screen.text()).toContain('there is no such kind of link');
    expect(await screen.text()).toContain(' > ftp://x');
    await screen.press('Esc');
    await screen.send('http://lamp.local/');
    await screen.press('Enter');
    expect(await screen.text()).toContain('This flow takes serial, socket, rfc2217, virtual.');
  });

  it('loses nothing to a refusal: what was given is still there a step back', async () => {
    const services = stocked();
    services.savedJobs = [job({ links: ['virtual:lamp?n=3'], files: [{ path: 'firmware/lamp.bin' }] })];
    const bench = new FakeBench();
    bench.planned = new BenchError('FIRMWARE_REFUSED', { message: 'lamp.bin is for another chip.' });
    const screen = await openScreen({ services, bench });
    await screen.press('t');
    expect(await screen.text()).toContain('Refused        lamp.bin is for another chip.');
    await screen.press('Enter');
    expect(bench.calls.filter((call) => call.startsWith('start'))).toEqual([]);
    expect(await screen.text()).toContain('It cannot start like this');
    await screen.press('Esc', 'Esc');
    expect(await screen.text()).toContain('[x] ESP32 application bedside-lamp');
    await screen.press('?', 'Esc', 'Esc');
    expect(await screen.text()).toContain('[x] virtual:lamp?n=3');
  });

  it('masks secrets, checks numbers, and keeps secrets out of a saved job', async () => {
    const services = stocked();
    services.savedJobs = [job({ links: ['virtual:lamp'], files: [{ path: 'firmware/lamp.bin' }] })];
    const screen = await openScreen({ services });
    await screen.press('Enter', 'Enter', 'Enter');
    await screen.press('Down', 'Enter');
    for (let letter = 0; letter < 6; letter++) await screen.press('Backspace');
    await screen.type('12');
    expect(await screen.text()).toContain('Baud rate: at least 9600.');
    await screen.type('0000');
    await screen.press('Down', 'Down', 'Enter');
    await screen.type('hunter22');
    expect(screen.tty.written).not.toContain('hunter22');
    expect(screen.tty.written).toContain('********');
    expect(await screen.text()).toContain('set, 8 characters');
    await screen.press('Home');
    await screen.press('Enter', 'S');
    await screen.type('-2');
    const saved = services.calls.at(-1) ?? '';
    expect(saved).toContain('"name":"lamp-esphome-2"');
    expect(saved).toContain('"baud":"120000"');
    expect(saved).not.toContain('hunter22');
  });

  it('does not offer an adapter that is at work or cannot be used', async () => {
    const services = stocked();
    const taken = twelve().map((each) =>
      each.number === 6 ? { ...each, link: { kind: 'serial' as const, text: '/dev/ttyUSB0' } } : each,
    );
    const screen = await openScreen({ services, bench: new FakeBench([batch(taken)]) });
    await screen.press('+', 'Enter', 'Enter');
    expect(await screen.text()).toContain('in use by B-0143');
    await screen.press(' ');
    expect(await screen.text()).toContain('This adapter cannot be used now.');
    await screen.press('a');
    expect((await screen.text()).match(/\[x\]/g)).toHaveLength(1);
  });

  it('restores each unit its own backup unless one is named', async () => {
    const bench = new FakeBench();
    const screen = await openScreen({ services: stocked(), bench });
    await screen.press('+', 'Enter', 'G', 'Enter', ' ', 'Enter');
    expect(await screen.text()).toContain('[x] Each unit its own newest whole backup');
    await screen.press('t');
    await screen.type('/backups/full.bin');
    expect(await screen.text()).toContain('[x] /backups/full.bin');
  });
});

const record = (run: number, changes: Partial<RunRecord> = {}): RunRecord => ({
  batch: 'B-0142',
  run,
  flow: 'test-lamp',
  task: 'flash',
  slot: 'ttyUSB0',
  slotNumber: 1,
  outcome: 'ERROR',
  step: 'flash',
  code: 'LOADER_SILENT',
  message: 'The loader stopped answering.',
  advice: 'Check power and wires.',
  proof: [],
  identity: { mac: '24:6f:28:10:aa:03' },
  firmware: [],
  warnings: [],
  bytesWritten: 0,
  wrote: false,
  startedAt: START,
  endedAt: START + 1000,
  seconds: 1,
  tries: 1,
  ...changes,
});

describe('results', () => {
  it('lists first what did not pass, retries just those, and goes back to the dashboard', async () => {
    const screen = await openScreen({ bench: new FakeBench([batch(twelve())]) });
    await screen.press('e');
    expect(await screen.text()).toMatch(/> +4 ✖ FAIL.*\n +7 ! ERROR/);
    expect(await screen.text()).toContain('r retry these 2');
    await screen.press('r');
    expect(screen.bench.calls).toEqual(['retry B-0143/4 B-0143/7']);
  });

  it('retries only the marked ones, shows the passes on wish, and writes a CSV', async () => {
    const screen = await openScreen({ bench: new FakeBench([batch(twelve())]) });
    await screen.press('e', 'Down', ' ', 'p');
    expect(await screen.text()).toContain('✔ PASS');
    expect(await screen.text()).toContain('r retry this one');
    await screen.press('x');
    expect(await screen.text()).toContain('/batches/B-0143/results.csv');
    await screen.press('r');
    expect(screen.bench.calls).toEqual(['retry B-0143/7']);
  });

  it('shows passes at once when there is nothing else', async () => {
    const screen = await openScreen({
      bench: new FakeBench([batch([settledSlot(1, 'PASS'), settledSlot(2, 'CURRENT')])]),
    });
    await screen.press('e');
    expect(await screen.text()).toContain('= CURRENT');
  });

  it('counts units, not attempts, in the records too', async () => {
    const services = new FakeServices();
    services.batches = [earlier()];
    services.records = [
      record(1, { identity: {}, code: 'NOTHING_HEARD', step: 'detect' }),
      record(2),
      record(3, { outcome: 'PASS', code: undefined, proof: ['banner'], message: 'ok' }),
      record(4, { slot: 'ttyUSB1', slotNumber: 2, identity: { mac: '24:6f:28:10:aa:04' } }),
    ];
    const screen = await openScreen({ services });
    await screen.press('G', 'Enter');
    expect(await screen.text()).toContain('B-0142 results  2 units, from the records');
    expect(await screen.text()).toContain('1 pass hidden');
    await screen.press('n');
    await screen.type('later');
    expect(services.calls).toEqual(['note B-0142 4 later']);
  });
});

describe('settings', () => {
  it('changes the symbols of everything at once', async () => {
    const services = new FakeServices();
    const screen = await openScreen({ services });
    await screen.press(',', 'Down', 'Down', 'Enter', 'Enter');
    expect(services.settings.symbols).toBe('ascii');
    expect(await screen.text()).toMatch(/^[\x20-\x7e\n]*$/);
  });
});

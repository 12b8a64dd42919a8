import { BenchError } from '../../src/core/errors.ts';
import { describe, expect, it } from 'vitest';
import { codeBeside } from '../../src/cli/outcome-text.ts';
import { demoBatch, demoTray } from '../../src/cli/demo/tray.ts';
import { flows } from '../../flows/index.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { command, FakeHost, FakeServices } from './fakes.ts';

const file: InspectedFile = {
  path: 'lamp.bin',
  kind: 'esp32-app',
  chip: 'ESP32',
  title: 'ESP32 application lamp 1.0',
  facts: [{ label: 'project', value: 'lamp' }],
  problems: [],
  parts: [
    { kind: 'bootloader', title: 'boot loader', flashOffset: 0x1000, bytes: new Uint8Array(1024) },
    { kind: 'app', title: 'application', flashOffset: undefined, bytes: new Uint8Array(2048) },
  ],
  sha256: 'ab'.repeat(32),
  sizeBytes: 2048,
  content: new Uint8Array(2048),
  compressed: false,
};
const inspecting = (facts: Partial<InspectedFile> = {}) =>
  Object.assign(new FakeServices(), { inspected: { ...file, ...facts } });

describe('inspect', () => {
  it('prints title, facts, parts and where they belong', async () => {
    const { code, host } = await command(['inspect', 'lamp.bin'], inspecting());
    expect(code).toBe(0);
    expect(host.stdout.lines).toEqual([
      'ESP32 application lamp 1.0',
      '  project  lamp',
      'parts, with where each belongs in flash:',
      '  0x1000              bootloader  boot loader  1 KiB',
      '  by partition table  app         application  2 KiB',
    ]);
  });

  it('prints one JSON document without the bytes', async () => {
    const { host } = await command(['inspect', 'lamp.bin', '--json'], inspecting());
    expect(host.stdout.json).toMatchObject([
      {
        kind: 'esp32-app',
        sizeBytes: 2048,
        parts: [
          { bytes: 1024, flashOffset: 0x1000 },
          { bytes: 2048, flashOffset: null },
        ],
      },
    ]);
  });

  it.each<[string, number, Partial<InspectedFile>]>([
    ['a file that must not be written', 2, { problems: [{ severity: 'error', text: 'It is truncated.' }] }],
    ['a file nobody knows', 2, { kind: 'unknown' }],
    ['a file with a warning', 0, { problems: [{ severity: 'warning', text: 'QIO is slow.' }] }],
  ])('ends for %s with %i', async (_, expected, facts) => {
    const { code, host } = await command(['inspect', 'lamp.bin'], inspecting(facts));
    expect(code).toBe(expected);
    for (const problem of facts.problems ?? [])
      expect(host.stdout.text).toContain(`${problem.severity}: ${problem.text}`);
  });

  it('lets nothing of a file reach the terminal but text', async () => {
    const hostile = inspecting({
      title: 'app \u001b[2J\u0007',
      facts: [{ label: 'project', value: '\u001b]0;x\u0007y' }],
    });
    const { host } = await command(['inspect', 'lamp.bin'], hostile);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    for (const line of host.stdout.lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
  });

  it('ends with 2 when there is no such file', async () => {
    expect((await command(['inspect', 'nowhere.bin'])).code).toBe(2);
  });
});

describe('results', () => {
  const during = (facts: object) =>
    Object.assign(new FakeServices(), {
      records: async () => ({
        results: async () => ({
          batch: {
            id: 'B-0001',
            header: { flow: 'lamp-flow', task: 'flash', firmware: [] },
            startedAt: 0,
            outcomes: {},
            units: 0,
            damagedLines: 0,
            ...facts,
          },
          units: [],
        }),
        batchFolder: () => 'data/batches/B-0001',
        close: async () => {},
      }),
    });
  const going = { state: 'running', running: 1, waiting: 11, notStarted: 0 };

  it('say of a batch that goes on what runs and what waits, not that it never started', async () => {
    const { host } = await command(['results'], during(going));
    expect(host.stdout.text).toContain('1 slot is running, 11 wait for their turn.');
    expect(host.stdout.text).not.toContain('never started');
    const { host: asJson } = await command(['results', '--json'], during(going));
    expect(asJson.stdout.json).toMatchObject([{ batch: going }]);
  });

  it('say of a batch that has ended which slots never started', async () => {
    const ended = { state: 'unfinished', running: 0, waiting: 0, notStarted: 1 };
    const { host } = await command(['results'], during(ended));
    expect(host.stdout.text).toContain('1 slot was never started.');
    expect(host.stdout.text).not.toContain('running');
  });

  it('do not say a code that is the outcome itself twice', () => {
    expect(codeBeside({ outcome: 'INTERRUPTED', code: 'INTERRUPTED' })).toBeUndefined();
    expect(codeBeside({ outcome: 'ERROR', code: 'NO_ECHO' })).toBe('NO_ECHO');
  });
});

describe('flows, jobs and scan', () => {
  it('print one JSON document each', async () => {
    for (const [name, key] of [
      ['flows', 'flows'],
      ['jobs', 'jobs'],
      ['scan', 'ports'],
    ] as const) {
      const { code, host } = await command([name, '--json']);
      expect(code).toBe(0);
      expect(host.stdout.json).toEqual([expect.objectContaining({ [key]: expect.any(Array) as unknown })]);
    }
  });

  it('name ids, places and settings of flows', async () => {
    const { host } = await command(['flows']);
    expect(host.stdout.text).toContain('lamp-flow');
    expect(host.stdout.text).toContain('--set wifi-password=');
    expect(host.stdout.text).toContain('--set speed=fast  Speed; one of fast, slow');
    expect(host.stdout.text).toContain('bootloader (Boot loader, optional)');
  });

  const adapter = {
    link: '/dev/ttyUSB0',
    key: 'usb:1-2.4',
    label: 'left jig',
    chip: 'CH340',
    dependableBaudRate: 460_800,
    advice: ['It drops bytes above 460800 baud.'],
    usb: { vendorId: '1a86', productId: '7523', location: '1-2.4' },
  };

  it('show an adapter with its chip, its advice and the name that lasts', async () => {
    const { host } = await command(['scan'], Object.assign(new FakeServices(), { portsNow: [adapter] }));
    for (const text of ['/dev/ttyUSB0', 'left jig', 'CH340', 'usb:1-2.4', '1a86:7523', 'It drops bytes'])
      expect(host.stdout.text).toContain(text);
  });

  it('follow plugging and unplugging until a signal', async () => {
    const host = new FakeHost();
    const services = Object.assign(new FakeServices(), { portsNow: [adapter] });
    const write = host.stdout.write.bind(host.stdout);
    host.stdout.write = (text, done) => {
      if (text.startsWith('+ ')) queueMicrotask(() => services.replug?.({ added: [], removed: [adapter] }));
      if (text.startsWith('- ')) queueMicrotask(() => host.signal('SIGINT'));
      return write(text, done);
    };
    const { code } = await command(['scan', '--watch'], services, host);
    expect(code).toBe(0);
    expect(host.stdout.lines[0]).toBe('+ /dev/ttyUSB0  left jig');
    expect(host.stdout.lines).toContain('- /dev/ttyUSB0  left jig');
    expect(services.replug).toBeUndefined();
  });
});

describe('scan of the air', () => {
  const thermometer = {
    link: 'ble:a4:c1:38:00:11:22',
    address: 'a4:c1:38:00:11:22',
    rssiDbm: -61,
    connectable: true,
    services: ['fe95'],
  };
  const listening = (air: FakeServices['air']) => Object.assign(new FakeServices(), { air });

  it('says in one sentence that there is no radio', async () => {
    const { code, host } = await command(['scan']);
    expect(code).toBe(0);
    expect(host.stdout.lines.filter((line) => line.includes('Bluetooth'))).toEqual([
      'No Bluetooth: This computer has no Bluetooth that benchflash can use. Run benchflash doctor: it says what is missing and how to get it.',
    ]);
    const json = await command(['scan', '--json']);
    expect(json.host.stdout.json).toMatchObject([
      { bluetooth: { code: 'BLUETOOTH_UNAVAILABLE', devices: [] } },
    ]);
  });

  it('lists what was heard, the nearest first, each with all it said', async () => {
    const air = [
      { ...thermometer, rssiDbm: -90 },
      { ...thermometer, link: 'ble:02', address: '02', rssiDbm: -40, connectable: false },
      { ...thermometer, name: 'LYWSD03MMC', services: ['181a'], description: 'stock firmware' },
    ];
    const { host } = await command(['scan'], listening(air));
    expect(host.stdout.lines.filter((line) => line.includes('dBm'))).toEqual([
      'ble:02  -40 dBm  services fe95  takes no connection',
      'ble:a4:c1:38:00:11:22  -61 dBm  LYWSD03MMC  stock firmware  services fe95 181a',
    ]);
    const json = await command(['scan', '--json'], listening(air));
    expect(json.host.stdout.json).toMatchObject([
      {
        ports: [],
        bluetooth: {
          radio: expect.any(String) as unknown,
          devices: [{ address: '02' }, { name: 'LYWSD03MMC' }],
        },
      },
    ]);
  });

  it('follows what is heard until a signal, and tells a device again only when it says something new', async () => {
    const host = new FakeHost();
    const services = listening([thermometer, { ...thermometer, rssiDbm: -70 }]);
    const write = host.stdout.write.bind(host.stdout);
    host.stdout.write = (text, done) => {
      if (text.includes('LYWSD03MMC')) queueMicrotask(() => host.signal('SIGINT'));
      else if (text.startsWith('* '))
        queueMicrotask(() => services.hears?.({ ...thermometer, name: 'LYWSD03MMC' }));
      return write(text, done);
    };
    expect((await command(['scan', '--watch'], services, host)).code).toBe(0);
    expect(host.stdout.lines).toEqual([
      '* ble:a4:c1:38:00:11:22  -61 dBm  services fe95',
      '* ble:a4:c1:38:00:11:22  -61 dBm  LYWSD03MMC  services fe95',
    ]);
    expect(services.hears).toBeUndefined();
  });
});

describe('scan of the network', () => {
  const plug = {
    link: 'http://192.168.1.41',
    address: '192.168.1.41',
    port: 80,
    name: 'shellyplug-s-A1B2C3',
    model: 'Shelly plug-s',
    macTail: 'a1b2c3',
  };
  const node = {
    link: 'esphome://192.168.1.40',
    address: '192.168.1.40',
    port: 6053,
    name: 'kitchen',
    model: 'ESPHome device (esp01_1m)',
    firmware: 'ESPHome 2024.5.0',
    mac: 'a1:b2:c3:d4:e5:f6',
    macTail: 'd4e5f6',
  };
  const sonoff = { address: '192.168.1.42', port: 8081, name: 'eWeLink_1', model: 'eWeLink device' };
  const on = (lan: FakeServices['lan']) => Object.assign(new FakeServices(), { lan });

  it('lists what announces itself, each device once, and says that none is in a batch', async () => {
    const services = on([plug, sonoff, node, plug]);
    const { host } = await command(['scan'], services);
    expect(host.stdout.lines.slice(-5)).toEqual([
      'On the network, and in no batch by itself:',
      'esphome://192.168.1.40  ESPHome device (esp01_1m)  kitchen  ESPHome 2024.5.0  a1:b2:c3:d4:e5:f6',
      'http://192.168.1.41  Shelly plug-s  shellyplug-s-A1B2C3  MAC ends with a1b2c3',
      '192.168.1.42  eWeLink device  eWeLink_1',
      'Not every device announces itself: scan --sweep tries every address.',
    ]);
    expect(services.announces).toBeUndefined();
    const json = await command(['scan', '--json'], on([plug, plug]));
    expect(json.host.stdout.json).toMatchObject([{ network: { devices: [plug] } }]);
  });

  it('says so where nothing does', async () => {
    const { host } = await command(['scan']);
    expect(host.stdout.lines.at(-2)).toBe('No device that can be flashed was found on the network.');
  });

  it('tries every address when asked to, and says so where it cannot', async () => {
    const silent = { ...plug, name: undefined, model: 'Tasmota 15.5.0', answers: 'tasmota', locked: true };
    const services = Object.assign(on([]), { silentLan: [silent as FakeServices['lan'][0]] });
    const { host } = await command(['scan', '--sweep'], services);
    expect(host.stdout.lines.slice(-2)).toEqual([
      'http://192.168.1.41  Tasmota 15.5.0  wants a password  MAC ends with a1b2c3',
      'Every address was tried: 2 answer, whatever they are.',
    ]);
    services.sweep = () => Promise.reject(new BenchError('NO_ROUTE', { message: 'No private network.' }));
    const none = await command(['scan', '--sweep'], services);
    expect(none.host.stdout.lines.at(-1)).toBe('No address was tried: No private network.');
    const json = await command(['scan', '--sweep', '--json'], on([]));
    expect(json.host.stdout.json).toMatchObject([{ network: { devices: [], sweep: { answered: 1 } } }]);
  });

  it('follows what comes, and tells a device again only when it says something new', async () => {
    const host = new FakeHost();
    const services = on([plug, plug]);
    const write = host.stdout.write.bind(host.stdout);
    host.stdout.write = (text, done) => {
      if (text.includes('shelly-homekit')) queueMicrotask(() => host.signal('SIGINT'));
      else if (text.startsWith('* '))
        queueMicrotask(() => services.announces?.({ ...plug, firmware: 'shelly-homekit 2.12.1' }));
      return write(text, done);
    };
    expect((await command(['scan', '--watch'], services, host)).code).toBe(0);
    expect(host.stdout.lines.filter((line) => line.startsWith('* '))).toHaveLength(2);
    expect(services.announces).toBeUndefined();
  });
});

describe('doctor about the network', () => {
  const checks = async (networkNow: FakeServices['networkNow']) => {
    const services = Object.assign(new FakeServices(), { networkNow });
    const { host } = await command(['doctor', '--json'], services);
    const all = host.stdout.json[0]?.checks as { id: string; state: string; finding: string; fix?: string }[];
    return all.filter(({ id }) => ['network', 'wifi', 'power'].includes(id));
  };
  const home = { interfaceName: 'wlan0', address: '192.168.1.20', prefixBits: 24, isPrivate: true };

  it('names the addresses of this computer, the Wi-Fi interface for units and the power', async () => {
    const found = await checks({
      addresses: [home, { ...home, interfaceName: 'eth0', address: '8.8.8.8', isPrivate: false }],
      wifi: { state: 'usable', name: 'wlan1' },
      power: { onBattery: false, batteryPercent: 80 },
    });
    expect(found.map(({ state, finding }) => [state, finding])).toEqual([
      ['yes', '192.168.1.20/24 on wlan0, 8.8.8.8/24 on eth0 (not private: never searched)'],
      ['yes', 'by wlan1'],
      ['yes', 'from the mains, battery at 80 %'],
    ]);
  });

  it('says no to each with its fix, and is ready all the same', async () => {
    const found = await checks({
      addresses: [],
      wifi: { state: 'in-use', name: 'wlan0' },
      power: { onBattery: true, batteryPercent: 40 },
    });
    expect(found.map(({ state, finding }) => [state, finding])).toEqual([
      ['no', 'this computer has no address; only network flows need one'],
      ['no', 'wlan0 is the way to the network and stays there'],
      ['no', 'this computer runs on its battery at 40 %'],
    ]);
    for (const { fix } of found) expect(fix).toMatch(/\.$/);
  });

  it.each([
    [{ state: 'no-nmcli' }, 'nmcli is not there'],
    [{ state: 'not-running' }, 'NetworkManager does not answer'],
    [{ state: 'no-interface' }, 'no Wi-Fi interface'],
    [{ state: 'unavailable', name: 'wlan0', word: 'unmanaged' }, 'wlan0 is unmanaged'],
  ] as const)('tells for %o what to do without', async (wifi, finding) => {
    const [, check, ...rest] = await checks({ addresses: [home], wifi });
    expect(check).toMatchObject({
      state: 'no',
      finding,
      fix: expect.stringContaining('your phone') as string,
    });
    expect(rest).toEqual([]);
  });
});

describe('doctor about Bluetooth', () => {
  const bluetooth = (checks: unknown) =>
    (checks as { id: string; state: string; fix?: string }[])
      .filter(({ id }) => id.startsWith('bluetooth'))
      .map(({ id, state, fix }) => [
        id.replace('bluetooth-', ''),
        state,
        ...(fix === undefined ? [] : [fix]),
      ]);

  it.each([
    ['no-library', [['library', 'no', 'Do it.']]],
    [
      'no-adapter',
      [
        ['library', 'yes'],
        ['adapter', 'no', 'Do it.'],
      ],
    ],
    [
      'off',
      [
        ['library', 'yes'],
        ['adapter', 'yes'],
        ['on', 'no', 'Do it.'],
      ],
    ],
    [
      'no-permission',
      [
        ['library', 'yes'],
        ['adapter', 'yes'],
        ['on', 'yes'],
        ['access', 'no', 'Do it.'],
      ],
    ],
  ] as const)('says for %s how far it came, and the fix', async (state, expected) => {
    const services = new FakeServices();
    services.bluetoothNow = { state, finding: 'It is so.', fix: 'Do it.' };
    const { host } = await command(['doctor', '--json'], services);
    expect(bluetooth(host.stdout.json[0]?.checks)).toEqual(expected);
  });

  it('says yes to all where it can be used', async () => {
    const { host } = await command(['doctor', '--json']);
    expect(bluetooth(host.stdout.json[0]?.checks).map(([, state]) => state)).toEqual([
      'yes',
      'yes',
      'yes',
      'yes',
    ]);
  });
});

describe('virtual', () => {
  it('serves until a signal and says on which port', async () => {
    const host = new FakeHost();
    const services = new FakeServices();
    const write = host.stdout.write.bind(host.stdout);
    // The server is up when its address is said.
    host.stdout.write = (text, done) => {
      queueMicrotask(() => host.signal('SIGTERM'));
      return write(text, done);
    };
    const words = [
      'virtual',
      'lamp',
      '--listen',
      'rfc2217://127.0.0.1:0',
      '--fault',
      'a,b',
      '--pace',
      '115200',
    ];
    const { code } = await command(words, services, host);
    expect(code).toBe(0);
    expect(host.stdout.text).toBe('listening on rfc2217://127.0.0.1:43210\n');
    expect(services.served[0]).toMatchObject({ port: 0, faults: ['a', 'b'], paceBaud: 115_200, unit: 1 });
    expect(services.closed).toBe(1);
  });

  it('serves several, numbers and ports one after another', async () => {
    const host = new FakeHost();
    const services = new FakeServices();
    const write = host.stderr.write.bind(host.stderr);
    // All are up when it is said how to stop them.
    host.stderr.write = (text, done) => {
      queueMicrotask(() => host.signal('SIGTERM'));
      return write(text, done);
    };
    const listen = ['virtual', 'shelly-plug-s', '--listen', 'http://127.0.0.1:8100', '--count', '3'];
    expect((await command([...listen, '--unit', '5'], services, host)).code).toBe(0);
    expect(services.served.map(({ port, unit }) => [port, unit])).toEqual([
      [8100, 5],
      [8101, 6],
      [8102, 7],
    ]);
    expect(services.closed).toBe(3);
    for (const more of [
      ['--image', 'flash.bin'],
      ['--listen', 'http://127.0.0.1:65534'],
    ])
      expect((await command([...listen, ...more])).code).toBe(2);
  });

  it('writes practice images instead', async () => {
    const { code, host, services } = await command(['virtual', 'lamp', '--make-firmware', 'out']);
    expect(code).toBe(0);
    expect(host.stdout.text).toBe('out/lamp.bin  2 KiB  Practice image\n');
    expect(services.served).toEqual([]);
  });
});

describe('demo and screen', () => {
  const atTerminal = () => {
    const host = new FakeHost();
    host.stdin.isTTY = true;
    host.stdout.isTTY = true;
    return host;
  };

  it('open the screen at a terminal', async () => {
    const { services } = await command(['demo', '--slots', '4', '--ascii'], new FakeServices(), atTerminal());
    expect(services.screens).toMatchObject([{ start: { kind: 'demo', slots: 4 }, options: { ascii: true } }]);
    const none = await command([], new FakeServices(), atTerminal());
    expect(none.services.screens).toMatchObject([{ start: { kind: 'start' } }]);
  });

  it('shows hands at work, a failure that a retry cures, and a unit that is current', async () => {
    const virtual = await new FakeServices().virtual();
    const { links } = await demoBatch({ virtual, folder: 'virtual', mishap: true });
    expect(links).toHaveLength(12);
    expect(links.filter((link) => link.virtual?.wiring === 'three-wires')).toHaveLength(3);
    expect(links.flatMap((link) => link.virtual?.faults ?? [])).toEqual(['dies-at-50%-once']);
    expect(links.filter((link) => link.virtual?.state === 'esphome')).toHaveLength(1);
  });

  it('has a mixed tray: by wire, by Bluetooth and over the network, no unit twice', async () => {
    const virtual = await new FakeServices().virtual();
    const tray = await demoTray({ virtual, folder: 'virtual', mishap: true }, 12);
    expect(tray.map(({ flowId, links }) => `${flowId} ${links.length}`)).toEqual([
      'lywsd03mmc-wire 3',
      'lywsd03mmc-wire 1',
      'lywsd03mmc-ble 4',
      'shelly-plug-s 4',
      'tasmota 2',
      'mijia-bedside-lamp-2 12',
    ]);
    const texts = tray.flatMap(({ links }) => links.map(({ text }) => text));
    expect(new Set(texts).size).toBe(texts.length);
    for (const { links, flowId } of tray)
      for (const link of links)
        expect(flows.find(({ id }) => id === flowId)?.virtualDevice).toBe(link.virtual?.device);
  });

  it('has a practice batch for lamps, plugs and thermometers, and says so where there is none', async () => {
    const virtual = await new FakeServices().virtual();
    const parts = { virtual, folder: 'virtual', mishap: true };
    const ids = [
      'mijia-bedside-lamp-2',
      'esp8266-plug-wire',
      'lywsd03mmc-wire',
      'lywsd03mmc-ble',
      'shelly-plug-s',
      'shelly-gen1',
      'tasmota',
      'sonoff-diy',
      'esphome-ota',
    ];
    for (const id of ids) {
      const { flowId, links } = await demoBatch(parts, id);
      expect(flowId).toBe(id);
      expect(links.length).toBeGreaterThan(1);
    }
    await expect(demoBatch(parts, 'toaster')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'There is no practice batch for toaster.',
    });
  });

  it('has a practice batch for each flow of the camera, with the programmer only where flashrom is', async () => {
    const virtual = await new FakeServices().virtual();
    const batch = (flowId: string, installed: boolean) =>
      demoBatch({ virtual, folder: 'virtual', mishap: true, hasFlashrom: async () => installed }, flowId);
    const spi = await batch('dafang-spi', true);
    const onConsole = await batch('dafang-console', false);
    expect([spi.flowId, onConsole.flowId]).toEqual(['dafang-spi', 'dafang-console']);
    const links = [...spi.links, ...onConsole.links];
    expect(links).toHaveLength(4);
    expect(links.every(({ virtual: place }) => place?.device === 'dafang')).toBe(true);
    expect(new Set(links.map(({ virtual: place }) => place?.unit)).size).toBe(4);
    await expect(batch('dafang-spi', false)).rejects.toMatchObject({ code: 'FLASHROM_MISSING' });
  });

  it('runs as lines without a terminal, its acts done by the practice bench', async () => {
    const { code, services } = await command(['demo', '--slots', '3', '--json']);
    expect(code).toBe(0);
    expect(services.screens).toEqual([]);
    const { requests } = services.fakeBench;
    for (const { assume } of requests) expect(assume).toContain('wired');
    const links = requests.flatMap((request) => request.links);
    expect(links.filter(({ virtual }) => virtual?.device === 'lamp').map(({ text }) => text)).toEqual([
      'virtual:lamp#1',
      'virtual:lamp#2',
      'virtual:lamp#3',
    ]);
    // Nobody is there to retry: nothing goes wrong on purpose.
    expect(links.flatMap(({ virtual }) => virtual?.faults ?? [])).toEqual(['asleep', 'low-battery']);
    expect(links.every(({ virtual }) => virtual?.fresh)).toBe(true);
  });
});

import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LinuxAdapter, linuxAdapters } from '../../../src/drivers/ble/linux-adapters.ts';
import type { Noble } from '../../../src/drivers/ble/noble/noble-types.ts';
import { createRadioOpener } from '../../../src/drivers/ble/noble/open-noble.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

/** Noble as far as opening goes: a state that the test sets. */
class FakeNoble extends EventEmitter {
  address = '00:11:22:33:44:55';
  _bindings = { onSigIntBinded: () => process.exit(1) };
  _peripherals = {};
  now: string;
  startThrows: Error | undefined;
  constructor(state: string) {
    super();
    this.now = state;
  }
  get state(): string {
    if (this.startThrows) throw this.startThrows;
    return this.now;
  }
  become(state: string): void {
    this.now = state;
    this.emit('stateChange', state);
  }
  startScanning(): void {}
  stopScanning(): void {}
}

const bench = (noble: FakeNoble | Error, adapters: readonly LinuxAdapter[] = []) => {
  const clock = new ManualClock();
  const now = { noble, loaded: 0 };
  const opener = createRadioOpener({
    clock,
    adapters: async () => adapters,
    loadNoble: async () => {
      now.loaded += 1;
      if (now.noble instanceof Error) throw now.noble;
      return now.noble as unknown as Noble;
    },
  });
  return { clock, opener, now, open: () => clock.run(opener.open({})) };
};

const thrown = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('the radio of this computer', () => {
  it.each<[string, string, string, Error, string?]>([
    [
      'that was not installed',
      'BLUETOOTH_UNAVAILABLE',
      'npm ci',
      thrown('ERR_MODULE_NOT_FOUND', "Cannot find package '@abandonware/noble' imported from /x/dist/b.js"),
    ],
    [
      'whose native part was not built',
      'BLUETOOTH_UNAVAILABLE',
      'npm rebuild',
      thrown(
        'MODULE_NOT_FOUND',
        "Cannot find module '../build/Release/bluetooth_hci_socket.node'\nRequire stack:\n- /x/node_modules/@abandonware/bluetooth-hci-socket/lib/native.js",
      ),
    ],
    [
      'that was built for another Node',
      'BLUETOOTH_UNAVAILABLE',
      'Reinstall',
      thrown(
        'ERR_DLOPEN_FAILED',
        "The module '/x/bluetooth_hci_socket.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115.",
      ),
    ],
    [
      'on a kernel without Bluetooth',
      'BLUETOOTH_UNAVAILABLE',
      'Plug a Bluetooth adapter in',
      thrown('EAFNOSUPPORT', 'EAFNOSUPPORT, Address family not supported by protocol'),
    ],
    [
      'without an adapter',
      'BLUETOOTH_UNAVAILABLE',
      'Plug a Bluetooth adapter in',
      thrown('ENODEV', 'ENODEV, No such device'),
    ],
    [
      'that is forbidden',
      'BLUETOOTH_OFF',
      'setcap cap_net_raw',
      thrown('EPERM', 'EPERM, Operation not permitted'),
    ],
  ])('%s ends with %s and its remedy', async (_, code, advice, error) => {
    const { open } = bench(error);
    await expect(open()).rejects.toMatchObject({
      code,
      advice: expect.stringContaining(advice),
      cause: error,
    });
  });

  it.each<[string, string, string, readonly LinuxAdapter[]]>([
    ['poweredOff', 'BLUETOOTH_OFF', 'bluetoothctl power on', [{ name: 'hci0', blocked: undefined }]],
    ['poweredOff', 'BLUETOOTH_OFF', 'rfkill unblock bluetooth', [{ name: 'hci0', blocked: 'soft' }]],
    ['poweredOff', 'BLUETOOTH_OFF', 'wireless switch', [{ name: 'hci0', blocked: 'hard' }]],
    ['unauthorized', 'BLUETOOTH_OFF', 'setcap', []],
    ['unsupported', 'BLUETOOTH_UNAVAILABLE', 'Bluetooth 4.0', []],
    ['unknown', 'BLUETOOTH_UNAVAILABLE', 'Unplug it', []],
  ])('that says %s ends with %s: %s', async (state, code, advice, adapters) => {
    const { open } = bench(new FakeNoble(state), adapters);
    await expect(open()).rejects.toMatchObject({ code, advice: expect.stringContaining(advice) });
  });

  it('looks anew at each call, and is then the same for all', async () => {
    const { open, now, opener } = bench(thrown('ENODEV', 'ENODEV, No such device'));
    await expect(open()).rejects.toMatchObject({ code: 'BLUETOOTH_UNAVAILABLE' });
    const noble = new FakeNoble('poweredOff');
    now.noble = noble;
    await expect(open()).rejects.toMatchObject({ code: 'BLUETOOTH_OFF' });
    noble.become('poweredOn');
    const radio = await open();
    expect(await open()).toBe(radio);
    expect(now.loaded).toBe(2);
    expect(radio.name).toBe('Bluetooth adapter 00:11:22:33:44:55');
    noble.become('unauthorized');
    await expect(open()).rejects.toMatchObject({ code: 'BLUETOOTH_OFF' });
    noble.become('poweredOn');
    expect(await open()).toBe(radio);
    await opener.close();
  });

  it('waits until the adapter says how it is', async () => {
    const noble = new FakeNoble('unknown');
    const { opener, clock } = bench(noble);
    const opening = opener.open({});
    await clock.advance(1000);
    noble.become('poweredOn');
    await expect(clock.run(opening)).resolves.toBeDefined();
  });

  it('does not let noble end the program at Ctrl-C', async () => {
    const noble = new FakeNoble('poweredOn');
    process.on('SIGINT', noble._bindings.onSigIntBinded);
    await bench(noble).open();
    expect(process.listeners('SIGINT')).not.toContain(noble._bindings.onSigIntBinded);
  });
});

describe('adapters of Linux', () => {
  it('are listed with what blocks them', async () => {
    const sysfs = mkdtempSync(join(tmpdir(), 'benchflash-sysfs-'));
    onTestFinished(() => rmSync(sysfs, { recursive: true }));
    for (const [adapter, soft, hard] of [
      ['hci0', '1', '0'],
      ['hci1', '0', '1'],
      ['hci2', '0', '0'],
    ] as const) {
      const rfkill = join(sysfs, 'class/bluetooth', adapter, 'rfkill3');
      mkdirSync(rfkill, { recursive: true });
      writeFileSync(join(rfkill, 'soft'), `${soft}\n`);
      writeFileSync(join(rfkill, 'hard'), `${hard}\n`);
    }
    mkdirSync(join(sysfs, 'class/bluetooth/hci0:64'));
    expect(await linuxAdapters(sysfs)).toEqual([
      { name: 'hci0', blocked: 'soft' },
      { name: 'hci1', blocked: 'hard' },
      { name: 'hci2', blocked: undefined },
    ]);
    expect(await linuxAdapters(join(sysfs, 'nowhere'))).toEqual([]);
  });
});

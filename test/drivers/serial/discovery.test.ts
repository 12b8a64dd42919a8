import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { portOfLink, systemPortLister } from '../../../src/drivers/serial/discovery.ts';
import { FakeBinding } from './fake-binding.ts';

interface Adapter {
  readonly tty: string;
  /** Place of the USB device, e.g. `1-2.4`. */
  readonly at: string;
  readonly id: string;
  readonly driver: string;
  readonly interface?: number;
  readonly product?: string;
  readonly serial?: string;
}

describe.skipIf(process.platform === 'win32')('finding ports in /sys', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'benchflash-sysfs-'));
    mkdirSync(join(root, 'class/tty'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const file = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  const entry = (tty: string, device: string, driver: string, attributes: Record<string, string> = {}) => {
    const real = `${device}/tty/${tty}`;
    mkdirSync(join(root, real), { recursive: true });
    for (const [name, text] of Object.entries(attributes)) file(`${real}/${name}`, text);
    symlinkSync(join(root, device), join(root, real, 'device'));
    mkdirSync(join(root, 'bus/drivers', driver), { recursive: true });
    symlinkSync(join(root, 'bus/drivers', driver), join(root, device, 'driver'));
    symlinkSync(join(root, real), join(root, 'class/tty', tty));
  };
  /** As the kernel lays it out: usb-serial ports have a folder of their own below the interface, CDC-ACM has not. */
  const plug = (adapter: Adapter) => {
    const device = `devices/pci0000:00/0000:00:14.0/usb1/${adapter.at}`;
    const usbInterface = `${device}/${adapter.at}:1.${adapter.interface ?? 0}`;
    const [vendor = '', product = ''] = adapter.id.split(':');
    file(`${device}/idVendor`, vendor);
    file(`${device}/idProduct`, product);
    if (adapter.product != null) file(`${device}/product`, adapter.product);
    if (adapter.serial != null) file(`${device}/serial`, adapter.serial);
    file(`${usbInterface}/bInterfaceNumber`, `0${adapter.interface ?? 0}`);
    entry(
      adapter.tty,
      adapter.driver === 'cdc_acm' ? usbInterface : `${usbInterface}/${adapter.tty}`,
      adapter.driver,
    );
  };
  const lister = (nameOf?: (key: string) => string | undefined) =>
    systemPortLister(nameOf, { platform: 'linux', sysfs: root });

  const CH340 = { id: '1a86:7523', driver: 'ch341-uart', product: 'USB Serial' };
  const CP2102 = { id: '10c4:ea60', driver: 'cp210x', product: 'CP2102 USB to UART Bridge Controller' };
  const FT232 = { id: '0403:6001', driver: 'ftdi_sio', product: 'FT232R USB UART' };

  it('lists nothing where there is nothing', async () => {
    expect(await lister().list()).toEqual([]);
    rmSync(join(root, 'class'), { recursive: true });
    expect(await lister().list()).toEqual([]);
  });

  it('tells adapter, chip, place and serial number', async () => {
    plug({ ...FT232, tty: 'ttyUSB10', at: '1-2.4', serial: 'A10KBC3F' });
    plug({ ...CH340, tty: 'ttyUSB2', at: '1-2.3' });
    plug({ tty: 'ttyACM0', at: '1-5', id: '303A:1001', driver: 'cdc_acm', serial: '7C:DF:A1:00:00:01' });
    const ports = await lister().list();
    expect(ports.map(({ path, key, label, chip }) => [path, key, label, chip.id])).toEqual([
      ['/dev/ttyACM0', 'usb:sn=7C:DF:A1:00:00:01', 'ESP32 with its own USB port at 1-5', 'usb-jtag'],
      ['/dev/ttyUSB2', 'usb:1-2.3', 'CH340 at 1-2.3', 'ch340'],
      ['/dev/ttyUSB10', 'usb:sn=A10KBC3F', 'FTDI at 1-2.4', 'ftdi'],
    ]);
    expect(ports[2]?.usb).toEqual({
      vendorId: '0403',
      productId: '6001',
      product: 'FT232R USB UART',
      serialNumber: 'A10KBC3F',
      location: '1-2.4',
      interface: 0,
    });
    for (const { chip } of ports) expect(chip.notes.length).toBeGreaterThan(0);
  });

  it('names adapters by their socket where the serial number is not their own', async () => {
    plug({ ...CP2102, tty: 'ttyUSB0', at: '1-1', serial: '0001' });
    plug({ ...CP2102, tty: 'ttyUSB1', at: '1-2', serial: '00000000' });
    plug({ ...FT232, tty: 'ttyUSB2', at: '1-3', serial: 'A50285BI' });
    plug({ ...FT232, tty: 'ttyUSB3', at: '1-4', serial: 'A50285BI' });
    expect((await lister().list()).map(({ key }) => key)).toEqual([
      'usb:1-1',
      'usb:1-2',
      'usb:1-3',
      'usb:1-4',
    ]);
  });

  it('tells the ports of one adapter apart', async () => {
    const FT2232 = { id: '0403:6010', driver: 'ftdi_sio', at: '1-3', serial: 'FT4ABCDE' };
    plug({ ...FT2232, tty: 'ttyUSB0' });
    plug({ ...FT2232, tty: 'ttyUSB1', interface: 1 });
    expect((await lister().list()).map(({ key }) => key)).toEqual(['usb:sn=FT4ABCDE', 'usb:sn=FT4ABCDE:1']);
  });

  it('tells the old CP2102 from the new one by its text', async () => {
    plug({ ...CP2102, tty: 'ttyUSB0', at: '1-1' });
    plug({ ...CP2102, tty: 'ttyUSB1', at: '1-2', product: 'CP2102N USB to UART Bridge Controller' });
    plug({ ...CP2102, tty: 'ttyUSB2', at: '1-3', product: 'Made up' });
    const rates = (await lister().list()).map(({ chip }) => [chip.title, chip.dependableBaudRate]);
    expect(rates).toEqual([
      ['CP2102 (old type)', 460_800],
      ['CP2102N', 921_600],
      ['CP2102, CP2102N or CP2104', 460_800],
    ]);
  });

  it('leaves out consoles, pseudo terminals and ports without hardware', async () => {
    for (const tty of ['tty', 'tty0', 'tty63', 'console', 'ptmx', 'ttyp0', 'ttyzf'])
      mkdirSync(join(root, 'class/tty', tty));
    entry('ttyS0', 'devices/pnp0/00:04', 'serial', { type: '4' });
    entry('ttyS1', 'devices/platform/serial8250', 'serial8250', { type: '0' });
    entry('ttyAMA0', 'devices/platform/fe201000.serial', 'uart-pl011', { type: '32' });
    const ports = await lister().list();
    expect(ports.map(({ path, key, chip }) => [path, key, chip.id])).toEqual([
      ['/dev/ttyAMA0', '/dev/ttyAMA0', 'uart'],
      ['/dev/ttyS0', '/dev/ttyS0', 'uart'],
    ]);
  });

  it('shows nothing of a hostile adapter that would move the cursor', async () => {
    plug({
      ...CH340,
      tty: 'ttyUSB0',
      at: '1-1',
      product: '\u001b[2JCute\u202e',
      serial: 'X1\u001b]0;a\u0007 Y/2',
    });
    const [port] = await lister().list();
    expect(port?.usb?.product).toBe('Cute');
    expect(port?.key).toMatch(/^usb:sn=[\w.:-]+$/);
  });

  it('uses the name a person gave to the key', async () => {
    plug({ ...CH340, tty: 'ttyUSB0', at: '1-2.3' });
    const [port] = await lister((key) => (key === 'usb:1-2.3' ? 'left jig' : undefined)).list();
    expect(port).toMatchObject({ name: 'left jig', label: 'left jig' });
  });

  it('sees what was plugged and unplugged since', async () => {
    const ports = lister();
    plug({ ...CH340, tty: 'ttyUSB0', at: '1-1' });
    expect((await ports.list()).map(({ key }) => key)).toEqual(['usb:1-1']);
    plug({ ...CH340, tty: 'ttyUSB1', at: '1-2' });
    expect(await ports.list()).toHaveLength(2);
    rmSync(join(root, 'class/tty/ttyUSB0'));
    rmSync(join(root, 'devices/pci0000:00/0000:00:14.0/usb1/1-1'), { recursive: true });
    expect((await ports.list()).map(({ key }) => key)).toEqual(['usb:1-2']);
  });

  it('opens an adapter by its key wherever it is now', async () => {
    plug({ ...FT232, tty: 'ttyUSB5', at: '1-2.4', serial: 'A10KBC3F' });
    const ports = lister();
    expect(await portOfLink('/dev/ttyUSB0', ports)).toEqual({ path: '/dev/ttyUSB0' });
    expect((await portOfLink('/dev/ttyUSB5', ports)).chip?.sws.read).toBe('never');
    expect(await portOfLink('usb:sn=A10KBC3F', ports)).toMatchObject({
      path: '/dev/ttyUSB5',
      chip: { id: 'ftdi' },
    });
    expect((await portOfLink('usb:1-2.4', ports)).path).toBe('/dev/ttyUSB5');
    await expect(portOfLink('usb:1-9', ports)).rejects.toMatchObject({ code: 'PORT_NOT_FOUND' });
    plug({ ...FT232, tty: 'ttyUSB6', at: '1-2.5', serial: 'A10KBC3F' });
    await expect(portOfLink('usb:sn=A10KBC3F', ports)).rejects.toMatchObject({
      code: 'PORT_NOT_FOUND',
      message: expect.stringContaining('/dev/ttyUSB5, /dev/ttyUSB6') as string,
    });
  });
});

describe('finding ports by node-serialport', () => {
  it('takes what Windows tells', async () => {
    const binding = new FakeBinding({
      ports: [
        {
          path: 'COM12',
          vendorId: '10C4',
          productId: 'EA60',
          serialNumber: '0001',
          manufacturer: 'Silicon Labs',
          locationId: 'Port_#0002.Hub_#0001',
        },
        { path: 'COM3', vendorId: '1A86', productId: '7523', serialNumber: '5&1B2C3D4&0&2' },
      ],
    });
    const ports = await systemPortLister(undefined, {
      platform: 'win32',
      binding: async () => binding,
    }).list();
    expect(ports.map(({ path, key, chip }) => [path, key, chip.id])).toEqual([
      ['COM3', 'COM3', 'ch340'],
      ['COM12', 'usb:Port_#0002.Hub_#0001', 'cp210x'],
    ]);
  });

  it('takes what macOS tells, without the ports it makes up', async () => {
    const binding = new FakeBinding({
      ports: [
        { path: '/dev/tty.Bluetooth-Incoming-Port' },
        { path: '/dev/tty.debug-console' },
        { path: '/dev/tty.usbserial-A10KBC3F', vendorId: '403', productId: '6001', serialNumber: 'A10KBC3F' },
      ],
    });
    const ports = await systemPortLister(undefined, {
      platform: 'darwin',
      binding: async () => binding,
    }).list();
    expect(ports.map(({ key, chip }) => [key, chip.id])).toEqual([['usb:sn=A10KBC3F', 'ftdi']]);
  });
});

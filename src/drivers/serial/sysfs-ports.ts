import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sanitize } from '../../core/text.ts';
import type { UsbIdentity } from './adapter.ts';

/** A serial port as the operating system describes it. */
export interface FoundPort {
  readonly path: string;
  readonly usb?: UsbIdentity;
  /** Name of the kernel driver, e.g. `ch341-uart`, `cdc_acm`. */
  readonly driver?: string;
}

/** Virtual consoles and old-style pseudo terminals: hundreds of entries that are never an adapter. */
const NEVER_A_PORT = /^(tty\d*|console|ptmx|tty[a-ep-z][0-9a-f])$/;
/** The kernel makes ttyS0 to ttyS31 whether there is hardware or not; `type` is 0 where there is none. */
const NO_HARDWARE = '0';

/**
 * Reads the serial ports from Linux's /sys. node-serialport would start `udevadm` each time, which is too dear to
 * ask once a second. What was read is kept for as long as the kernel's own entry of the port lives.
 */
export class SysfsPorts {
  readonly #root: string;
  #known = new Map<string, FoundPort | undefined>();

  /** `root`: where sysfs is mounted. */
  constructor(root = '/sys') {
    this.#root = root;
  }

  async list(): Promise<FoundPort[]> {
    const folder = join(this.#root, 'class/tty');
    const names = (await readdir(folder).catch(() => [])).filter((name) => !NEVER_A_PORT.test(name));
    const seen = new Map<string, FoundPort | undefined>();
    for (const name of names) {
      const entry = await lstat(join(folder, name)).catch(() => undefined);
      if (!entry) continue;
      const id = `${name} ${entry.ino} ${entry.ctimeMs}`;
      seen.set(id, this.#known.has(id) ? this.#known.get(id) : await describe(folder, name));
    }
    this.#known = seen;
    return [...seen.values()].filter((port) => port != null);
  }
}

async function describe(folder: string, name: string): Promise<FoundPort | undefined> {
  const device = await realpath(join(folder, name, 'device')).catch(() => undefined);
  if (device == null) return undefined;
  if ((await attribute(join(folder, name), 'type')) === NO_HARDWARE) return undefined;
  const driver = await realpath(join(device, 'driver')).then(basename, () => undefined);
  const usb = await usbIdentity(device);
  return { path: `/dev/${name}`, ...(driver != null && { driver }), ...(usb && { usb }) };
}

/** Climbs from the port to its USB interface and on to the USB device. */
async function usbIdentity(device: string): Promise<UsbIdentity | undefined> {
  let interfaceNumber: number | undefined;
  for (let folder = device; dirname(folder) !== folder; folder = dirname(folder)) {
    const number = await attribute(folder, 'bInterfaceNumber');
    if (number != null) interfaceNumber = parseInt(number, 16);
    const vendorId = await attribute(folder, 'idVendor');
    if (vendorId == null) continue;
    const [productId, manufacturer, product, serialNumber] = await Promise.all([
      attribute(folder, 'idProduct'),
      attribute(folder, 'manufacturer'),
      attribute(folder, 'product'),
      attribute(folder, 'serial'),
    ]);
    return {
      vendorId: vendorId.toLowerCase(),
      productId: productId?.toLowerCase() ?? '0000',
      ...(manufacturer != null && { manufacturer }),
      ...(product != null && { product }),
      ...(serialNumber != null && { serialNumber }),
      location: basename(folder),
      ...(interfaceNumber != null && { interface: interfaceNumber }),
    };
  }
  return undefined;
}

/** One attribute, made safe to show (USB texts come from the device); undefined when missing or empty. */
async function attribute(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  return sanitize(text) || undefined;
}

import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import { identifyChip } from './adapter-chips.ts';
import type { AdapterChip, SerialPortInfo, UsbIdentity } from './adapter.ts';
import { type BindingPortInfo, type SerialBinding, systemBinding } from './binding.ts';
import { type FoundPort, SysfsPorts } from './sysfs-ports.ts';

export { watchPorts, type PortChanges } from './port-watcher.ts';
export type { AdapterChip, AdapterChipId, SerialPortInfo, UsbIdentity } from './adapter.ts';

/** Finds the name a person gave to a port's stable key. */
export type PortNameLookup = (key: string) => string | undefined;

export interface PortLister {
  /** Every serial port there is, sorted by path. */
  list(): Promise<readonly SerialPortInfo[]>;
}

/** Where ports are looked for; replaced in tests. */
export interface PortSources {
  readonly platform?: NodeJS.Platform;
  /** Linux: where sysfs is mounted. */
  readonly sysfs?: string;
  /** Elsewhere: node-serialport. */
  readonly binding?: () => Promise<Pick<SerialBinding, 'list'>>;
}

/** The ports of this computer. Keep one lister: it remembers what it read, so that asking once a second is cheap. */
export function systemPortLister(
  nameOf: PortNameLookup = () => undefined,
  sources: PortSources = {},
): PortLister {
  const { platform = process.platform, binding = systemBinding } = sources;
  const sysfs = new SysfsPorts(sources.sysfs);
  const find = async (): Promise<FoundPort[]> =>
    platform === 'linux'
      ? sysfs.list()
      : (await (await binding()).list()).filter(({ path }) => !NOT_AN_ADAPTER.test(path)).map(fromBinding);
  return {
    async list() {
      const found = await find();
      return found
        .map((port) => describe(port, found, nameOf))
        .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
    },
  };
}

/** Ports macOS makes up for itself. */
const NOT_AN_ADAPTER = /Bluetooth-Incoming-Port|debug-console|wlan-debug/;

function fromBinding(port: BindingPortInfo): FoundPort {
  const { vendorId, productId } = port;
  if (vendorId == null || productId == null) return { path: port.path };
  const text = (value: string | undefined) => (value == null ? undefined : sanitize(value) || undefined);
  const manufacturer = text(port.manufacturer);
  const serialNumber = text(port.serialNumber);
  const location = text(port.locationId);
  return {
    path: port.path,
    usb: {
      vendorId: vendorId.toLowerCase().padStart(4, '0'),
      productId: productId.toLowerCase().padStart(4, '0'),
      ...(manufacturer != null && { manufacturer }),
      ...(serialNumber != null && { serialNumber }),
      ...(location != null && { location }),
    },
  };
}

function describe(port: FoundPort, all: readonly FoundPort[], nameOf: PortNameLookup): SerialPortInfo {
  const { path, usb } = port;
  const chip = identifyChip({ ...usb, ...(port.driver != null && { driver: port.driver }) });
  const serialKey = usb && serialKeyOf(usb);
  const own = all.filter((other) => other.usb && serialKeyOf(other.usb) === serialKey).length === 1;
  const key = (own ? serialKey : undefined) ?? (usb && locationKeyOf(usb)) ?? path;
  const name = nameOf(key);
  return {
    path,
    key,
    ...(name != null && { name }),
    label: name ?? (usb?.location == null ? `${chip.title}, ${path}` : `${chip.title} at ${usb.location}`),
    chip,
    ...(usb && { usb }),
  };
}

/**
 * What makers and clones leave in the serial number: CP2102 come with 0001, clones with counting or equal digits.
 * Windows makes up a number with `&` in it from the socket where the device has none.
 */
const NOBODYS_SERIAL = /^(0*\d?|(.)\2*|0?123456789?[0-9a-f]*|.*&.*)$/i;

function serialKeyOf(usb: UsbIdentity): string | undefined {
  const { serialNumber } = usb;
  if (serialNumber == null || serialNumber.length < 4 || NOBODYS_SERIAL.test(serialNumber)) return undefined;
  return `usb:sn=${serialNumber.replaceAll(/[^\w.:-]/g, '_')}${interfaceSuffix(usb)}`;
}

function locationKeyOf(usb: UsbIdentity): string | undefined {
  if (usb.location == null) return undefined;
  return `usb:${usb.location.replaceAll(/[^\w.#-]/g, '_')}${interfaceSuffix(usb)}`;
}

/** Adapters with several ports: each further one is named by its USB interface. */
const interfaceSuffix = (usb: UsbIdentity): string => (usb.interface ? `:${usb.interface}` : '');

/**
 * The path a serial link is opened by now, and the adapter's chip where the port is a listed one. A link that begins
 * with `usb:` names an adapter by serial number or socket (the keys of SerialPortInfo) wherever it was plugged in
 * last. Throws PORT_NOT_FOUND.
 */
export async function portOfLink(
  text: string,
  lister: PortLister = systemPortLister(),
): Promise<{ readonly path: string; readonly chip?: AdapterChip }> {
  if (!text.startsWith('usb:')) {
    // An unlisted path (a pty, a symlink) opens just as well.
    const ports = await lister.list().catch(() => []);
    const found = ports.find(({ path }) => path === text);
    return { path: text, ...(found && { chip: found.chip }) };
  }
  const ports = await lister.list();
  const matching = ports.filter(
    ({ key, usb }) => key === text || (usb && [serialKeyOf(usb), locationKeyOf(usb)].includes(text)),
  );
  if (matching.length === 1 && matching[0]) return matching[0];
  throw new BenchError('PORT_NOT_FOUND', {
    message:
      matching.length === 0
        ? `No adapter ${sanitize(text)} is plugged in.`
        : `${matching.length} adapters are ${sanitize(text)}: ${matching.map(({ path }) => path).join(', ')}.`,
    ...(matching.length > 1 && { advice: 'Name it by its socket instead; benchflash scan shows which.' }),
    detail: { link: text },
  });
}

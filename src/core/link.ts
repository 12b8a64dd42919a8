import { BenchError } from './errors.ts';

/** How a unit is reached. */
export type LinkKind = 'serial' | 'socket' | 'rfc2217' | 'ble' | 'http' | 'esphome' | 'flashrom' | 'virtual';

export interface Link {
  readonly kind: LinkKind;
  /** As shown, journalled and used as the slot's name; one per slot: `/dev/ttyUSB0`, `virtual:lamp#3`. */
  readonly text: string;
  /** Only for `virtual`. */
  readonly virtual?: VirtualLink;
}

/** One place of the practice bench. */
export interface VirtualLink {
  /** Name of the virtual device, e.g. `lamp`. */
  readonly device: string;
  /** Number of the unit, from 1. In a jig: the first of the units presented. */
  readonly unit: number;
  /** With `jig`: how many units are presented one after another in this one slot. */
  readonly jigUnits?: number;
  /** Names of the faults of this unit; for a jig, by unit number in `unitFaults`. */
  readonly faults: readonly string[];
  readonly unitFaults: Readonly<Record<number, readonly string[]>>;
  readonly state?: string;
  readonly wiring?: string;
  /** A file of this computer that lies on the SD card of the unit. */
  readonly card?: string;
  /** Speed of the modelled wire in baud; missing: as fast as the machine goes, flash time not modelled. */
  readonly paceBaud?: number;
  /** Start from a new unit, not from what earlier runs left in its flash. */
  readonly fresh: boolean;
}

const usage = (message: string, cause?: unknown) =>
  new BenchError('USAGE', {
    message,
    advice:
      'Links: /dev/ttyUSB0 or COM3 (benchflash scan lists them), socket://HOST:PORT, rfc2217://HOST:PORT, ble:MAC, http://HOST, esphome://HOST, flashrom:PROGRAMMER, virtual:lamp?n=12.',
    cause,
  });

/**
 * Reads one `--link` value into the slots it stands for (`virtual:lamp?n=12` is twelve). Throws USAGE.
 * A repeated `fault=` adds up; `fault=3:a` is for unit 3 only.
 */
export function parseLinks(value: string): Link[] {
  if (value === '') throw usage('A --link value is empty.');
  const scheme = /^([a-z0-9]+):/i.exec(value)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'virtual':
      return parseVirtual(value);
    case 'socket':
    case 'rfc2217':
      return [parseHostLink(scheme, value)];
    case 'http':
    case 'esphome':
      return [parseNetworkLink(scheme, value)];
    case 'ble':
      if (!/^ble:([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value))
        throw usage(`${value}: ble: wants an address like ble:a4:c1:38:00:11:22.`);
      return [{ kind: 'ble', text: value.toLowerCase() }];
    case 'flashrom':
      return [parseProgrammer(value)];
    default:
      if (value.includes('://')) throw usage(`${value}: there is no such kind of link.`);
      return [{ kind: 'serial', text: value }];
  }
}

/** Programmers of flashrom that write the firmware of the computer they run on. */
const OWN_FLASH = ['internal', 'linux_mtd'];

function parseProgrammer(value: string): Link {
  const programmer = value.slice('flashrom:'.length);
  const [name = ''] = programmer.split(':');
  if (!/^\w+$/.test(name))
    throw usage(`${value}: flashrom: wants a programmer as flashrom -p takes it, e.g. flashrom:ch341a_spi.`);
  if (OWN_FLASH.includes(name))
    throw usage(`${value}: this is the flash of the computer itself, not of a unit.`);
  return { kind: 'flashrom', text: `flashrom:${programmer}` };
}

function checkedUrl(value: string): URL {
  try {
    return new URL(value);
  } catch (cause) {
    throw usage(`${value}: this is not a valid address.`, cause);
  }
}

/** The text is shown and journalled: it must hold no password, and a page of the unit is no other unit. */
function parseNetworkLink(kind: 'http' | 'esphome', value: string): Link {
  const url = checkedUrl(value.replace(/^\w+:/, 'http:'));
  const isPlain = url.username === '' && url.password === '' && url.pathname === '/' && url.search === '';
  if (url.hostname === '' || !isPlain || url.hash !== '')
    throw usage(`${kind}:// wants a host alone, with a port where it is another than usual: ${kind}://HOST.`);
  return { kind, text: `${kind}://${url.host}` };
}

function parseHostLink(kind: 'socket' | 'rfc2217', value: string): Link {
  const url = checkedUrl(value);
  if (url.hostname === '' || url.port === '') throw usage(`${value}: ${kind}:// wants host:port.`);
  return { kind, text: `${kind}://${url.hostname}:${url.port}` };
}

function parseVirtual(value: string): Link[] {
  const [, device = '', query = ''] = /^virtual:([^?#]*)(?:#\d+)?(?:\?(.*))?$/i.exec(value) ?? [];
  if (!/^[a-z0-9-]+$/.test(device))
    throw usage(`${value}: virtual: wants the name of a virtual device, e.g. virtual:lamp.`);
  const hash = /^virtual:[^?#]*#(\d+)/i.exec(value)?.[1];
  const parameters = new URLSearchParams(query);
  const known = new Set(['n', 'unit', 'fault', 'state', 'wiring', 'pace', 'sd', 'jig', 'fresh']);
  for (const key of parameters.keys())
    if (!known.has(key)) throw usage(`${value}: a virtual link has no parameter "${key}".`);

  const count = positiveInteger(parameters.get('n') ?? '1', `${value}: n=`);
  if (count > 1024) throw usage(`${value}: n= is at most 1024.`);
  const unitText = parameters.get('unit') ?? hash;
  if (unitText != null && parameters.has('n')) throw usage(`${value}: give n= or unit=, not both.`);
  const first = unitText == null ? 1 : positiveInteger(unitText, `${value}: unit=`);
  const pace = parameters.get('pace');

  const everyUnit: string[] = [];
  const unitFaults: Record<number, string[]> = {};
  for (const item of parameters
    .getAll('fault')
    .flatMap((list) => list.split(','))
    .filter((name) => name !== '')) {
    const [, unit, name = item] = /^(\d+):(.+)$/.exec(item) ?? [];
    if (unit == null) everyUnit.push(name);
    else (unitFaults[Number(unit)] ??= []).push(name);
  }

  const state = parameters.get('state');
  const wiring = parameters.get('wiring');
  const card = parameters.get('sd');
  const common = {
    device,
    ...(state != null && { state }),
    ...(wiring != null && { wiring }),
    ...(card != null && { card }),
    ...(pace != null && { paceBaud: positiveInteger(pace, `${value}: pace=`) }),
    fresh: parameters.has('fresh'),
  };
  if (parameters.has('jig')) {
    const perUnit: Record<number, string[]> = {};
    for (let unit = first; unit < first + count; unit++)
      perUnit[unit] = [...everyUnit, ...(unitFaults[unit] ?? [])];
    const virtual = { ...common, unit: first, jigUnits: count, faults: everyUnit, unitFaults: perUnit };
    return [{ kind: 'virtual', text: `virtual:${device}#jig`, virtual }];
  }
  return Array.from({ length: count }, (_, index) => {
    const unit = first + index;
    const faults = [...everyUnit, ...(unitFaults[unit] ?? [])];
    return {
      kind: 'virtual',
      text: `virtual:${device}#${unit}`,
      virtual: { ...common, unit, faults, unitFaults: {} },
    };
  });
}

function positiveInteger(text: string, what: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1)
    throw usage(`${what}${text} is not a whole number from 1.`);
  return number;
}

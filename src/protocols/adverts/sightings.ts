import { sanitize } from '../../core/text.ts';
import type { Advertisement } from '../../drivers/ble/radio.ts';
import { namedFirmware, productModel } from '../xiaomi/products.ts';
import { airFirmware, type AirFirmware } from './air-firmware.ts';
import { decodeAdvertisement } from './decode.ts';
import type { AdvertFormat, AdvertFrame, Readings } from './frame.ts';

/** What is known of one unit from all its packets. Times are monotonic, ms. */
export interface HeardUnit extends Readings {
  /** What `BleRadio.connect` takes. */
  readonly address: string;
  /** From the address, or from a payload where the operating system hides MACs. */
  readonly mac?: string;
  readonly model?: string;
  readonly productId?: number;
  readonly firmware?: AirFirmware;
  /** Where the format carries one; most do not. */
  readonly firmwareVersion?: string;
  /** Format of the newest packet that had one. */
  readonly format?: AdvertFormat;
  readonly bound?: boolean;
  readonly encrypted: boolean;
  /** Encrypted with a key that is not known here: readings are missing. */
  readonly locked: boolean;
  /** Sanitised. */
  readonly name?: string;
  readonly rssiDbm: number;
  readonly connectable: boolean;
  readonly packets: number;
  readonly firstHeardAtMs: number;
  readonly heardAtMs: number;
  /** Since when what it sends speaks for the same firmware without a break: the proof of a flash lies after it. */
  readonly firmwareSinceMs: number;
}

export const ageMs = (unit: HeardUnit, nowMs: number): number => Math.max(0, nowMs - unit.heardAtMs);

export interface SightingsOptions {
  /** 16 bytes, or undefined where none is known. */
  readonly bindKeyOf?: (address: string) => Uint8Array | undefined;
}

/** Random addresses of phones pass by for ever; those heard longest ago are forgotten beyond this. */
const MAX_UNITS = 1024;
/** Longest name that is kept: the air allows no more in one legacy advertisement. */
const MAX_NAME_LENGTH = 29;

/** The units on the air, from what the radio hears. Pure: fed by `hear`, asked by `units`. */
export class Sightings {
  readonly #units = new Map<string, HeardUnit>();
  readonly #options: SightingsOptions;

  constructor(options: SightingsOptions = {}) {
    this.#options = options;
  }

  /** The unit as it is known now; undefined for what is no thermometer by format, name or earlier packets. */
  hear(heard: Advertisement): HeardUnit | undefined {
    const before = this.#units.get(heard.address);
    const name = cleanName(heard.localName);
    const frames = decodeAdvertisement(heard, this.#options.bindKeyOf?.(heard.address));
    const isOurs = frames.length > 0 || (name != null && namedFirmware(name) != null);
    if (before == null && !isOurs) return undefined;
    const unit = merge(before, heard, frames, name);
    // Set anew, so that the order of the map is that of the last sighting.
    this.#units.delete(heard.address);
    this.#units.set(heard.address, unit);
    if (this.#units.size > MAX_UNITS) this.#units.delete(this.#units.keys().next().value!);
    return unit;
  }

  /** By address or by MAC. */
  unit(addressOrMac: string): HeardUnit | undefined {
    return this.#units.get(addressOrMac) ?? [...this.#units.values()].find(({ mac }) => mac === addressOrMac);
  }

  /** The longest known first. */
  units(): readonly HeardUnit[] {
    return [...this.#units.values()].sort((a, b) => a.firstHeardAtMs - b.firstHeardAtMs);
  }
}

function cleanName(name: string | undefined): string | undefined {
  const clean = sanitize(name ?? '').slice(0, MAX_NAME_LENGTH);
  return clean === '' ? undefined : clean;
}

function merge(
  before: HeardUnit | undefined,
  heard: Advertisement,
  frames: readonly AdvertFrame[],
  newName: string | undefined,
): HeardUnit {
  const frame = frames.at(-1);
  const format = frame?.format ?? before?.format;
  // A name of the firmware before must not speak for the one that sends another format now.
  const isNewFormat = frame != null && before?.format != null && frame.format !== before.format;
  const name = newName ?? (isNewFormat ? undefined : before?.name);
  const firmware =
    frame == null && newName == null ? before?.firmware : airFirmware(frame ?? shell(before), name);
  const isSameFirmware = before != null && before.firmware?.family === firmware?.family;
  const mac = heard.addressIsMac ? heard.address : (frames.find((each) => each.mac)?.mac ?? before?.mac);
  const productId = frames.find((each) => each.productId != null)?.productId ?? before?.productId;
  const model =
    (productId == null ? undefined : productModel(productId)) ??
    (name == null ? undefined : namedFirmware(name)?.model) ??
    before?.model;
  return defined({
    ...readingsOf(before),
    ...(isSameFirmware ? defined({ firmwareVersion: before.firmwareVersion }) : {}),
    ...frames.reduce((all, each) => ({ ...all, ...readingsOf(each) }), {}),
    ...defined({ firmwareVersion: frame?.firmwareVersion }),
    address: heard.address,
    mac,
    model,
    productId,
    firmware,
    format,
    name,
    bound: boundState(isSameFirmware ? before.bound : undefined, frames),
    encrypted: frame?.encrypted ?? before?.encrypted ?? false,
    locked: frame?.locked ?? before?.locked ?? false,
    rssiDbm: heard.rssiDbm,
    connectable: heard.connectable,
    packets: (before?.packets ?? 0) + 1,
    firstHeardAtMs: before?.firstHeardAtMs ?? heard.heardAtMs,
    heardAtMs: heard.heardAtMs,
    firmwareSinceMs: isSameFirmware ? before.firmwareSinceMs : heard.heardAtMs,
  });
}

/** The format before, where only a name came: the name is judged with it. */
function shell(before: HeardUnit | undefined): AdvertFrame | undefined {
  if (before?.format == null) return undefined;
  return { format: before.format, encrypted: before.encrypted, locked: before.locked };
}

function boundState(before: boolean | undefined, frames: readonly AdvertFrame[]): boolean | undefined {
  const said = frames.findLast(({ bound }) => bound != null)?.bound;
  return said ?? before;
}

const readingsOf = (from: Readings | undefined): Readings =>
  defined({
    batteryPercent: from?.batteryPercent,
    batteryMv: from?.batteryMv,
    temperatureC: from?.temperatureC,
    humidityPercent: from?.humidityPercent,
  });

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined members. */
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as unknown as Defined<T>;
}

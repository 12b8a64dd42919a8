import type { Product } from '../../src/firmware/inspect.ts';
import type { PlugAnswer, PlugFirmware } from '../../src/protocols/plugs/index.ts';
import { last6 } from '../../src/core/identity.ts';

/** What an image must say of itself once it runs, and where it is looked for. */
export interface NewFirmware {
  readonly firmware: PlugFirmware;
  /** For people: `Tasmota 9.2.0 (lite)`. */
  readonly title: string;
  readonly version?: string;
  readonly variant?: string;
  /** How the names of its access points begin; the last six digits of the unit's MAC follow. */
  readonly accessPointPrefix?: string;
  /** Where it answers there. */
  readonly portAtAccessPoint: number;
  /** True where it is at home at its access point until somebody sets it up: an answer there is all there is. */
  readonly livesAtAccessPoint: boolean;
}

/** Of firmware that can be recognised once it runs: its images name it, `recognizeProduct` of src/firmware. */
const BY_PRODUCT: Readonly<Record<string, Omit<NewFirmware, 'title' | 'version' | 'variant'>>> = {
  Tasmota: {
    firmware: 'tasmota',
    accessPointPrefix: 'tasmota_',
    portAtAccessPoint: 80,
    livesAtAccessPoint: false,
  },
  'HAA installer': {
    firmware: 'haa-portal',
    accessPointPrefix: 'HAA-',
    portAtAccessPoint: 4567,
    livesAtAccessPoint: true,
  },
  ESPurna: {
    firmware: 'espurna',
    accessPointPrefix: 'ESPURNA-',
    portAtAccessPoint: 80,
    livesAtAccessPoint: true,
  },
  // Its access point has the name that its owner compiled in.
  ESPHome: { firmware: 'esphome', portAtAccessPoint: 80, livesAtAccessPoint: true },
};

/** Undefined where nothing is known by which this firmware could be recognised. */
export function newFirmwareOf(product: Product | undefined): NewFirmware | undefined {
  const known = product === undefined ? undefined : BY_PRODUCT[product.name];
  if (product === undefined || known === undefined) return undefined;
  const { name, version, variant } = product;
  return {
    ...known,
    title: [name, version, variant === undefined ? undefined : `(${variant})`]
      .filter((word) => word !== undefined)
      .join(' '),
    ...(version !== undefined && { version }),
    ...(variant !== undefined && known.firmware === 'tasmota' && { variant }),
  };
}

/** True where nothing that it says of itself speaks against it. */
export const isThatFirmware = (answer: PlugAnswer, wanted: NewFirmware): boolean =>
  answer.firmware === wanted.firmware &&
  (answer.version === undefined || wanted.version === undefined || answer.version === wanted.version) &&
  (answer.variant === undefined || wanted.variant === undefined || answer.variant === wanted.variant);

/** Whether an access point of this name is one that this firmware opens on the unit with this MAC. */
export function namesAccessPoint(ssid: string, mac: string, wanted: NewFirmware): boolean {
  const prefix = wanted.accessPointPrefix;
  return prefix !== undefined && ssid.toLowerCase().startsWith(`${prefix}${last6(mac)}`.toLowerCase());
}

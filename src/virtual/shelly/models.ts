/** One Gen1 model: rows of the table in section 1.3 of the reference. */
export interface ShellyModel {
  /** Name of the state that makes a unit of it. */
  readonly state: string;
  /** `type` of `/shelly`. */
  readonly type: string;
  readonly title: string;
  /** Name of its firmware in manifests. */
  readonly app: string;
  /** What its takeover zips end in: `mg2tasmota-ShellyPlugS.zip`. */
  readonly zip: string;
  /** Sector of its boot config. */
  readonly bootConfigOffset: 0x1000 | 0x7000;
  /** Its name on the network begins with it. */
  readonly host: string;
  readonly outputs: number;
  readonly meters: number;
}

export const PLUG_S: ShellyModel = {
  state: 'stock',
  type: 'SHPLG-S',
  title: 'Shelly Plug S',
  app: 'shelly-plug-s',
  zip: 'ShellyPlugS',
  bootConfigOffset: 0x7000,
  host: 'shellyplug-s',
  outputs: 1,
  meters: 1,
};

export const SHELLY_1: ShellyModel = {
  state: 'shelly1',
  type: 'SHSW-1',
  title: 'Shelly 1',
  app: 'switch1',
  zip: 'Shelly1',
  bootConfigOffset: 0x1000,
  host: 'shelly1',
  outputs: 1,
  meters: 0,
};

export const SHELLY_25: ShellyModel = {
  state: 'shelly25',
  type: 'SHSW-25',
  title: 'Shelly 2.5',
  app: 'switch25',
  zip: 'Shelly25',
  bootConfigOffset: 0x1000,
  host: 'shellyswitch25',
  outputs: 2,
  meters: 2,
};

export const SHELLY_MODELS: readonly ShellyModel[] = [PLUG_S, SHELLY_1, SHELLY_25];

export const shellyModel = (type: string): ShellyModel | undefined =>
  SHELLY_MODELS.find((model) => model.type === type);

/** Upper case without colons, as Shelly writes it. */
export const plainMac = (mac: string): string => mac.replaceAll(':', '').toUpperCase();

/** Host name, mDNS instance and name of its access point: with the last three bytes of the MAC. */
export const shellyId = (model: ShellyModel, mac: string): string =>
  `${model.host}-${plainMac(mac).slice(6)}`;

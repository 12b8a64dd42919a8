/**
 * Shelly models of the first generation (ESP8266, Mongoose OS) that can be taken over by an update archive. From
 * yaourdt/mgos-to-tasmota, `mos.yml` (names, flash, boot configuration), and the models' answers to `/shelly`.
 */
export interface ShellyModel {
  /** What `/shelly` says in `type`. */
  readonly type: string;
  /** In the operator's words. */
  readonly title: string;
  /** Of the archives: `mg2tasmota-ShellyPlugS.zip`. */
  readonly zipSuffix: string;
  /** What the manifest of its archives must say in `name`. */
  readonly app: string;
  /** Flash sector of the boot loader's configuration. An image of the other group overwrites it: a brick. */
  readonly bootConfigOffset: 0x1000 | 0x7000;
  /** Of the flash chip. */
  readonly flashBytes: number;
}

const MIB = 0x10_0000;
/** Of its file system, on every model; bytes. */
export const SHELLY_FS_BYTES = 0x4_0000;

type Row = readonly [
  type: string,
  title: string,
  zipSuffix: string,
  app: string,
  bootConfigOffset: 0x1000 | 0x7000,
  flashMiB?: number,
];

const ROWS: readonly Row[] = [
  ['SHSW-1', 'Shelly 1', 'Shelly1', 'switch1', 0x1000],
  ['SHSW-L', 'Shelly 1L', 'Shelly1L', 'switch1l', 0x1000],
  ['SHSW-PM', 'Shelly 1PM', 'Shelly1PM', 'switch1pm', 0x1000],
  ['SHSW-21', 'Shelly 2', 'Shelly2', 'switch', 0x1000],
  ['SHSW-25', 'Shelly 2.5', 'Shelly25', 'switch25', 0x1000],
  ['SHEM', 'Shelly EM', 'ShellyEM', 'shellyem', 0x1000],
  ['SHIX3-1', 'Shelly i3', 'ShellyI3', 'ix3', 0x1000],
  ['SHUNI-1', 'Shelly Uni', 'ShellyUni', 'uni', 0x1000],
  ['SHCB-1', 'Shelly Duo RGBW', 'ShellyDuoRGBW', 'color-bulb', 0x1000],
  ['SHPLG-S', 'Shelly Plug S', 'ShellyPlugS', 'shelly-plug-s', 0x7000],
  ['SHPLG2-1', 'Shelly Plug', 'ShellyPlug2', 'shelly-plug2', 0x7000, 4],
  ['SHPLG-U1', 'Shelly Plug US', 'ShellyPlugUS', 'shelly-plug-u1', 0x7000],
  ['SHRGBW2', 'Shelly RGBW2', 'ShellyRGBW2', 'rgbw2-color', 0x7000],
  ['SHDM-1', 'Shelly Dimmer 1', 'ShellyDimmer1', 'dimmer', 0x7000],
  ['SHDM-2', 'Shelly Dimmer 2', 'ShellyDimmer2', 'dimmer-l51', 0x7000],
  ['SHBLB-1', 'Shelly Bulb', 'ShellyBulb', 'bulb', 0x7000],
  ['SHVIN-1', 'Shelly Vintage', 'ShellyVintage', 'bulb6w', 0x7000],
  ['SHBDUO-1', 'Shelly Duo', 'ShellyDuo', 'bulbduo', 0x7000],
  ['SHHT-1', 'Shelly H&T', 'ShellyHT', 'ht-sensor', 0x7000],
];

export const SHELLY_MODELS: readonly ShellyModel[] = ROWS.map(
  ([type, title, zipSuffix, app, bootConfigOffset, flashMiB = 2]) => ({
    type,
    title,
    zipSuffix,
    app,
    bootConfigOffset,
    flashBytes: flashMiB * MIB,
  }),
);

export const shellyModelOfType = (type: string): ShellyModel | undefined =>
  SHELLY_MODELS.find((model) => model.type === type);

export const shellyModelOfApp = (app: string): ShellyModel | undefined =>
  SHELLY_MODELS.find((model) => model.app === app);

/** `Shelly Plug S (SHPLG-S)`. */
export const modelText = ({ title, type }: ShellyModel): string => `${title} (${type})`;

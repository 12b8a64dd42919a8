/** Models by Xiaomi product id (MiBeacon). */
const PRODUCTS: ReadonlyMap<number, string> = new Map([
  [0x055b, 'LYWSD03MMC'],
  [0x045b, 'LYWSD02'],
  [0x16e4, 'LYWSD02MMC'],
  [0x2542, 'LYWSD02MMC'],
  [0x0387, 'MHO-C401'],
  [0x06d3, 'MHO-C303'],
  [0x0347, 'CGG1'],
  [0x0b48, 'CGG1'],
  [0x066f, 'CGDK2'],
  [0x0576, 'CGD1'],
  [0x2832, 'MJWSD05MMC'],
  [0x55b5, 'MJWSD06MMC'],
  [0x1203, 'XMWSDJ04MMC'],
  [0x0a83, 'CGPR1'],
]);

export const productModel = (productId: number): string | undefined => PRODUCTS.get(productId);

/** Who a local name stands for. Names can be set by users: they count together with what else is sent. */
export interface NamedFirmware {
  readonly firmware: 'stock' | 'free' | 'zigbee' | 'flash-hacker';
  readonly model?: string;
}

const NAMES: readonly (readonly [pattern: RegExp, named: NamedFirmware])[] = [
  [/^LYWSD03MMC-z/i, { firmware: 'zigbee', model: 'LYWSD03MMC' }],
  [/^ATCz/, { firmware: 'zigbee' }],
  [/^LYWSD03MMC$/, { firmware: 'stock', model: 'LYWSD03MMC' }],
  [/^MHO-C401$/, { firmware: 'stock', model: 'MHO-C401' }],
  [/^MJWSD05MMC$/, { firmware: 'stock', model: 'MJWSD05MMC' }],
  [/^MJWSD06MMC$/, { firmware: 'stock', model: 'MJWSD06MMC' }],
  [/^LYWSD02MMC$/, { firmware: 'stock', model: 'LYWSD02MMC' }],
  [/^Qingping Temp & RH M/, { firmware: 'stock', model: 'CGG1' }],
  [/^Qingping Temp RH M/, { firmware: 'stock', model: 'CGG1' }],
  [/^Qingping Temp RH Lite/, { firmware: 'stock', model: 'CGDK2' }],
  [/^C121$/, { firmware: 'stock', model: 'MHO-C122' }],
  [/^(ATC|BTH)_[0-9A-F]{6}$/i, { firmware: 'free' }],
  [/^BLE_[0-9A-F]{6}$/i, { firmware: 'flash-hacker' }],
];

export const namedFirmware = (name: string): NamedFirmware | undefined =>
  NAMES.find(([pattern]) => pattern.test(name))?.[1];

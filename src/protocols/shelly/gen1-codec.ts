import * as z from 'zod';
import { deviceName } from '../plugs/talk.ts';
import { plainMac } from '../plugs/mac.ts';

/*
 * Answers of the Gen1 API, as published by the maker for `/shelly`, `/settings`, `/status` and `/ota`. Everything in
 * them is what a device said of itself: only what is used is taken, and only in its own form.
 */

const mac = z.string().transform((text, context) => {
  const found = plainMac(text);
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: 'no MAC' });
  return z.NEVER;
});

/** `GET /shelly` of the first generation; never asks for a password. */
export const gen1Identity = z.object({
  type: z.string().regex(/^[\w-]{1,24}$/),
  mac,
  auth: z.boolean().default(false),
  fw: deviceName.default(''),
  gen: z.undefined().optional(),
});
export type Gen1Identity = z.output<typeof gen1Identity>;

/** `GET /shelly` of the second generation and later. */
export const gen2Identity = z.object({
  gen: z.number().int().min(2),
  mac,
  model: deviceName.optional(),
  app: deviceName.optional(),
  ver: deviceName.optional(),
  auth_en: z.boolean().optional(),
});
export type Gen2Identity = z.output<typeof gen2Identity>;

/** The part of `/settings` that decides something. */
export const gen1Settings = z.looseObject({
  device: z.looseObject({ type: z.string(), mac }),
  mode: deviceName.optional(),
});

/** The part of `/status` that decides something. */
export const gen1Status = z.looseObject({
  wifi_sta: z
    .looseObject({
      connected: z.boolean().optional(),
      rssi: z.number().optional(),
      ssid: deviceName.optional(),
    })
    .optional(),
  mac: mac.optional(),
  uptime: z.number().nonnegative().optional(),
  update: z.looseObject({ status: deviceName.optional() }).optional(),
});
export type Gen1Status = z.output<typeof gen1Status>;

/** `idle`, `pending`, `updating`, `unknown`: what the updater of a unit says of itself. */
export const gen1Ota = z.object({
  status: deviceName,
  has_update: z.boolean().optional(),
  old_version: deviceName.optional(),
  new_version: deviceName.optional(),
});
export type Gen1Ota = z.output<typeof gen1Ota>;

export interface StockVersion {
  /** `1.12.2`; `0.0.0` on factory firmware. */
  readonly text: string;
  readonly numbers: readonly [number, number, number];
}

/** Version out of a firmware id, `20230109-114426/v1.12.2-gdeadbee`; undefined where it names none. */
export function stockVersion(firmwareId: string): StockVersion | undefined {
  const found = /(?:^|\/|_)v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})/.exec(firmwareId);
  if (found === null) return undefined;
  const numbers = [Number(found[1]), Number(found[2]), Number(found[3])] as const;
  return { text: numbers.join('.'), numbers };
}

/** Negative where `a` is older. */
export function compareVersions(a: StockVersion['numbers'], b: StockVersion['numbers']): number {
  const different = [0, 1, 2].find((place) => a[place] !== b[place]);
  return different === undefined ? 0 : a[different]! - b[different]!;
}

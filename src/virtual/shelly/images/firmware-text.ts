import { findRbootConfig } from '../../plug/boot/rboot-config.ts';
import type { FilesPlace } from '../mongoose/settings.ts';

/** The slot that rboot starts, with what stands in it. */
export interface RunningSlot {
  readonly number: number;
  readonly firmware: Uint8Array;
  readonly files: FilesPlace;
}

/** Undefined where no boot config of Mongoose OS stands. */
export function runningSlot(flash: Uint8Array): RunningSlot | undefined {
  const config = findRbootConfig(flash)?.config;
  const slot = config?.slots[config.current];
  if (config == null || slot == null || slot.filesBytes === 0) return undefined;
  return {
    number: config.current,
    firmware: flash.subarray(slot.firmwareOffset, slot.firmwareOffset + slot.firmwareBytes),
    files: { offset: slot.filesOffset, bytes: slot.filesBytes },
  };
}

export const textOfBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** Practice firmware says who it is in such C strings; the name of a real one stands in it likewise. */
const STOCK = /\0practice shelly stock\0app=([\w-]+)\0fw=([\w./-]+)\0/;
/** A word that stands in every stock firmware and in no takeover image: the protocol of its cloud-less reports. */
const STOCK_WORD = 'coiot';

/** What stock firmware says of itself; undefined for any other. */
export function stockIdentity(
  firmware: Uint8Array,
): { readonly app: string | undefined; readonly fw: string } | undefined {
  const text = textOfBytes(firmware);
  const [, app, fw] = STOCK.exec(text) ?? [];
  if (fw != null) return { app, fw };
  if (!text.includes(STOCK_WORD)) return undefined;
  const build = /\d{8}-\d{6}\/v[\w.@-]+/.exec(text)?.[0];
  return build == null ? undefined : { app: undefined, fw: build };
}

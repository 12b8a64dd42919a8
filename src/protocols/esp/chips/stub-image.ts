import { base64ToUint8Array } from 'uint8array-extras';
import * as z from 'zod';
import type { StubImage } from './chip.ts';

const address = z.number().int().nonnegative();
const stubJson = z.object({
  text: z.string().min(1),
  text_start: address,
  data: z.string().optional(),
  data_start: address.optional(),
  entry: address,
});

/** Reads a stub as the package esptool-js ships it. */
export function parseStub(json: unknown): StubImage {
  const stub = stubJson.parse(json);
  return {
    text: base64ToUint8Array(stub.text),
    textStart: stub.text_start,
    data: stub.data == null ? new Uint8Array(0) : base64ToUint8Array(stub.data),
    dataStart: stub.data_start ?? 0,
    entry: stub.entry,
  };
}

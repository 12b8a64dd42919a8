import { hexToUint8Array, stringToUint8Array, uint8ArrayToHex, uint8ArrayToString } from 'uint8array-extras';
import * as z from 'zod';
import { BenchError } from '../../src/core/errors.ts';

/** Name of this kind of backup in the records. */
export const MI_KEYS = 'mi-keys';

const FORMAT = 'benchflash thermometer keys';

const hex = (bytes?: number) =>
  z
    .string()
    .regex(/^([0-9a-f]{2})*$/)
    .refine((text) => bytes == null || text.length === 2 * bytes)
    .transform((text): Uint8Array => hexToUint8Array(text));

const schema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  mac: z.string(),
  firmware: z.object({ kind: z.string(), version: z.string().optional() }),
  hardware: z.string().optional(),
  /** `activation`: made in this run, nobody else has them. */
  keysFrom: z.enum(['activation', 'given', 'records', 'unit']).optional(),
  id: hex(20).optional(),
  token: hex(12).optional(),
  bindKey: hex(16).optional(),
  counter: hex().optional(),
  deleted: z.array(hex()).optional(),
  pvvx: z
    .object({
      config: hex().optional(),
      name: z.string().optional(),
      bindKey: hex(16).optional(),
    })
    .optional(),
});

/** What the radio can read of a unit, as it is kept in a backup. Token and bind keys are secrets. */
export type MiBackup = Omit<z.output<typeof schema>, 'format' | 'version'>;

/** Bytes of the file: JSON, so that it can be used without benchflash; bytes in it are hex. */
export function encodeMiBackup(backup: MiBackup): Uint8Array {
  const text = JSON.stringify(
    { format: FORMAT, version: 1, ...backup },
    (_, value: unknown) => (value instanceof Uint8Array ? uint8ArrayToHex(value) : value),
    2,
  );
  return stringToUint8Array(`${text}\n`);
}

/** Throws FIRMWARE_REFUSED for a file that is no such backup. */
export function decodeMiBackup(bytes: Uint8Array, file: string): MiBackup {
  try {
    return schema.parse(JSON.parse(uint8ArrayToString(bytes)));
  } catch {
    // What the parser says of it would quote the file, and the file holds keys.
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${file}: this is no backup of a thermometer's keys.`,
    });
  }
}

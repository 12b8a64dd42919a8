import { BenchError } from '../../core/errors.ts';

/**
 * The form is received into a buffer of 16,000 bytes at most, which a unit short of memory makes smaller in steps, and
 * which is not watched (public source of the installer). Half of it was never refused a unit. Bytes, urlencoded.
 */
export const MAX_FORM_BYTES = 8_000;

/**
 * Checks the accessory script (MEPLHAA, JSON) and gives it without blanks. Throws USAGE: a unit that was saved with an
 * empty script goes on to download all the same, and then has nothing to do.
 */
export function checkScript(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BenchError('USAGE', { message: 'The accessory script is no JSON.', cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    throw new BenchError('USAGE', {
      message: 'The accessory script must be a JSON object that is not empty: {"c":{…},"a":[…]}.',
    });
  const accessories: unknown = 'a' in value ? value.a : undefined;
  if (typeof accessories !== 'object' || accessories === null || Object.keys(accessories).length === 0)
    throw new BenchError('USAGE', {
      message: 'The accessory script has no accessories ("a"): HAA would go back to its set-up page with it.',
    });
  const script = JSON.stringify(value);
  const bytes = new URLSearchParams({ cnf: script }).toString().length;
  if (bytes > MAX_FORM_BYTES - 1_000)
    throw new BenchError('USAGE', {
      message: `The accessory script is too long for the set-up page of the unit: ${bytes} bytes, ${MAX_FORM_BYTES - 1_000} are the most.`,
    });
  return script;
}

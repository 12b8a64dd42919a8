import { hexToUint8Array } from 'uint8array-extras';
import * as z from 'zod';
import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { TOKEN_BYTES } from '../../src/protocols/xiaomi/index.ts';
import { decodeMiBackup, MI_KEYS, type MiBackup } from '../lywsd03mmc/mi-backup.ts';
import type { BleRun } from './session.ts';

/** Keys by which a unit may be logged in to. */
export type KnownKeys = Pick<MiBackup, 'id' | 'bindKey'> & {
  readonly token: Uint8Array;
  readonly from: 'activation' | 'given' | 'records' | 'unit';
};

/** Tokens the operator gave. */
export interface GivenTokens {
  /** For whichever unit takes it. */
  readonly any?: Uint8Array;
  /** By MAC, lower case with colons. */
  readonly byMac: ReadonlyMap<string, Uint8Array>;
}

const TOKEN = new RegExp(`^[0-9a-f]{${2 * TOKEN_BYTES}}$`, 'i');
const tokenText = z.string().regex(TOKEN);
const byMacSchema = z.record(z.string(), z.union([tokenText, z.object({ token: tokenText })]));

/** Throws USAGE, without quoting what was given. */
export function givenTokens(text: string | undefined): GivenTokens {
  const value = text?.trim() ?? '';
  if (value === '') return { byMac: new Map() };
  if (TOKEN.test(value)) return { any: hexToUint8Array(value), byMac: new Map() };
  const entries = Object.entries(parsed(value)).map(([mac, entry]) => {
    const digits = mac.toLowerCase().replaceAll(/[:-]/g, '');
    if (!/^[0-9a-f]{12}$/.test(digits)) throw unusable();
    const token = typeof entry === 'string' ? entry : entry.token;
    return [digits.match(/../g)!.join(':'), hexToUint8Array(token)] as const;
  });
  return { byMac: new Map(entries) };
}

function parsed(text: string): z.infer<typeof byMacSchema> {
  try {
    return byMacSchema.parse(JSON.parse(text));
  } catch {
    throw unusable();
  }
}

const unusable = () =>
  new BenchError('USAGE', {
    message: `token: this is neither a token of ${2 * TOKEN_BYTES} hex digits nor a list of tokens by MAC.`,
    advice: 'Write {"a4:c1:38:00:11:22": "24 hex digits"} into a file and give it as @FILE.',
  });

/** What may open this unit: what was given first, then what earlier runs kept, the newest first. */
export async function knownKeys(run: BleRun, mac: string): Promise<readonly KnownKeys[]> {
  const { tokens } = run.plan;
  const given = tokens.byMac.get(mac) ?? tokens.any;
  const keys: KnownKeys[] = given == null ? [] : [{ token: given, from: 'given' }];
  for (const stored of await run.backups.ofUnit(mac, MI_KEYS)) {
    try {
      const { token, id, bindKey } = decodeMiBackup(await run.backups.read(stored), stored.file);
      if (token != null)
        keys.push({ token, from: 'records', ...(id && { id }), ...(bindKey && { bindKey }) });
    } catch (error) {
      if (!isBenchError(error, 'BACKUP_DAMAGED', 'FIRMWARE_REFUSED')) throw error;
      run.warn(`Keys of an earlier run cannot be used: ${error.message}`);
    }
  }
  const seen = new Set<string>();
  return keys.filter(({ token }) => !seen.has(String(token)) && seen.add(String(token)));
}

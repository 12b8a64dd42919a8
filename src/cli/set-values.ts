import { readFile } from 'node:fs/promises';
import type { SettingSpec } from '../../flows/flow.ts';
import { BenchError } from '../core/errors.ts';
import { fileReason } from '../core/file-reason.ts';
import type { Host } from './host.ts';

/**
 * Settings from `--set KEY=VALUE`, `--set KEY=@FILE` and, for secrets, from the environment. A bare secret `KEY`
 * is asked for on the terminal. A secret on the command line itself is refused: the process list and the shell
 * history would show it. Throws USAGE and FILE_NOT_FOUND.
 */
export async function readSetValues(
  words: readonly string[],
  specs: readonly SettingSpec[],
  host: Pick<Host, 'env' | 'askSecret'>,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const word of words) {
    const [, key = word, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const spec = specs.find((each) => each.key === key);
    if (!spec) throw unknownKey(key, specs);
    if (value?.startsWith('@') === true) values[key] = await readValueFile(key, value.slice(1));
    else if (spec.kind === 'secret') values[key] = await secret(spec, value, host);
    else if (value == null)
      throw new BenchError('USAGE', {
        message: `--set ${key} has no value.`,
        advice: `Write --set ${key}=VALUE. ${spec.help}`,
      });
    else values[key] = value;
  }
  for (const { key, kind } of specs) {
    const value = host.env[environmentName(key)];
    if (kind === 'secret' && values[key] == null && value != null && value !== '') values[key] = value;
  }
  return values;
}

/** `BENCHFLASH_WIFI_PASSWORD` for `wifi-password`. */
export const environmentName = (key: string): string =>
  `BENCHFLASH_${key.replaceAll(/[^a-z0-9]/gi, '_').toUpperCase()}`;

async function secret(
  spec: SettingSpec,
  value: string | undefined,
  host: Pick<Host, 'askSecret'>,
): Promise<string> {
  if (value == null && host.askSecret) return host.askSecret(`${spec.title}: `);
  throw new BenchError('USAGE', {
    message:
      value == null
        ? `--set ${spec.key}: there is no terminal to ask for it.`
        : `${spec.key} is a secret and is not taken from the command line, where other users can read it.`,
    advice: `Write --set ${spec.key}=@FILE, or set ${environmentName(spec.key)} in the environment.`,
  });
}

async function readValueFile(key: string, path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new BenchError('FILE_NOT_FOUND', {
      message: `--set ${key}: the file ${path} cannot be read: ${fileReason(cause)}.`,
      cause,
    });
  }
}

function unknownKey(key: string, specs: readonly SettingSpec[]): BenchError {
  const known = specs.map((each) => each.key).join(', ');
  return new BenchError('USAGE', {
    message: `This flow has no setting "${key}".`,
    advice: known === '' ? 'It has no settings at all.' : `Its settings: ${known}.`,
  });
}

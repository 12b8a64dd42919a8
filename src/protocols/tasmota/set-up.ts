import * as z from 'zod';
import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { TasmotaClient } from './client.ts';

const templateSchema = z.object({
  NAME: z.string().min(1).max(60),
  GPIO: z.array(z.number().int().min(0).max(65_535)).min(13).max(36),
  FLAG: z.number().int().min(0).max(255).default(0),
  BASE: z.number().int().min(0).max(255),
});

/** Which pin of a board does what. */
export type TasmotaTemplate = z.infer<typeof templateSchema>;

/** Reads a template as the public lists give it: `{"NAME":"Shelly Plug S","GPIO":[...],"FLAG":2,"BASE":45}`. Throws USAGE. */
export function parseTemplate(text: string): TasmotaTemplate {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BenchError('USAGE', { message: 'The template is no JSON.', cause });
  }
  const parsed = templateSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new BenchError('USAGE', {
    message: `The template is not as Tasmota takes it: ${issue.path.join('.')} ${issue.message}.`,
  });
}

/** What would end a set-up, undo it, or replace what was just proved. */
const FORBIDDEN =
  /^(?:backlog\d?|restart|reset|upgrade|upload|otaurl|ssid\d?|password\d?|ap|wificonfig|webpassword|webserver|module|template|sleep\s*deep|deepsleep\w*|factory\w*|interlock\w*reset)\b/i;

/** Lines of the setting `commands`, one command each. Throws USAGE. */
export function parseCommands(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const why = !/^[A-Za-z][\x20-\x7e\u00a0-\uffff]*$/.test(line)
      ? 'is no command'
      : line.includes(';')
        ? 'holds a ";", which ends a command: write one on each line'
        : FORBIDDEN.test(line)
          ? 'is not for a set-up: it has a setting of its own, or would undo what was proved'
          : undefined;
    if (why != null) throw new BenchError('USAGE', { message: `commands: "${sanitize(line)}" ${why}.` });
  }
  return lines;
}

/**
 * Sends one command of a set-up. Throws TASMOTA_COMMAND_REFUSED where the unit does not know it or takes its value not:
 * `{"Command":"Unknown"}`, in every language under this key.
 */
export async function apply(client: TasmotaClient, line: string): Promise<void> {
  const answer = await client.command(line);
  if (!('Command' in answer)) return;
  throw new BenchError('TASMOTA_COMMAND_REFUSED', {
    message: `The unit did not take the command ${sanitize(line.split(' ')[0]!)}: ${sanitize(String(answer['Command'])).slice(0, 60)}.`,
  });
}

/**
 * Gives the unit its template and reads it back. With the activation by `Module 0` it restarts, two seconds after the
 * answer. Throws TASMOTA_COMMAND_REFUSED.
 */
export async function applyTemplate(client: TasmotaClient, template: TasmotaTemplate): Promise<void> {
  await apply(client, `Template ${JSON.stringify(template)}`);
  const held = await client.command('Template');
  if (held['NAME'] !== template.NAME || JSON.stringify(held['GPIO']) !== JSON.stringify(template.GPIO))
    throw new BenchError('TASMOTA_COMMAND_REFUSED', {
      message:
        'The unit does not hold the template that it was given: it is made for another chip or version.',
    });
  await apply(client, 'Module 0');
}

import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { TasmotaClient } from './client.ts';

/** Longer ones are cut, and the unit asks for something that is not there. */
const MAX_URL_LENGTH = 100;

/** Sets where the unit fetches images. Throws TASMOTA_COMMAND_REFUSED when it does not hold it afterwards. */
export async function setOtaUrl(client: TasmotaClient, url: string): Promise<void> {
  if (url.length > MAX_URL_LENGTH) throw new Error(`an OTA URL of ${url.length} characters`);
  const { OtaUrl: held } = await client.command(`OtaUrl ${url}`);
  if (held === url) return;
  throw new BenchError('TASMOTA_COMMAND_REFUSED', {
    message: `The unit does not hold the address of the image${typeof held === 'string' ? `, but ${sanitize(held)}` : ''}.`,
  });
}

/** Tells the unit to fetch and put in what its OtaUrl names. That it begins proves nothing yet. */
export async function startUpgrade(client: TasmotaClient): Promise<void> {
  const answer = await client.command('Upgrade 1');
  if (typeof answer['Upgrade'] === 'string') return;
  throw new BenchError('TASMOTA_COMMAND_REFUSED', {
    message: 'The unit did not begin to fetch the image (Upgrade 1).',
  });
}

import { BenchError } from '../../core/errors.ts';
import type { TasmotaClient } from './client.ts';

export interface WifiSettings {
  /** 1 to 32 bytes. */
  readonly ssid: string;
  /** 8 to 64 characters; empty for an open network. */
  readonly password: string;
}

/** Clears a text: an empty argument only asks for the value. */
const EMPTY = '"';

/**
 * Throws USAGE for what the command line of Tasmota cannot take: it ends at 64 characters, drops blanks at both ends,
 * and takes a lone 0, 1 or 2 for the names built in.
 */
export function checkWifi({ ssid, password }: WifiSettings): void {
  const why =
    ssid.length === 0 || new TextEncoder().encode(ssid).length > 32
      ? 'The name of the Wi-Fi has 1 to 32 bytes.'
      : password !== '' && (password.length < 8 || password.length > 64)
        ? 'The password of the Wi-Fi has 8 to 64 characters.'
        : ssid !== ssid.trim() || password !== password.trim()
          ? 'Tasmota drops blanks at the ends of a Wi-Fi name or password.'
          : /^(?:[012"]|\d\s.*)$/.test(ssid)
            ? `Tasmota takes "${ssid}" for a command, not for the name of a Wi-Fi.`
            : undefined;
  if (why != null) throw new BenchError('USAGE', { message: why });
}

/**
 * Gives the unit its Wi-Fi; two seconds later it restarts and joins. The answers hold the password and go nowhere. In
 * one line where that can be: the restart must not come between the two.
 */
export async function sendWifi(client: TasmotaClient, { ssid, password }: WifiSettings): Promise<void> {
  const key = `Password1 ${password === '' ? EMPTY : password}`;
  if (ssid.includes(';') || password.includes(';')) {
    await client.command(key);
    await client.command(`SSID1 ${ssid}`);
    return;
  }
  await client.command(`Backlog SSID1 ${ssid};${key}`);
}

import type { HostPort, Network } from '../../src/drivers/http/port.ts';
import { sendWifi, TasmotaClient, type WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { RunContext } from '../flow.ts';
import type { NewFirmware } from './new-firmware.ts';

/** Gives a unit at its own access point its Wi-Fi. False where it is not known how this firmware takes one. */
export async function giveWifi(
  run: RunContext,
  network: Network,
  at: HostPort,
  wanted: NewFirmware,
  wifi: WifiSettings,
): Promise<boolean> {
  if (wanted.firmware !== 'tasmota') return false;
  run.progress({ label: 'giving it the Wi-Fi', done: 0, unit: 'tries' });
  await sendWifi(new TasmotaClient({ network, at, signal: run.signal, log: run.log }), wifi);
  return true;
}

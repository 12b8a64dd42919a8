import type { FirmwareRun, RunningPlug } from '../plug-firmware.ts';
import { startsAfterUpdate } from './update-faults.ts';
import { serveWeb, type WebCall } from './web-server.ts';

const AP_ADDRESS = '192.168.4.1';

export interface OpenPoint {
  readonly ssid: string;
  readonly password?: string;
  answer(call: WebCall): Promise<void>;
}

/** A firmware that is only its own access point with a page on it. */
export function openPoint(plug: RunningPlug, point: OpenPoint): FirmwareRun {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    if (!(await startsAfterUpdate(plug, signal))) return;
    const { ssid, password } = point;
    plug.wifi.openAccessPoint({ ssid, address: AP_ADDRESS, ...(password != null && { password }) });
    plug.log(`its access point ${ssid} is open at ${AP_ADDRESS}`);
    const web = serveWeb(plug, 80, (call) => point.answer(call));
    signal.addEventListener('abort', () => web.close(), { once: true });
  };
  run().catch((error: unknown) => {
    if (!signal.aborted) plug.log(`it hangs: ${String(error)}`);
  });
  return { stop: () => stopping.abort() };
}

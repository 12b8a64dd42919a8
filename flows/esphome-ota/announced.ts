import { BenchError } from '../../src/core/errors.ts';
import type { Network } from '../../src/drivers/http/port.ts';
import { ESPHOME_SERVICE, readEspHome, type EspHomeAnnouncement } from '../../src/protocols/esphome/index.ts';
import type { RunContext } from '../flow.ts';

/** Units answer a question within a second, and some only the second one, ms. */
const LISTEN_MS = 3_000;

/** Which unit is meant: by its MAC, or by where it is. */
export type Which = { readonly mac: string } | { readonly host: string };

/**
 * What a unit announces now: asked for anew, so that what it said before a restart does not count. Undefined where it
 * says nothing in time. Throws only what `signal` was aborted with.
 */
export async function announcementOf(
  run: Pick<RunContext, 'clock'>,
  network: Network,
  which: Which,
  signal: AbortSignal,
): Promise<EspHomeAnnouncement | undefined> {
  let found: EspHomeAnnouncement | undefined;
  const heard = new AbortController();
  let stop = () => {};
  try {
    stop = await network.browse([ESPHOME_SERVICE], (service) => {
      const announced = readEspHome(service);
      if (announced === undefined) return;
      const isIt =
        'mac' in which
          ? announced.mac === which.mac
          : announced.host === which.host || service.hostName === which.host.replace(/\.local\.?$/i, '');
      if (!isIt) return;
      found = announced;
      heard.abort();
    });
    await run.clock.sleep(LISTEN_MS, AbortSignal.any([signal, heard.signal])).catch(() => {});
  } catch (error) {
    // Without announcements the flow goes on with less.
    if (!(error instanceof BenchError)) throw error;
  } finally {
    stop();
  }
  signal.throwIfAborted();
  return found;
}

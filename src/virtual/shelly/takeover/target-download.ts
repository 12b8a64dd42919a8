import { fetchOver, type Fetching } from '../../plug/http/fetch.ts';
import type { RunningPlug } from '../../plug/plug-firmware.ts';
import { BlockWriter } from './block-writer.ts';
import { moveDown } from './move-down.ts';

export interface TargetPlaces {
  /** First slot: the image is put aside there. */
  readonly aside: number;
  /** Where the running firmware stands. */
  readonly running: number;
  readonly bootConfigOffset: number;
}

/** A network event on the chip: one TCP segment. */
const SEGMENT_BYTES = 1460;
/** `huge-segments`: as a host's own loopback gives them. */
const HUGE_BYTES = 16_384;
/** `drops-target` strikes after so many bytes. */
const DROPS_AFTER_BYTES = 65_536;
/** `slow-stage2`: ten bytes a second for a minute. */
const SLOW = { bytes: 10, everyMs: 1000, inAll: 600 } as const;
/** Between the end and the restart, ms. */
const RESTART_MS = 200;

/**
 * Stages 3 and 4 of mgos-to-tasmota 0.4.6, with what its real code does not check: neither length nor content, only
 * status 200 and the end of the connection (reference 2.2; the order of its writes from the source of that version).
 * Returns why it stays in stage 2.
 */
export async function downloadTarget(plug: RunningPlug, url: string, places: TargetPlaces): Promise<string> {
  const writer = new BlockWriter(plug, places.aside, places.running);
  let target = url;
  for (;;) {
    if (plug.fault('stuck-stage2')) return 'no connection to the server of the target';
    const fetching = await answerOf(plug, target);
    if (typeof fetching === 'string') return fetching;
    const { status, headers } = fetching.head;
    plug.log(`GET ${target}: ${status}`);
    if (status === 302 && headers.location != null) {
      fetching.close();
      target = new URL(headers.location, target).href;
      continue;
    }
    if (status !== 200) {
      fetching.close();
      return `HTTP response error: ${status}`;
    }
    const fits = await take(plug, fetching, writer);
    fetching.close();
    if (!fits) return 'operation would overwrite the currently running program';
    return await install(plug, writer, places);
  }
}

async function answerOf(plug: RunningPlug, url: string): Promise<Fetching | string> {
  const eventBytes = plug.fault('huge-segments') ? HUGE_BYTES : SEGMENT_BYTES;
  if (!URL.canParse(url)) return 'malformed URL';
  try {
    return await fetchOver(plug.wifi, { url: new URL(url), headerLines: ['Content-Length: 0'], eventBytes });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** To the length that the server gave, or to the end of the connection, whichever comes first. */
async function take(plug: RunningPlug, fetching: Fetching, writer: BlockWriter): Promise<boolean> {
  const length = Number(fetching.head.headers['content-length'] ?? Number.NaN);
  const isSlow = plug.fault('slow-stage2');
  const drops = plug.fault('drops-target');
  if (length === 0) return true;
  for await (const event of fetching.body) {
    let at = 0;
    for (; isSlow && at < event.length && writer.received < SLOW.inAll; at += SLOW.bytes) {
      if (!(await writer.take(event.subarray(at, at + SLOW.bytes)))) return false;
      await plug.clock.sleep(SLOW.everyMs);
    }
    if (at < event.length && !(await writer.take(event.subarray(at)))) return false;
    if (drops && writer.received >= DROPS_AFTER_BYTES) {
      plug.log(`the connection breaks after ${writer.received} bytes`);
      fetching.close(true);
      return true;
    }
    if (writer.received >= length) return true;
  }
  return true;
}

async function install(plug: RunningPlug, writer: BlockWriter, places: TargetPlaces): Promise<string> {
  plug.log(`HTTP status is 200, received ${writer.received} bytes`);
  if (!(await writer.finish())) return 'operation would overwrite the currently running program';
  const { aside, bootConfigOffset } = places;
  const { received, block: lastBlock } = writer;
  if (await moveDown(plug, { aside, bootConfigOffset, received, lastBlock })) {
    await plug.wait(RESTART_MS);
    plug.restart();
  }
  return 'restarts';
}

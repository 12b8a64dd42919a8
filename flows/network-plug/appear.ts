import { abortReason } from '../../src/core/abort.ts';
import { sanitize } from '../../src/core/text.ts';
import type { Network, WifiStation } from '../../src/drivers/http/port.ts';
import type { PlugAnswer } from '../../src/protocols/plugs/index.ts';
import type { RunContext } from '../flow.ts';
import { hearAccessPoint, type HeardAccessPoint } from './air.ts';
import type { NewFirmware } from './new-firmware.ts';
import { UnitFinder, type WantedUnit } from './unit-finder.ts';

/** How a unit shows itself after its flash. */
export type Appearance =
  | { readonly kind: 'answers'; readonly answer: PlugAnswer }
  | { readonly kind: 'access-point'; readonly heard: HeardAccessPoint }
  /** With what answered or was heard of it last, if anything did. */
  | { readonly kind: 'silent'; readonly last?: PlugAnswer; readonly heard?: HeardAccessPoint };

export interface AwaitOptions {
  readonly unit: WantedUnit;
  readonly wanted: NewFirmware;
  /** Ends the wait; others that answer with its MAC are the firmware that ran before. */
  readonly isIt: (answer: PlugAnswer) => boolean;
  readonly limitMs: number;
  /** Undefined where no Wi-Fi interface is free: then only the network is looked at. */
  readonly station: WifiStation | undefined;
  readonly signal: AbortSignal;
  readonly label: string;
  /** Its subnet is swept where it was not met for so long, ms, and again after each such time. */
  readonly sweepEveryMs?: number;
}

/** Between two looks at the network, ms: a unit that has started is met within one of them. */
const LOOK_EVERY_MS = 2_000;
/** A unit mostly comes back at its old address: 1,022 others are not asked before that had time to happen. */
const SWEEP_EVERY_MS = 30_000;
/** Between two looks at the air, ms: a scan takes up to 4 s. */
const SCAN_EVERY_MS = 8_000;

/**
 * Waits for the unit on the network and on the air at once: a dark LED is not a dead unit, so its access point is
 * looked for before anything is called dead. Throws only what `signal` was aborted with.
 */
export async function awaitUnit(
  run: RunContext,
  network: Network,
  options: AwaitOptions,
): Promise<Appearance> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const stopLimit = run.clock.after(options.limitMs, () => over.abort(LIMIT));
  const seen: Seen = {};
  const finder = new UnitFinder(network, options.unit);
  try {
    const looks = [lookAtNetwork(run, finder, options, seen, signal)];
    if (options.station !== undefined) looks.push(lookAtAir(run, options.station, options, seen, signal));
    return await Promise.race(looks);
  } catch (error) {
    if (options.signal.aborted) throw abortReason(options.signal);
    if (over.signal.reason !== LIMIT) throw error;
    return {
      kind: 'silent',
      ...(seen.last !== undefined && { last: seen.last }),
      ...(seen.heard !== undefined && { heard: seen.heard }),
    };
  } finally {
    stopLimit();
    over.abort();
    finder.close();
  }
}

const LIMIT = new Error('nothing more is waited for');

interface Seen {
  last?: PlugAnswer;
  heard?: HeardAccessPoint;
}

async function lookAtNetwork(
  run: RunContext,
  finder: UnitFinder,
  options: AwaitOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<Appearance> {
  const startedMs = run.clock.monotonicMs();
  let sweptMs = startedMs;
  for (;;) {
    run.progress({
      label: options.label,
      done: Math.round((run.clock.monotonicMs() - startedMs) / 1000),
      total: Math.round(options.limitMs / 1000),
      unit: 'seconds',
    });
    let answer = await finder.look(signal);
    if (
      answer === undefined &&
      run.clock.monotonicMs() - sweptMs >= (options.sweepEveryMs ?? SWEEP_EVERY_MS)
    ) {
      answer = await finder.sweep(signal);
      sweptMs = run.clock.monotonicMs();
    }
    if (answer !== undefined) {
      if (answer.title !== seen.last?.title) run.log('info', `${answer.at.host}: ${answer.title}`);
      seen.last = answer;
      if (options.isIt(answer)) return { kind: 'answers', answer };
    }
    await run.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

async function lookAtAir(
  run: RunContext,
  station: WifiStation,
  { unit, wanted }: AwaitOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<Appearance> {
  for (;;) {
    await run.clock.sleep(SCAN_EVERY_MS, signal);
    const heard = await hearAccessPoint(run, station, { mac: unit.mac, wanted, signal });
    if (heard === undefined) continue;
    if (heard.ap.ssid !== seen.heard?.ap.ssid)
      run.log('info', `heard: the access point ${sanitize(heard.ap.ssid)} (${heard.ap.bssid})`);
    seen.heard = heard;
    if (heard.fits) return { kind: 'access-point', heard };
  }
}

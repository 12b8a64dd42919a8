import type { Clock } from '../core/clock.ts';
import type { Host } from './host.ts';

export interface StopRequests {
  /** Ctrl+C or SIGTERM, counted. */
  asked(times: number): void;
  /** The terminal has gone: run on to the safe point, nobody reads any more. */
  hungUp(): void;
}

/**
 * One Ctrl+C may arrive twice: from the terminal, which signals the whole process group, and from `npm` or `timeout`,
 * which pass on what they got themselves. Nobody presses it again within this time, ms.
 */
const SAME_KEY_MS = 300;

/** Listens for what asks a batch to end; returns the function that stops listening. */
export function onStopSignals(host: Host, clock: Clock, requests: StopRequests): () => void {
  let times = 0;
  let lastAtMs = -Infinity;
  const ask = () => {
    const nowMs = clock.monotonicMs();
    const again = nowMs - lastAtMs < SAME_KEY_MS;
    lastAtMs = nowMs;
    if (!again) requests.asked(++times);
  };
  const stops = [
    host.onSignal('SIGINT', ask),
    host.onSignal('SIGTERM', ask),
    host.onSignal('SIGHUP', () => requests.hungUp()),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Resolves on the first of them. */
export function untilStopped(host: Host, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      stopListening();
      resolve();
    };
    const stopListening = onStopSignals(host, clock, { asked: stop, hungUp: stop });
  });
}

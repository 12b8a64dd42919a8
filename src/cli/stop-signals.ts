import type { Host } from './host.ts';

export interface StopRequests {
  /** Ctrl+C or SIGTERM, counted. */
  asked(times: number): void;
  /** The terminal has gone: run on to the safe point, nobody reads any more. */
  hungUp(): void;
}

/** Listens for what asks a batch to end; returns the function that stops listening. */
export function onStopSignals(host: Host, requests: StopRequests): () => void {
  let times = 0;
  const ask = () => requests.asked(++times);
  const stops = [
    host.onSignal('SIGINT', ask),
    host.onSignal('SIGTERM', ask),
    host.onSignal('SIGHUP', () => requests.hungUp()),
  ];
  return () => stops.forEach((stop) => stop());
}

import { BenchError } from '../../core/errors.ts';
import { isWeakSignal } from '../../core/unit-vitals.ts';
import type { Advertisement } from './radio.ts';

/** Says of a failed attempt what is known of the peer: whether, when and how strongly it was heard. */
export function connectFailed({
  address,
  heard,
  nowMs,
  startedMs,
  why,
}: {
  readonly address: string;
  /** What was heard of it last, of any time. */
  readonly heard: Advertisement | undefined;
  readonly nowMs: number;
  readonly startedMs: number;
  /** What the adapter said. */
  readonly why: string | undefined;
}): BenchError {
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  if (!heard)
    return new BenchError('BLE_CONNECT_FAILED', {
      message: `${address} was not heard by Bluetooth in ${seconds(nowMs - startedMs)}.`,
      advice: 'See that it has power and bring it nearer; then retry.',
      detail: { heard: false },
    });
  const { rssiDbm, heardAtMs, connectable } = heard;
  const last = `last heard ${seconds(nowMs - heardAtMs)} ago at ${rssiDbm} dBm`;
  const because = why === undefined ? '' : ` (${why.replace(/\.$/, '')})`;
  return new BenchError('BLE_CONNECT_FAILED', {
    message: connectable
      ? `${address} does not take a Bluetooth connection${because}: ${last}.`
      : `${address} says of itself that it takes no Bluetooth connection: ${last}.`,
    ...(isWeakSignal(rssiDbm) && {
      advice: 'It is heard weakly: bring it nearer or put in a fresh cell; then retry.',
    }),
    detail: { heard: true, rssiDbm },
  });
}

import { abortReason } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import type { BleRadio } from '../../drivers/ble/radio.ts';
import type { HeardUnit, Sightings } from './sightings.ts';

export interface AwaitUnitOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

/**
 * Listens until a unit is heard that fits, anew: what was heard before does not count. Undefined after the limit;
 * rejects when the signal aborts. Holds no connection.
 */
export function awaitUnit(
  radio: Pick<BleRadio, 'listen'>,
  sightings: Sightings,
  fits: (unit: HeardUnit) => boolean,
  { clock, signal, limitMs }: AwaitUnitOptions,
): Promise<HeardUnit | undefined> {
  if (signal.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stopListening();
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = () => settle(() => reject(abortReason(signal)));
    const cancelTimer = clock.after(limitMs, () => settle(() => resolve(undefined)));
    signal.addEventListener('abort', onAbort, { once: true });
    const stopListening = radio.listen((heard) => {
      const unit = sightings.hear(heard);
      if (unit != null && fits(unit)) settle(() => resolve(unit));
    });
  });
}

import type { EventEmitter } from 'node:events';
import type { Clock } from '../../../core/clock.ts';

/** Waits for an event, at most `limitMs`. True when it came. */
export function within(
  clock: Clock,
  limitMs: number,
  emitter: EventEmitter,
  event: string,
  setOff: () => void = () => {},
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (came: boolean) => {
      cancelLimit();
      emitter.removeListener(event, onEvent);
      resolve(came);
    };
    const onEvent = () => settle(true);
    const cancelLimit = clock.after(limitMs, () => settle(false));
    emitter.once(event, onEvent);
    try {
      setOff();
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
      settle(false);
    }
  });
}

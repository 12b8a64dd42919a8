import { useEffect, useRef } from 'react';
import { useScreenContext } from '../state/screen-context.ts';
import { attentionKey, waitingForPerson } from '../words/attention.ts';
import { useFrame } from './use-stores.ts';

const REMIND_MS = 60_000;

/** One bell for each new request, not for each draw; on wish a reminder every minute while someone is waited for. */
export function useBell(ring: () => void): void {
  const { services } = useScreenContext();
  const { view, now } = useFrame();
  const heard = useRef<ReadonlySet<string>>(new Set());
  const rungAt = useRef(now);
  const keys = waitingForPerson(view).map(attentionKey).join('\n');
  const { bell } = services.preferences();
  useEffect(() => {
    const waiting = keys === '' ? [] : keys.split('\n');
    const isNew = waiting.some((key) => !heard.current.has(key));
    const reminds = bell === 'every-minute' && waiting.length > 0 && now - rungAt.current >= REMIND_MS;
    heard.current = new Set(waiting);
    if (bell === 'off' || (!isNew && !reminds)) return;
    rungAt.current = now;
    ring();
  }, [keys, bell, now, ring]);
}

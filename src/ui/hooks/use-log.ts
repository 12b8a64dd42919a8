import { useEffect } from 'react';
import type { LogLine } from '../../core/log.ts';
import { useScreenContext } from '../state/screen-context.ts';

const NONE: readonly LogLine[] = [];

/** The log of a slot, as of the frame that is being drawn: lines may come faster than frames. */
export function useLog(slotId: string | undefined): readonly LogLine[] {
  const { bench, frames } = useScreenContext();
  useEffect(
    () => (slotId === undefined ? undefined : bench.subscribeLog(slotId, frames.request)),
    [bench, frames, slotId],
  );
  return slotId === undefined ? NONE : bench.log(slotId);
}

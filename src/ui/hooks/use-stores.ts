import { useCallback, useSyncExternalStore } from 'react';
import type { AdapterView } from '../services.ts';
import type { Frame } from '../state/frame-store.ts';
import { useScreenContext } from '../state/screen-context.ts';
import type { ScreenState } from '../state/screen-store.ts';

export function useFrame(): Frame {
  const { frames } = useScreenContext();
  return useSyncExternalStore(frames.subscribe, frames.get);
}

export function useScreenState(): ScreenState {
  const { screen } = useScreenContext();
  return useSyncExternalStore(screen.subscribe, screen.get);
}

/** Like useState, but outlives the screen being covered by another one. */
export function useRemembered<T>(key: string, initial: T): [T, (value: T) => void] {
  const { screen } = useScreenContext();
  const { memory } = useScreenState();
  const value = memory.has(key) ? (memory.get(key) as T) : initial;
  return [value, (next) => screen.remember(key, next)];
}

export function useAdapters(): readonly AdapterView[] {
  const { adapters } = useScreenContext().services;
  // The same function every time: another one would be a new subscription with every frame.
  const subscribe = useCallback((listener: () => void) => adapters.subscribe(listener), [adapters]);
  return useSyncExternalStore(subscribe, () => adapters.list());
}

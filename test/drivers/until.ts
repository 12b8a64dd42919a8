import { vi } from 'vitest';

/** Waits for what must come; the limit is for hangs only. */
export const until = (assertion: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(assertion, { timeout: 25_000, interval: 5 });

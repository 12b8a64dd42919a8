import { delimiter, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { countReporter, repositoryRoot, testEnvironment } from '../count-reporter.ts';

/**
 * Tests against programs nobody here wrote. They look for them on the PATH, Python ones first in `.venv/bin`.
 * `BENCHFLASH_PEERS=required` makes a missing peer a failure. They run the built program: `npm run build` first.
 */
export default defineConfig({
  root: repositoryRoot,
  test: {
    include: ['test/peers/**/*.test.{ts,tsx}'],
    env: {
      ...testEnvironment,
      PATH: [join(repositoryRoot, '.venv', 'bin'), process.env.PATH ?? ''].join(delimiter),
    },
    environment: 'node',
    globalSetup: 'test/build-once.ts',
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // Peers are programs with timeouts of their own: one file at a time keeps a slow machine from failing them.
    fileParallelism: false,
    passWithNoTests: true,
    reporters: [
      ['default', { summary: false }],
      countReporter({ skippedIsFailed: process.env.BENCHFLASH_PEERS === 'required' }),
    ],
  },
});

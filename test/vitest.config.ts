import { defineConfig } from 'vitest/config';
import { countReporter, repositoryRoot, testEnvironment } from './count-reporter.ts';

export default defineConfig({
  root: repositoryRoot,
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/peers/**'],
    env: testEnvironment,
    environment: 'node',
    globalSetup: 'test/build-once.ts',
    // A limit for hangs only: no test may depend on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Many tests wait for a paced virtual device or a real limit: two cores stand half idle with one worker each.
    maxWorkers: 4,
    reporters: [['default', { summary: false }], countReporter()],
  },
});

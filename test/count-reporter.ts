import { fileURLToPath } from 'node:url';
import type { Reporter } from 'vitest/reporters';
import type { TestCase } from 'vitest/node';

export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));

/** Pinned, so that no frame or text depends on who runs the tests. With `CI` set Ink draws only its last frame. */
export const testEnvironment = { CI: 'false', FORCE_COLOR: '0', NO_COLOR: '', TZ: 'UTC', NODE_ENV: 'test' };

/**
 * Ends a run with the line `N passed, N failed` that scripts read, after naming what was skipped.
 * With `skippedIsFailed` a skipped test counts as failed: for machines that should have every peer.
 */
export function countReporter(options: { skippedIsFailed?: boolean } = {}): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      const having = (state: ReturnType<TestCase['result']>['state']) =>
        tests.filter((test) => test.result().state === state);
      const skipped = [...having('skipped'), ...having('pending')];
      const broken = modules.flatMap((module) => module.errors()).length + unhandledErrors.length;
      const failed =
        having('failed').length + broken + (options.skippedIsFailed === true ? skipped.length : 0);

      for (const name of new Set(skipped.map(skippedName))) write(`skipped: ${name}`);
      if (options.skippedIsFailed === true && skipped.length > 0) {
        write('Nothing may be skipped here: each skipped test counts as failed.');
        process.exitCode = 1;
      }
      write(`${having('passed').length} passed, ${failed} failed`);
    },
  };
}

/** A whole skipped group is named once: its name says what is missing. */
function skippedName(test: TestCase): string {
  const group = test.parent;
  return group.type === 'suite' && group.options.mode === 'skip'
    ? `${test.module.relativeModuleId} > ${group.fullName}`
    : `${test.module.relativeModuleId} > ${test.fullName}`;
}

const write = (line: string) => process.stdout.write(`${line}\n`);

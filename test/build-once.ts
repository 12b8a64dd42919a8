import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './count-reporter.ts';

/** The end-to-end tests run the program as it is built; what they test must be what stands in src. */
export default async function buildOnce(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(repositoryRoot, 'build', 'build.mjs')]);
}

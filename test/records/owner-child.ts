/** A second process at the same data directory: says what it got, then works until it is killed. */
import { openDataDir } from '../../src/records/data-dir.ts';
import { header, slot } from './fixtures.ts';

const [path = '', task = 'own'] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  const dataDir = await openDataDir(path);
  if (task === 'mid-flash') {
    const batch = await dataDir.startBatch(header());
    const run = await batch.startRun(slot(1));
    await run.identified({ mac: '24:6f:28:10:aa:01' });
    await run.step('flash');
    await run.writeBegan();
  }
  say({ owns: dataDir.path });
  process.stdin.resume();
} catch (error) {
  say({ code: (error as { code: string }).code, message: (error as Error).message });
}

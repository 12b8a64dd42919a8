// Makes V8's code cache of the program: starts it in this process up to its first frame on a terminal that is none,
// and keeps what V8 compiled until then beside it. `node code-cache.cjs PROGRAM` writes PROGRAM.cache.
'use strict';

const { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { PassThrough } = require('node:stream');
const { Script } = require('node:vm');

const LIMIT_MS = 20_000;

const program = process.argv[2];
const directory = mkdtempSync(join(tmpdir(), 'benchflash-build-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
process.argv = [process.argv[0], program, '--data-dir', directory];

const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
Object.defineProperty(process, 'stdin', {
  value: Object.assign(new PassThrough(), { isTTY: true }),
});
Object.defineProperty(process, 'stdout', { value: terminal });

const script = new Script(readFileSync(program, 'latin1'), { filename: program });

let shown = '';
terminal.on('data', (bytes) => {
  shown += bytes;
  if (!shown.includes('benchflash')) return;
  terminal.removeAllListeners('data').resume();
  // After what the frame itself sets off.
  setImmediate(() => {
    writeFileSync(`${program}.cache.new`, script.createCachedData());
    renameSync(`${program}.cache.new`, `${program}.cache`);
    process.exit(0);
  });
});
setTimeout(() => {
  console.error(`no first frame within ${LIMIT_MS / 1_000} s`);
  process.exit(1);
}, LIMIT_MS);

const started = { exports: {} };
script.runInThisContext()(started.exports, createRequire(program), started, program, dirname(program));

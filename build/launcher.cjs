#!/usr/bin/env node
// CommonJS, because libuv reads the size of its thread pool once, before the first file of an ES module is loaded.
'use strict';

// On Linux a drain of a real serial port holds one of these threads for as long as its bytes take on the wire; with
// libuv's four threads the fifth port of a bench waits for the others.
process.env.UV_THREADPOOL_SIZE ??= '64';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const program = join(__dirname, 'program-BUILD_ID.js');

/** What code-cache.cjs made of the program when it was built; another version of Node refuses it and compiles anew. */
function codeCache() {
  try {
    return readFileSync(`${program}.cache`);
  } catch {
    return undefined;
  }
}

// What Node itself ends with when an entry module still waits and nothing is left to wait for.
const UNSETTLED = 13;
process.exitCode = UNSETTLED;
const script = new Script(readFileSync(program, 'latin1'), { filename: program, cachedData: codeCache() });
const started = { exports: {} };
script.runInThisContext()(started.exports, require, started, program, __dirname);
void started.exports.finished.then(() => {
  if (process.exitCode === UNSETTLED) process.exitCode = 0;
});

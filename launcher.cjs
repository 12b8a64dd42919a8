#!/usr/bin/env node
// CommonJS, because libuv reads the size of its thread pool once, before the first file of an ES module is loaded.
'use strict';

// On Linux a drain of a real serial port holds one of these threads for as long as its bytes take on the wire; with
// libuv's four threads the fifth port of a bench waits for the others.
process.env.UV_THREADPOOL_SIZE ??= '64';

// What Node itself ends with when an entry module still waits and nothing is left to wait for.
const UNSETTLED = 13;
process.exitCode = UNSETTLED;
void import('./benchflash.js').then(() => {
  if (process.exitCode === UNSETTLED) process.exitCode = 0;
});

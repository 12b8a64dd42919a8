// A bench as a process of its own, to be killed: offers the files named on its command line, says where, and stays.
// `bench-child.ts STYLE FILE...`; prints one line of JSON with the URLs and the pid of the server.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sha256Hex } from '../../../src/core/digest.ts';
import type { FetchStyle } from '../../../src/drivers/http/firmware-server.ts';
import { createFirmwareServer } from '../../../src/drivers/http/firmware-server-process.ts';

const [style, ...paths] = process.argv.slice(2);
const server = createFirmwareServer();
const files = paths.map((path) => {
  const content = readFileSync(path);
  return { name: basename(path), content, sha256: sha256Hex(content) };
});
const offering = await server.offer(
  { unit: 'A', towards: '127.0.0.1', style: style as FetchStyle, files },
  { signal: new AbortController().signal },
);
const told = { urls: files.map(({ name }) => offering.urlOf(name)), pid: server.pid };
process.stdout.write(`${JSON.stringify(told)}\n`);
process.stdin.resume();
process.stdin.on('data', () => void server.close().then(() => process.exit()));

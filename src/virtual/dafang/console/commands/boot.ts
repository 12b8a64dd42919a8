import CRC32 from 'crc-32';
import { hex } from '../../../bytes.ts';
import { uImageHeader, UIMAGE_HEADER_BYTES } from '../../images/uimage.ts';
import { number, type Command } from '../machine.ts';
import { LOAD_ADDRESS } from './load.ts';

const KIB = 1024;

/** Starts a kernel that lies in RAM, when its header and checksum are right. */
export const bootm: Command = function* (uBoot, [, address]) {
  const start = address == null ? LOAD_ADDRESS : number(address);
  const header = uImageHeader(uBoot.ram.read(start, UIMAGE_HEADER_BYTES));
  if (header == null) {
    yield "Wrong Image Format for bootm command\nERROR: can't get kernel image!\n";
    return false;
  }
  yield `## Booting kernel from Legacy Image at ${hex(start, 8)} ...\n`;
  if (header === 'bad-crc') {
    yield "Bad Header Checksum\nERROR: can't get kernel image!\n";
    return false;
  }
  yield `   Image Name:   ${header.name}\n`;
  yield `   Image Type:   MIPS Linux ${header.isKernel ? 'Kernel Image (lzma compressed)' : 'Firmware (uncompressed)'}\n`;
  yield `   Data Size:    ${header.payloadBytes} Bytes = ${(header.payloadBytes / KIB / KIB).toFixed(1)} MiB\n`;
  yield `   Load Address: ${hex(header.loadAddress, 8)}\n   Entry Point:  ${hex(header.entryPoint, 8)}\n`;
  yield '   Verifying Checksum ... ';
  const payload = uBoot.ram.read(start + UIMAGE_HEADER_BYTES, header.payloadBytes);
  yield header.payloadBytes / 30_000;
  if (CRC32.buf(payload) >>> 0 !== header.payloadCrc) {
    yield "Bad Data CRC\nERROR: can't get kernel image!\n";
    return false;
  }
  yield 'OK\n';
  if (!header.isKernel) {
    yield "Wrong Image Type for bootm command\nERROR: can't get kernel image!\n";
    return false;
  }
  yield '   Uncompressing Kernel Image ... ';
  yield 700;
  yield 'OK\n\nStarting kernel ...\n\n';
  uBoot.leave = 'kernel';
  return true;
};

export const boot: Command = function* (uBoot) {
  return yield* uBoot.runLine(uBoot.environment.get('bootcmd') ?? '');
};

/** Runs what variables hold. */
export const run: Command = function* (uBoot, [, ...names]) {
  if (names.length === 0) return 'usage';
  for (const name of names) {
    const line = uBoot.environment.get(name);
    if (line == null) {
      yield `## Error: "${name}" not defined\n`;
      return false;
    }
    yield* uBoot.runLine(line);
  }
  return true;
};

export const reset: Command = function* (uBoot) {
  yield 'resetting ...\n\n';
  uBoot.leave = 'reset';
  return true;
};

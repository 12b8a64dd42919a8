import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BenchError } from '../core/errors.ts';
import { fileReason } from '../core/file-reason.ts';
import { hexBytes, sha256, sizeText, startsWith } from './bytes.ts';
import { describeDafang } from './dafang/recognize.ts';
import { describeEsp32Flash } from './esp32-flash.ts';
import { describeEsp32Image } from './esp32-image-file.ts';
import { describeEsp8266 } from './esp8266-file.ts';
import type { Findings } from './findings.ts';
import type { InspectedFile } from './firmware-file.ts';
import { findFlashLayout } from './flash-layout.ts';
import { describeUnknown, recognizeForeign } from './foreign.ts';
import { describeHaaSignature } from './haa-signature.ts';
import { describeMongooseZip } from './mongoose-file.ts';
import { pathFacts } from './path-facts.ts';
import { describeSmallBlock } from './small-blocks.ts';
import { describeTasmotaSettings } from './tasmota-settings-file.ts';
import { describeTelink } from './telink-file.ts';
import { describeUniqueAreas } from './telink-unique-areas.ts';

export type * from './firmware-file.ts';

/** No ESP module has more flash; the limit holds for a file and for what a gzip file grows to. Bytes. */
export const MAX_FILE_BYTES = 0x400_0000;

const unzip = promisify(gunzip);

/**
 * Reads a file and says what it is. Throws FILE_NOT_FOUND when it cannot be read and FIRMWARE_REFUSED when it is
 * larger than 64 MiB; never because of what is in it.
 */
export async function inspectFile(path: string): Promise<InspectedFile> {
  return inspectBytes(path, await readWhole(path));
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile())
      throw new BenchError('FILE_NOT_FOUND', { message: `${path} is a folder or a device, not a file.` });
    if (found.size > MAX_FILE_BYTES)
      throw new BenchError('FIRMWARE_REFUSED', {
        message: `${path} has ${found.size} bytes: more than any ESP flash holds (${sizeText(MAX_FILE_BYTES)}).`,
      });
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof BenchError) throw cause;
    throw new BenchError('FILE_NOT_FOUND', {
      message: `${path} cannot be read: ${fileReason(cause)}.`,
      cause,
    });
  }
}

/** Says what these bytes are, by their content alone; `path` is only carried along. Rejects for nothing. */
export async function inspectBytes(path: string, bytes: Uint8Array): Promise<InspectedFile> {
  const compressed = startsWith(bytes, [0x1f, 0x8b]);
  const unpacked = compressed ? await unpack(bytes) : { content: plain(bytes) };
  const findings =
    'failure' in unpacked
      ? failedFindings(unpacked.failure)
      : compressed
        ? withPacking(recognize(unpacked.content), unpacked.content)
        : recognize(unpacked.content);
  const digest = hexBytes(sha256(bytes));
  const file: InspectedFile = {
    path,
    ...findings,
    facts: [
      ...findings.facts,
      { label: 'Size', value: `${bytes.length} bytes` },
      { label: 'SHA-256', value: digest },
    ],
    sha256: digest,
    sizeBytes: bytes.length,
    content: unpacked.content,
    compressed,
    ...(compressed && { packed: plain(bytes) }),
  };
  return { ...file, facts: [...file.facts, ...pathFacts(file)] };
}

/** A Buffer's slice() shares memory where a Uint8Array's copies: it must not get out of here. */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

type Unpacked = { readonly content: Uint8Array } | { readonly content: Uint8Array; readonly failure: string };

async function unpack(bytes: Uint8Array): Promise<Unpacked> {
  try {
    return { content: plain(await unzip(bytes, { maxOutputLength: MAX_FILE_BYTES })) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const failure =
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `The gzip file unpacks to more than ${sizeText(MAX_FILE_BYTES)}.`
        : 'The gzip file is damaged or cut short: it does not unpack.';
    return { content: plain(bytes), failure };
  }
}

const failedFindings = (failure: string): Findings => ({
  kind: 'unknown',
  chip: undefined,
  title: 'gzip file that does not unpack',
  facts: [],
  problems: [{ severity: 'error', text: failure }],
  parts: [],
});

const withPacking = (findings: Findings, content: Uint8Array): Findings => ({
  ...findings,
  title: `${findings.title} (gzip)`,
  facts: [
    ...findings.facts,
    { label: 'Unpacked', value: `${content.length} bytes; by wire the unpacked image is written` },
    { label: 'Unpacked SHA-256', value: hexBytes(sha256(content)) },
  ],
});

/** The first recogniser that knows the content; what is made of several pieces comes before single images. */
function recognize(content: Uint8Array): Findings {
  const dafang = describeDafang(content);
  if (dafang != null) return dafang;
  const block = describeSmallBlock(content);
  if (block != null) return block;
  const layout = findFlashLayout(content);
  if (layout != null) return describeEsp32Flash(content, layout);
  return (
    describeEsp8266(content) ??
    describeEsp32Image(content) ??
    describeTelink(content) ??
    describeUniqueAreas(content) ??
    describeMongooseZip(content) ??
    describeTasmotaSettings(content) ??
    describeHaaSignature(content) ??
    recognizeForeign(content) ??
    describeUnknown(content)
  );
}

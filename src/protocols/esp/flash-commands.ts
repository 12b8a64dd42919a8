import { throwIfAborted } from '../../core/abort.ts';
import { uint8ArrayToHex, uint8ArrayToString } from 'uint8array-extras';
import { isBenchError } from '../../core/errors.ts';
import type { LoaderContext } from './context.ts';
import { SECTOR_BYTES } from './erase-size.ts';
import { loaderUnsupported } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { encodeRequest, words } from './packet.ts';
import { eraseTimeoutMs, md5TimeoutMs, TIMEOUT } from './timeouts.ts';
import type { OperationOptions } from './types.ts';

const HEX_DIGEST_BYTES = 32;
const RAW_DIGEST_BYTES = 16;
/** Times a question that changes nothing (or the same again) is repeated after a lost answer. */
const TRIES = 3;

/** Repeats what may safely be done twice, each time after the loader was found again. */
export async function repeatable<T>(context: LoaderContext, act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!isBenchError(error, 'LOADER_SILENT') || attempt === TRIES) throw error;
      await context.resync(error);
    }
  }
}

/** MD5 that the device computes over its flash: 32 hex digits from a ROM, 16 raw bytes from a stub. */
export async function flashMd5(
  context: LoaderContext,
  offset: number,
  size: number,
  options: OperationOptions = {},
): Promise<string> {
  const { talk, chip } = context;
  if (talk.mode === 'rom' && !chip.rom.md5)
    throw loaderUnsupported(
      OP.spiFlashMd5,
      `The ROM loader of the ${chip.name} cannot hash its flash: the stub loader is needed.`,
    );
  throwIfAborted(options.signal);
  const report = (done: number) =>
    options.onProgress?.({ label: `hashing 0x${offset.toString(16)}`, done, total: size, unit: 'bytes' });
  report(0);
  const digest = await repeatable(context, async () => {
    const request = encodeRequest(OP.spiFlashMd5, words(offset, size, 0, 0));
    const response = await talk.exchange(OP.spiFlashMd5, request, md5TimeoutMs(size));
    const isHex = response.body.length >= HEX_DIGEST_BYTES + 2;
    const { data } = talk.read(response, isHex ? HEX_DIGEST_BYTES : RAW_DIGEST_BYTES);
    return isHex ? uint8ArrayToString(data).toLowerCase() : uint8ArrayToHex(data);
  });
  report(size);
  return digest;
}

function requireStub({ talk }: LoaderContext, op: number): void {
  if (talk.mode === 'rom') throw loaderUnsupported(op);
}

export async function eraseRegion(
  context: LoaderContext,
  offset: number,
  size: number,
  options: OperationOptions = {},
): Promise<void> {
  if (offset % SECTOR_BYTES !== 0 || size % SECTOR_BYTES !== 0)
    throw new RangeError('an erase covers whole sectors of 4096 bytes');
  requireStub(context, OP.eraseRegion);
  throwIfAborted(options.signal);
  if (size === 0) return;
  const report = (done: number) =>
    options.onProgress?.({ label: `erasing 0x${offset.toString(16)}`, done, total: size, unit: 'bytes' });
  report(0);
  await repeatable(context, () =>
    context.talk.command(OP.eraseRegion, words(offset, size), { timeoutMs: eraseTimeoutMs(size) }),
  );
  report(size);
}

export async function eraseChip(context: LoaderContext, options: OperationOptions = {}): Promise<void> {
  requireStub(context, OP.eraseFlash);
  throwIfAborted(options.signal);
  options.onProgress?.({ label: 'erasing the whole flash', done: 0, unit: 'seconds' });
  await repeatable(context, () =>
    context.talk.command(OP.eraseFlash, undefined, { timeoutMs: TIMEOUT.eraseChip }),
  );
}

import { loaderOf, type EspRun, type EspSession } from './session.ts';

/** A small piece of flash, whole in memory. */
export async function readBytes(
  session: EspSession,
  run: EspRun,
  offset: number,
  size: number,
  label: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  await loaderOf(session).readFlash(offset, size, {
    signal: run.signal,
    onProgress: run.progress,
    label,
    onChunk: (chunk) => {
      bytes.set(chunk, length);
      length += chunk.length;
    },
  });
  return bytes;
}

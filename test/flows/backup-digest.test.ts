import { describe, expect, it } from 'vitest';
import { takeBackup } from '../../flows/esp-serial/backup.ts';
import { isInFlash } from '../../flows/esp-serial/flash.ts';
import type { EspRun, EspSession } from '../../flows/esp-serial/session.ts';
import { md5Hex } from '../../src/core/digest.ts';
import type { EspLoader } from '../../src/protocols/esp/index.ts';
import { noise } from '../protocols/esp/meet.ts';

const FLASH = noise(0x2000);

/** A unit that reads as `readAs` and gives these digests of its flash, one a question. */
function bench(readAs: Uint8Array, digests: readonly string[]) {
  const asked: [number, number][] = [];
  const labels = new Set<string>();
  const kept = { committed: false, discarded: false };
  const loader: Pick<EspLoader, 'readFlash' | 'md5'> = {
    readFlash: async (_offset, _size, { onChunk }) => {
      await onChunk(readAs.subarray(0, 0x1000));
      await onChunk(readAs.subarray(0x1000));
    },
    md5: (offset, size, options) => {
      options?.onProgress?.({ label: 'hashing', done: 0, total: size, unit: 'bytes' });
      asked.push([offset, size]);
      return Promise.resolve(digests[asked.length - 1]!);
    },
  };
  const session = { loader, flash: { sizeBytes: FLASH.length } } as unknown as EspSession;
  const run = {
    signal: new AbortController().signal,
    progress: ({ label }: { label: string }) => void labels.add(label),
    log: () => {},
    backups: {
      create: () =>
        Promise.resolve({
          append: () => Promise.resolve(),
          commit: () => {
            kept.committed = true;
            return Promise.resolve({ file: 'full-flash.bin', sha256: '', bytes: FLASH.length, mark: 'ok' });
          },
          discard: () => {
            kept.discarded = true;
            return Promise.resolve();
          },
        }),
    },
  } as unknown as EspRun;
  return { session, run, asked, labels, kept };
}

const right = md5Hex(FLASH);
const wrong = md5Hex(noise(16));

describe('a backup', () => {
  it('is compared with one digest of the whole flash, made by the unit', async () => {
    const { session, run, asked, labels, kept } = bench(FLASH, [right]);
    await takeBackup(session, run);
    expect(asked).toEqual([[0, FLASH.length]]);
    expect(labels).toContain('checking the backup');
    expect(kept.committed).toBe(true);
  });

  it('that holds the wrong piece of flash is not kept', async () => {
    const misread = FLASH.slice();
    misread.copyWithin(0x1000, 0, 0x1000);
    const { session, run, asked, kept } = bench(misread, [right, right]);
    await expect(takeBackup(session, run)).rejects.toMatchObject({ code: 'READ_DIGEST_MISMATCH' });
    expect([asked.length, kept.committed, kept.discarded]).toEqual([2, false, true]);
  });

  it('outlives one damaged question', async () => {
    const { session, run, asked, kept } = bench(FLASH, [wrong, right]);
    await takeBackup(session, run);
    expect([asked.length, kept.committed]).toEqual([2, true]);
  });
});

describe('what was written', () => {
  const region = { title: 'app', offset: 0x1000, bytes: FLASH };
  it.each([
    [[right], true, 1],
    [[wrong, right], true, 2],
    [[wrong, wrong], false, 2],
  ])(
    'is asked for a second time before it is called different (%#)',
    async (digests, expected, questions) => {
      const { session, run, asked } = bench(FLASH, digests);
      expect(await isInFlash(session, run, region as Parameters<typeof isInFlash>[2])).toBe(expected);
      expect(asked.length).toBe(questions);
    },
  );
});

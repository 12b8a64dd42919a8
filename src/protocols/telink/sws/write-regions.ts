import { throwIfAborted } from './errors.ts';
import { type FlashPage, sectorsOf, totalBytes } from './pages.ts';
import type { FlashRegion, OperationOptions, WriteReport } from './types.ts';

/** What either ability does with a flash; each order has taken effect when it resolves, as far as can be known. */
export interface FlashWriter {
  eraseSector(offset: number): Promise<void>;
  programPage(page: FlashPage): Promise<void>;
}

/**
 * Erases the sectors of each region and programs their pages, in order. Stops at a signal between two pages. Progress
 * moves when an order has taken effect, never before.
 */
export async function writeRegions(
  writer: FlashWriter,
  regions: readonly FlashRegion[],
  { signal, onProgress, label = 'writing flash' }: OperationOptions,
): Promise<WriteReport> {
  const total = totalBytes(regions);
  const report = { sectorsErased: 0, pagesWritten: 0, pagesBlank: 0, bytesWritten: 0 };
  let done = 0;
  const moved = (bytes: number) => {
    done += bytes;
    onProgress?.({ label, done, total, unit: 'bytes' });
  };
  for (const sector of regions.flatMap(sectorsOf)) {
    throwIfAborted(signal);
    await writer.eraseSector(sector.offset);
    report.sectorsErased++;
    for (const page of sector.pages) {
      if (page.isBlank) report.pagesBlank++;
      else {
        throwIfAborted(signal);
        await writer.programPage(page);
        report.pagesWritten++;
        report.bytesWritten += page.bytes.length;
      }
      moved(page.bytes.length);
    }
  }
  return report;
}

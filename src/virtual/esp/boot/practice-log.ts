import type { BootPrinter } from './boot-script.ts';
import { findInImage, type ParsedImage } from './image.ts';

/** Practice images hold the lines their firmware prints after its start behind this mark, ended by a zero byte. */
export const PRACTICE_LOG_MARK = '\0practice log:\n';

export function printPracticeLog(print: BootPrinter, image: ParsedImage): void {
  const lines = findInImage(image, /\0practice log:\n([^\0]*)\0/)?.[1];
  for (const line of lines?.split('\n') ?? []) if (line !== '') print.line(line);
}

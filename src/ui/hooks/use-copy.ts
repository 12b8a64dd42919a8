import { useScreenContext } from '../state/screen-context.ts';
import { plural } from '../text/format.ts';
import { lineText } from '../text/line.ts';
import type { Line } from '../text/line.ts';

/** Copies lines to the clipboard as plain text and says so. */
export function useCopy(): (lines: readonly Line[]) => void {
  const context = useScreenContext();
  return (lines) => {
    const texts = lines.map((each) => lineText(each).trimEnd());
    context.copy(texts.join('\n'));
    context.screen.say(`Copied ${plural(texts.length, 'line')}, if this terminal lets programs copy.`);
  };
}

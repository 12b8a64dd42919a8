import type { Toast } from '../state/screen-store.ts';
import { span } from '../text/line.ts';
import { wrap } from '../text/measure.ts';
import { Lines } from './lines.tsx';

const toastLines = (toast: Toast | undefined, cells: number): string[] =>
  toast === undefined ? [] : wrap(toast.text, cells - 2);

/** Rows that the answer takes from the screen above it: none while it fits into the footer. */
export const toastHeight = (toast: Toast | undefined, cells: number): number => {
  const { length } = toastLines(toast, cells);
  return length > 1 ? length : 0;
};

/** An answer that is too long for the footer, whole. */
export function LongToast({ toast, cells }: { readonly toast: Toast; readonly cells: number }) {
  const tone = toast.tone === 'warning' ? 'warning' : 'strong';
  return <Lines cells={cells} lines={toastLines(toast, cells).map((text) => [span(` ${text}`, tone)])} />;
}

import type { KeyRow } from '../keys/key-table.ts';
import { useScreenState } from '../hooks/use-stores.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { span } from '../text/line.ts';
import { footerLine } from './frame-parts.ts';
import { Row } from './lines.tsx';
import { toastHeight } from './toast.tsx';

/** Bottom row: the keys that work now, or for a moment the answer to the last key. */
export function Footer({ rows, cells }: { readonly rows: readonly KeyRow[]; readonly cells: number }) {
  const { symbols } = useScreenContext();
  const { toast } = useScreenState();
  if (toast !== undefined && toastHeight(toast, cells) === 0)
    return (
      <Row spans={[span(` ${toast.text}`, toast.tone === 'warning' ? 'warning' : 'strong')]} cells={cells} />
    );
  return <Row spans={footerLine(rows, cells, symbols)} cells={cells} />;
}

import { memo } from 'react';
import type { SlotView } from '../../bench/view.ts';
import type { SlotColumns } from '../layout/slot-columns.ts';
import { Row } from './lines.tsx';
import { useScreenContext } from '../state/screen-context.ts';
import { slotRow } from '../words/slot-row.ts';

/** A row of the dashboard. `now` and `tick` stand still for rows that do not show time, so that they are not drawn anew. */
export const SlotRow = memo(function SlotRow(props: {
  readonly slot: SlotView;
  readonly columns: SlotColumns;
  readonly now: number;
  readonly tick: number;
  readonly cursor: boolean;
  readonly marked: boolean;
}) {
  const { symbols } = useScreenContext();
  const spans = slotRow(props.slot, props.columns, symbols, props);
  return <Row spans={spans} cells={props.columns.total} />;
});

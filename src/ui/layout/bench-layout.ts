/** Rows and columns of the dashboard, by arithmetic. */
export interface BenchLayout {
  /** Width of the table. */
  readonly table: number;
  /** Rows of slots in sight. */
  readonly rows: number;
  /** Rows for the sentence of the cursor row. */
  readonly sentence: number;
  /** Log below the table, rows; 0 leaves it out. */
  readonly logRows: number;
  /** Log beside the table, columns; 0 leaves it out. */
  readonly logColumns: number;
}

/** From this width on the log stands beside the table. */
const WIDE = 120;
/** Header, totals, banner, headings, rule, footer. */
const FIXED = 6;
const LEAST_LOG = 3;

export function benchLayout(columns: number, height: number, rowCount: number): BenchLayout {
  const sentence = height >= 20 ? 2 : 1;
  const room = height - FIXED - sentence;
  if (columns >= WIDE) {
    const logColumns = Math.floor(columns * 0.3);
    return { table: columns - logColumns - 1, rows: room, sentence, logRows: 0, logColumns };
  }
  const rows = Math.min(rowCount, room);
  const left = room - rows;
  const logRows = left >= LEAST_LOG ? left : 0;
  return { table: columns, rows: room - logRows, sentence, logRows, logColumns: 0 };
}

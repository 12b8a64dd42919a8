/** One table of the report: plain text for the terminal, Markdown for the README. */
export interface Table {
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Aligned: the first column to the left, numbers to the right. */
export function plainTable({ title, note, head, rows }: Table): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [title, '', line(head), rule, ...rows.map(line), '', note, ''].join('\n');
}

export function markdownTable({ title, note, head, rows }: Table): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? ' --- ' : ' ---: ')).join('|')}|`;
  return [`**${title}**`, '', line(head), rule, ...rows.map(line), '', note, ''].join('\n');
}

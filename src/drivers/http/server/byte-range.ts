/** Which part of a file is asked for: `end` is the first byte that is not. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header means for a file of that size (RFC 9110, 14.2). Several ranges at once, other units and what
 * cannot be read are ignored, as that text allows: the whole file is the answer.
 */
export function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '');
  if (!match) return 'whole';
  const [first = '', last = ''] = match.slice(1);
  if (first === '') {
    if (last === '') return 'whole';
    const tail = Math.min(Number(last), sizeBytes);
    return tail === 0 ? 'unsatisfiable' : { start: sizeBytes - tail, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= sizeBytes) return 'unsatisfiable';
  return { start, end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}

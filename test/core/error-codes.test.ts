import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/core/error-codes/index.ts';
import { BenchError, toBenchError, type ErrorCode, type ErrorCodeRow } from '../../src/core/errors.ts';

const rows = Object.entries(ERROR_CODES) as [ErrorCode, ErrorCodeRow][];
const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('error-codes'))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'));

describe('every error code', () => {
  it.each(rows)('%s says what happened, what to do and what a retry repeats', (_code, row) => {
    for (const text of [row.message, row.advice, row.retry])
      expect(text).toMatch(/^([A-Z]|benchflash).*\.$/s);
  });

  const program = [...sources('src'), ...sources('flows')].join('\n');
  const tests = sources('test').join('\n');
  it.each(rows)('%s is thrown somewhere, and a test knows it', (code) => {
    expect(program.includes(`'${code}'`), 'thrown').toBe(true);
    expect(tests.includes(code), 'known to a test').toBe(true);
  });
});

describe('what was thrown', () => {
  it('becomes a BenchError once', () => {
    const known = new BenchError('LINK_LOST');
    expect(toBenchError(known)).toBe(known);
    expect(toBenchError(new DOMException('x', 'AbortError')).code).toBe('ABORTED');
    expect(toBenchError(new TypeError('boom'))).toMatchObject({
      code: 'BUG',
      message: expect.stringContaining('boom') as string,
    });
  });
});

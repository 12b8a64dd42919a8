import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMultipart } from '../../../src/drivers/http/multipart.ts';

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('a form with a file', () => {
  it('holds the file between two boundaries, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        // Pieces of what would be a boundary.
        fc.array(fc.constantFrom('----benchflash', '0000000000000001', '\r\n--', '2', 'x'), {
          maxLength: 12,
        }),
        (noise, pieces) => {
          const content = Buffer.concat([noise, Buffer.from(pieces.join('')), noise]);
          const { contentType, body } = encodeMultipart({ field: 'f', fileName: 'a.bin', content });
          const boundary = /^multipart\/form-data; boundary=([-\w]{1,70})$/.exec(contentType)?.[1] ?? '';
          const parts = latin1(body).split(`--${boundary}`);
          expect(parts).toHaveLength(3);
          expect([parts[0], parts[2]]).toEqual(['', '--\r\n']);
          const [head = '', ...rest] = (parts[1] ?? '').split('\r\n\r\n');
          expect(head).toContain('name="f"; filename="a.bin"');
          expect(rest.join('\r\n\r\n')).toBe(`${latin1(content)}\r\n`);
        },
      ),
    );
  });

  it('cannot be broken out of by a name', () => {
    const { body } = encodeMultipart({
      field: 'f',
      fileName: 'a"\r\nX: y.bin',
      content: new Uint8Array(),
      fields: { 'n"': 'v' },
    });
    expect(latin1(body)).toContain('name="f"; filename="a%22%0D%0AX: y.bin"\r\n');
    expect(latin1(body)).toContain('name="n%22"\r\n\r\nv\r\n');
  });
});

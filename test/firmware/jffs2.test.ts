import fc from 'fast-check';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { parseJffs2 } from '../../src/firmware/jffs2.ts';
import { noise } from './build-images.ts';
import { cleanMarker, dirent, image, inode, MAC, obsolete, para, productConfig } from './build-dafang.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);
const parse = (...nodes: Uint8Array[]) => parseJffs2(image(0x1_0000, cleanMarker(), ...nodes))!;

describe('jffs2', () => {
  it('finds a file in a folder and puts its pieces together', () => {
    const files = parseJffs2(para(MAC))!;
    expect(files.files).toEqual(['config/.product_config']);
    expect(text(files.read('config/.product_config'))).toBe(productConfig(MAC));
    expect(files.damagedNodes).toBe(0);
  });

  it('lays later nodes over earlier ones, in the order of their versions', () => {
    const files = parse(
      inode(2, 3, bytes('BB'), { offset: 2, fileSize: 6 }),
      inode(2, 1, bytes('aaaaaa')),
      dirent(1, 1, 2, 'file'),
    );
    expect(text(files.read('file'))).toBe('aaBBaa');
  });

  it('cuts a file to what its newest node says, and fills holes with zeros', () => {
    const files = parse(
      inode(2, 1, bytes('abcdef')),
      inode(2, 2, new Uint8Array(), { fileSize: 3 }),
      dirent(1, 1, 2, 'cut'),
      inode(3, 1, bytes('x'), { offset: 3, fileSize: 4 }),
      dirent(1, 2, 3, 'hole'),
    );
    expect(text(files.read('cut'))).toBe('abc');
    expect(files.read('hole')).toEqual(Uint8Array.of(0, 0, 0, 0x78));
  });

  it('passes over obsolete nodes, deleted names and nodes that do not verify', () => {
    const wrong = inode(2, 9, bytes('wrong'), { plain: true });
    wrong[70] = wrong[70]! ^ 1;
    const files = parse(
      obsolete(inode(2, 5, bytes('older'))),
      inode(2, 1, bytes('right')),
      wrong,
      dirent(1, 1, 2, 'file'),
      dirent(1, 2, 3, 'gone'),
      dirent(1, 3, 0, 'gone'),
    );
    expect(files.files).toEqual(['file']);
    expect(text(files.read('file'))).toBe('right');
    expect(files.damagedNodes).toBe(1);
  });

  it('is bounded: no claim of a node makes it reserve or unpack more than the limits', () => {
    const files = parse(
      inode(2, 1, bytes('x'), { fileSize: 0xffff_ffff }),
      dirent(1, 1, 2, 'huge'),
      inode(3, 1, new Uint8Array(0x8000)),
      dirent(1, 2, 3, 'bomb'),
      dirent(7, 3, 7, 'loop', 4),
      dirent(7, 4, 8, 'in-loop'),
    );
    expect(files.read('huge')).toBeUndefined();
    expect(files.read('bomb')).toBeUndefined();
    expect(files.read('loop/in-loop')).toBeUndefined();
    expect(parseJffs2(noise(4_096))).toBeUndefined();
  });

  it('reads back what was written, cut in pieces anyhow', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 6_000 }),
        fc.integer({ min: 1, max: 4_096 }),
        (content, size) => {
          const pieces = Array.from({ length: Math.ceil(content.length / size) }, (_, index) =>
            inode(2, index + 1, content.subarray(index * size, (index + 1) * size), {
              offset: index * size,
              fileSize: content.length,
            }),
          ).slice(0, 200);
          fc.pre(pieces.length * size >= content.length);
          const disk = concatUint8Arrays([cleanMarker(), ...pieces, dirent(1, 1, 2, 'f')]);
          expect(parseJffs2(disk)!.read('f')).toEqual(content.length === 0 ? new Uint8Array() : content);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('survives anything', () => {
    const good = para(MAC).subarray(0, 0x800);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 0x7ff }), fc.nat({ max: 255 })), { maxLength: 12 }),
        fc.nat({ max: 0x800 }),
        (changes, length) => {
          const damaged = good.slice(0, length);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          const files = parseJffs2(damaged);
          for (const file of files?.files ?? []) files!.read(file);
        },
      ),
      { numRuns: 400 },
    );
  });
});

import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

interface StandIns {
  readonly PLAIN: RegExp;
  readonly LateSegmenter: typeof Intl.Segmenter;
}

const load = async (name: string): Promise<Partial<StandIns>> =>
  (await import(new URL(`../../build/${name}`, import.meta.url).href)) as Partial<StandIns>;
const { PLAIN } = (await load('plain-text.js')) as StandIns;
const { LateSegmenter } = (await load('late-segmenter.js')) as StandIns;

/** Every character of the basic plane that is taken for plain. */
const plain = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter((character) =>
  PLAIN.test(character),
);

describe('what the bundle takes for plain text', () => {
  it('holds the letters and the signs of the screen', () => {
    for (const text of ['Enter open', '▸ ✔ ✖ · – … ░ █ ─ │ ↑ ↓', '24:6f:28:10:aa:03', 'Größe'])
      expect(text).toMatch(PLAIN);
    for (const text of ['e\u0301', '日本', '👩‍🔧', '⚠️', '\u200b', 'a\u001b[1m', '\r\n'])
      expect(text).not.toMatch(PLAIN);
  });

  it('is one cell a character, as string-width has it', () => {
    expect(plain.filter((character) => stringWidth(character) !== 1)).toEqual([]);
  });

  it('is one grapheme a character, as Intl.Segmenter has it, whatever stands beside it', () => {
    const text = plain.join('');
    const cut = (segmenter: Intl.Segmenter) => [...segmenter.segment(text)];
    expect(cut(new LateSegmenter('en', { granularity: 'grapheme' }))).toEqual(
      cut(new Intl.Segmenter('en', { granularity: 'grapheme' })),
    );
  });
});

it('text that is not plain is cut by ICU', () => {
  const text = 'a👩‍🔧e\u0301';
  const segments = new LateSegmenter().segment(text);
  expect([...segments].map(({ segment }) => segment)).toEqual(['a', '👩‍🔧', 'e\u0301']);
  expect(segments.containing(2)).toEqual(new Intl.Segmenter().segment(text).containing(2));
});

import { width } from '../text/measure.ts';

/** First and last character of the private-use area: one cell each, and in no text that has a meaning. */
const FIRST = 0xe000;
const LAST = 0xf8ff;
const STAND_IN = /[\ue000-\uf8ff]/;
// eslint-disable-next-line no-control-regex -- looks are not counted as width
const SGR = /\u001b\[[0-9;]*m/g;

/** Rows under each other that are drawn as one piece. */
export interface Block {
  /** Two stand-ins: a change of the rows must be a change of text to Ink, or it would not draw. */
  readonly characters: readonly [string, string];
  current: 0 | 1;
  rows: readonly string[];
}

/**
 * Ink lays the rows of the screen out but does not read them: to measure and take apart every styled row on every
 * frame was two thirds of the work (64 slots, ten frames a second). Ink gets a stand-in character per row;
 * `expand` puts the finished rows in its place.
 */
export class RowBlocks {
  readonly #byCharacter = new Map<string, Block>();
  #free: string[] = [];
  #next = FIRST;

  open(): Block {
    const block: Block = { characters: [this.#take(), this.#take()], current: 0, rows: [] };
    for (const character of block.characters) this.#byCharacter.set(character, block);
    return block;
  }

  close(block: Block): void {
    for (const character of block.characters) this.#byCharacter.delete(character);
    this.#free.push(...block.characters);
  }

  /** Takes finished rows and returns what Ink gets for them. */
  show(block: Block, rows: readonly string[]): string {
    const changed = rows.length !== block.rows.length || rows.some((row, index) => row !== block.rows[index]);
    if (changed) {
      block.rows = rows;
      block.current = block.current === 0 ? 1 : 0;
    }
    const character = block.characters[block.current];
    return rows.length === 1 ? character : rows.map(() => character).join('\n');
  }

  /** Ink's frame with the rows in it: the first stand-in of a block is its first row, and so on down. */
  expand(frame: string): string {
    const drawn = new Map<Block, number>();
    return frame
      .split('\n')
      .map((line) => (STAND_IN.test(line) ? this.#expandLine(line, drawn) : line))
      .join('\n');
  }

  #expandLine(line: string, drawn: Map<Block, number>): string {
    let text = '';
    let column = 0;
    for (let at = 0; at < line.length; at++) {
      const block = this.#byCharacter.get(line[at] ?? '');
      if (block === undefined) continue;
      const index = drawn.get(block) ?? 0;
      drawn.set(block, index + 1);
      if (at > column) {
        text += ' '.repeat(at - column);
        column = at;
      }
      const row = block.rows[index] ?? '';
      text += row;
      if (at < line.length - 1) column += width(row.replaceAll(SGR, ''));
    }
    return text;
  }

  #take(): string {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#next > LAST) throw new Error('more rows on the screen than there are stand-ins');
    return String.fromCharCode(this.#next++);
  }
}

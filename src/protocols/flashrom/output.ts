/** A chip that flashrom found. */
export interface FoundChip {
  readonly vendor: string;
  /** As `-c` takes it: `GD25Q127C/GD25Q128C`. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** What flashrom is doing, as its words say. */
export type Stage = 'starting' | 'reading' | 'reading old contents' | 'writing' | 'verifying';

/** Everything the words of one run said. None of it alone means success. */
export interface Said {
  stage: Stage;
  /** Set once `writing` began: from then on the chip may have changed. */
  touched: boolean;
  readonly found: FoundChip[];
  /** Names of `Multiple flash chip definitions match`. */
  several: readonly string[];
  /** JEDEC id, six hex digits. */
  jedecId: string | undefined;
  /** The id that every answer to RDID held, if no two differed: what answers is a chip, known or not. */
  steadyId: string | undefined;
  noChip: boolean;
  /** `Read is not working on this chip`: only a generic name matched. */
  unreadable: boolean;
  readDone: boolean;
  verified: boolean;
  /** The chip held the image already; 1.3.0 then verifies nothing. */
  identical: boolean;
  initFailed: boolean;
  unknownProgrammer: boolean;
  /** `Couldn't open device 1a86:5512.` */
  usbNotOpened: string | undefined;
  protectedChip: boolean;
  /** After a failed write: `unchanged`, or at least not known to be. */
  afterFailure: 'unchanged' | 'changed' | 'unreadable' | undefined;
  /** First line that says what went wrong, for the operator. */
  complaint: string | undefined;
}

/** Share of the stage that is done, from 0 to 1. */
export interface Share {
  readonly of: 'reading' | 'erasing' | 'writing';
  readonly share: number;
}

const STAGES: readonly (readonly [RegExp, Stage])[] = [
  [/Reading flash\.\.\./, 'reading'],
  [/Reading old flash chip contents\.\.\./, 'reading old contents'],
  [/(?:Erasing and writing flash chip|Updating flash chip contents)\.\.\./, 'writing'],
  [/Verifying flash\.\.\./, 'verifying'],
];
const FOUND = /Found (.+?) flash chip "([^"]{1,200})" \((\d+) kB/;
const COMPARED =
  /compare_id: id1 0x([0-9a-f]{2}), id2 0x([0-9a-f]{4})\b|rdid\w*: id1 0x([0-9a-f]{2}), id2 0x([0-9a-f]{4})\b/;
const PERCENT = /\[(READ|ERASE|WRITE):\s*(\d{1,3})%\]/g;
const BLOCK = /0x([0-9a-f]{6,8})-0x([0-9a-f]{6,8}):[A-Z]*(?:W|S|E)\b,? /g;
const COMPLAINT =
  /error|fail|couldn't|cannot|could not|denied|invalid|not working|write protected|unable|refus/i;
/** Lines are short; what is longer is progress that was never wiped. */
const LINE_LIMIT = 64 * 1_024;

/**
 * Reads both pipes as they come. A stage's words end without a line end and its failure arrives on the other pipe, so
 * each piece is looked at when it comes; lines are closed only to tell one message from the next.
 */
export class OutputReader {
  readonly said: Said = {
    stage: 'starting',
    touched: false,
    found: [],
    several: [],
    jedecId: undefined,
    steadyId: undefined,
    noChip: false,
    unreadable: false,
    readDone: false,
    verified: false,
    identical: false,
    initFailed: false,
    unknownProgrammer: false,
    usbNotOpened: undefined,
    protectedChip: false,
    afterFailure: undefined,
    complaint: undefined,
  };
  readonly #open = { stdout: '', stderr: '' };
  readonly #onShare: (share: Share, stage: Stage) => void;
  readonly #writeTotal: number;
  #blocksDone = 0;
  #lastId: string | undefined;

  /** `writeTotal`: bytes that a write is about, to make a share of the blocks that `-V` tells. */
  constructor(onShare: (share: Share, stage: Stage) => void = () => {}, writeTotal = 0) {
    this.#onShare = onShare;
    this.#writeTotal = writeTotal;
  }

  feed(pipe: 'stdout' | 'stderr', text: string): void {
    // Progress wipes itself by backspace, blank, backspace.
    const plain = text.replaceAll('\b', '').replaceAll('\r', '\n');
    const lines = (this.#open[pipe] + plain).split('\n');
    const open = lines.pop() ?? '';
    for (const line of lines) {
      this.#line(line, true);
      if (pipe === 'stderr') this.#complain(line);
    }
    this.#open[pipe] = this.#line(open, false).slice(-LINE_LIMIT);
  }

  /** Call once both pipes are closed. */
  end(): Said {
    for (const pipe of ['stdout', 'stderr'] as const) this.#line(this.#open[pipe], true);
    this.#complain(this.#open.stderr);
    return this.said;
  }

  /** Returns what of an open line has still to be looked at again. */
  #line(text: string, closed: boolean): string {
    if (text.trim() === '') return text;
    this.#stage(text);
    const rest = this.#progress(text);
    if (closed) this.#closed(text);
    return rest;
  }

  #stage(text: string): void {
    const { said } = this;
    // The last one of the line: `Reading old flash chip contents... done.` may stand before the next on one line.
    let at = -1;
    for (const [pattern, stage] of STAGES) {
      const index = pattern.exec(text)?.index ?? -1;
      if (index <= at) continue;
      at = index;
      said.stage = stage;
      if (stage === 'writing' || stage === 'verifying') said.touched ||= stage === 'writing';
    }
  }

  #progress(text: string): string {
    const shares = new Map<string, number>();
    for (const [, name, percent] of text.matchAll(PERCENT)) shares.set(name!, Number(percent) / 100);
    const share = (name: string, of: Share['of']) =>
      this.#onShare({ of, share: Math.min(1, shares.get(name)!) }, this.said.stage);
    if (this.said.stage !== 'writing' && shares.has('READ')) share('READ', 'reading');
    else if (shares.has('WRITE')) share('WRITE', 'writing');
    else if (shares.has('ERASE')) share('ERASE', 'erasing');
    return this.said.stage === 'writing' ? this.#blocks(text) : withoutPercents(text);
  }

  #blocks(text: string): string {
    let end = 0;
    for (const match of text.matchAll(BLOCK)) {
      this.#blocksDone += parseInt(match[2]!, 16) - parseInt(match[1]!, 16) + 1;
      end = match.index + match[0].length;
    }
    if (end === 0) return withoutPercents(text);
    if (this.#writeTotal > 0)
      this.#onShare({ of: 'writing', share: Math.min(1, this.#blocksDone / this.#writeTotal) }, 'writing');
    return text.slice(end);
  }

  #closed(text: string): void {
    const { said } = this;
    const has = (pattern: RegExp) => pattern.test(text);
    const compared = COMPARED.exec(text);
    if (compared) {
      const id = `${compared[1] ?? compared[3]}${compared[2] ?? compared[4]}`;
      said.steadyId = this.#lastId === undefined || said.steadyId === id ? id : undefined;
      this.#lastId = id;
    }
    const found = FOUND.exec(text);
    if (found && !said.found.some(({ name }) => name === found[2])) {
      said.found.push({ vendor: found[1]!, name: found[2]!, sizeBytes: Number(found[3]) * 1_024 });
      said.jedecId ??= this.#lastId;
    }
    if (has(/Multiple flash chip definitions match/))
      said.several = [...text.matchAll(/"([^"]{1,200})"/g)].map(([, name]) => name!);
    said.noChip ||= has(/No EEPROM\/flash device found/);
    said.unreadable ||= has(/Read is not working on this chip/);
    said.readDone ||= has(/Reading flash\.\.\..*done\./) || (said.stage === 'reading' && has(/done\.\s*$/));
    said.verified ||= has(/VERIFIED\./);
    said.identical ||= has(/Chip content is identical to the requested image/);
    said.initFailed ||= has(/Programmer initialization failed/);
    said.unknownProgrammer ||= has(/Unknown programmer "/);
    said.usbNotOpened ??= /Couldn't open device ([0-9a-f]{4}:[0-9a-f]{4})/i.exec(text)?.[1]?.toLowerCase();
    said.protectedChip ||= has(/write protected|Block protection could not be disabled/i);
    if (has(/writing to the flash chip apparently didn't do anything/)) said.afterFailure = 'unchanged';
    if (has(/at least some data has changed|flash chip is in an unknown state/))
      said.afterFailure = 'changed';
    if (has(/Can't even read anymore/)) said.afterFailure = 'unreadable';
  }

  /** With serprog, probing without a name writes some 35 harmless `requested mapping` lines. */
  #complain(text: string): void {
    if (this.said.complaint === undefined && COMPLAINT.test(text) && !text.startsWith('serprog: requested'))
      this.said.complaint = text.trim().slice(0, 200);
  }
}

/** A percentage that was taken is not taken again; what may be the head of the next one stays. */
function withoutPercents(text: string): string {
  const last = text.lastIndexOf('%]');
  if (last < 0) return text;
  return (
    text
      .slice(0, last + 2)
      .replaceAll(PERCENT, '')
      .replaceAll(/[ .]{4,}/g, ' ') + text.slice(last + 2)
  );
}

import { getc, type Machine, type Program } from './machine.ts';

/** CONFIG_SYS_CBSIZE. */
const LINE_BYTES = 1024;
const CTRL_C = 0x03;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const BACKSPACES = [0x08, 0x7f];

/** U-Boot's line editor; undefined: it was interrupted. */
export function* readLine(machine: Machine): Program<string | undefined> {
  let line = '';
  for (;;) {
    const char = yield* getc(machine);
    if (char == null) continue;
    if (char === 0x0d || char === 0x0a) {
      yield '\n';
      return line;
    }
    if (char === CTRL_C) return undefined;
    if (char === ESCAPE) {
      // Arrows and their like: bracket and letter belong to it.
      if ((yield* getc(machine)) === 0x5b) yield* getc(machine);
    } else if (BACKSPACES.includes(char)) {
      if (line === '') continue;
      line = line.slice(0, -1);
      yield '\b \b';
    } else if (char === CTRL_U) {
      yield '\b \b'.repeat(line.length);
      line = '';
    } else if (char >= 0x20) {
      if (line.length >= LINE_BYTES - 1) {
        yield '\x07';
        continue;
      }
      const text = String.fromCharCode(char);
      line += text;
      yield text;
    }
  }
}

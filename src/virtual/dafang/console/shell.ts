import { commandsOf } from './commands/table.ts';
import { readLine } from './line-editor.ts';
import type { Program, UBoot } from './machine.ts';

/** CONFIG_SYS_MAXARGS. */
const MOST_ARGUMENTS = 64;

export const promptOf = ({ family }: UBoot): string =>
  family === 'dafang-hacks' ? 'U-Boot> ' : 'isvp_t20# ';

/** Reads and runs lines until one of them leaves U-Boot. */
export function* shell(uBoot: UBoot): Program {
  let last = '';
  while (uBoot.leave == null) {
    yield promptOf(uBoot);
    const line = yield* readLine(uBoot);
    if (line == null) {
      yield '<INTERRUPT>\n';
      continue;
    }
    const repeated = line === '';
    if (!repeated) last = line;
    if (!(yield* runLine(uBoot, last, repeated))) last = '';
  }
}

/** Runs what `;` joins, whatever comes of each. True: an empty line may repeat it. */
export function* runLine(uBoot: UBoot, line: string, repeated = false): Program<boolean> {
  let mayRepeat = true;
  for (const part of line.split(';')) {
    const argv = expand(uBoot, part)
      .split(/[ \t]+/)
      .filter((word) => word !== '');
    const [name] = argv;
    if (name == null || uBoot.leave != null) continue;
    if (argv.length > MOST_ARGUMENTS) {
      yield `** Too many args (max. ${MOST_ARGUMENTS}) **\n`;
      mayRepeat = false;
      continue;
    }
    const command = commandsOf(uBoot).find((each) => each.name === name.replace(/\.[bwl]$/, ''));
    if (command == null) {
      yield `Unknown command '${name}' - try 'help'\n`;
      mayRepeat = false;
      continue;
    }
    if (repeated && !command.repeatable) return false;
    const done = yield* command.run(uBoot, argv, repeated);
    if (done === 'usage')
      yield `${command.name} - ${command.help}\n\nUsage:\n${command.usage ?? command.name}\n`;
    if (done !== true || !command.repeatable) mayRepeat = false;
  }
  return mayRepeat && line !== '';
}

function expand({ environment }: UBoot, text: string): string {
  return text.replaceAll(
    /\$(?:\{(\w+)\}|\((\w+)\))/g,
    (_, braced?: string, round?: string) => environment.get(braced ?? round ?? '') ?? '',
  );
}

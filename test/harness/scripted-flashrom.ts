import type {
  ProgramEnd,
  ProgramRequest,
  Programs,
  ScratchFolder,
} from '../../src/drivers/process/programs.ts';

export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number | undefined;
  readonly notStarted?: ProgramEnd['notStarted'];
  readonly endedBy?: ProgramEnd['endedBy'];
}

export type Call = 'help' | 'probe' | 'read' | 'write';

/** Words of 1.3.0; the texts of the newer one are in the recorded transcripts. */
const FOUND = [
  'Probing for GigaDevice GD25Q128C, 16384 kB: compare_id: id1 0xc8, id2 0x4018',
  'Found GigaDevice flash chip "GD25Q128C" (16384 kB, SPI) on dummy.',
  '',
].join('\n');
export const HELP = ' -r | --read <file>\n -l | --layout <layoutfile>\n -i | --include <region>[:<file>]\n';

/**
 * A flashrom without a process: a chip in memory, the words of the real one. `script` answers instead, or changes what
 * it would have done; each call takes the next entry under its name.
 */
export class ScriptedFlashrom implements Programs {
  chip: Uint8Array;
  help = HELP;
  usb: readonly string[] = [];
  readonly calls: { readonly call: Call; readonly args: readonly string[]; readonly shielded: boolean }[] =
    [];
  /** Folders that are there now. */
  folders = 0;
  readonly #files = new Map<string, Uint8Array>();
  readonly #script: {
    readonly [call in Call]?: (Answer | ((self: ScriptedFlashrom) => Answer | undefined) | undefined)[];
  };

  constructor(
    chip: Uint8Array,
    script: {
      readonly [call in Call]?: (Answer | ((self: ScriptedFlashrom) => Answer | undefined) | undefined)[];
    } = {},
  ) {
    this.chip = chip;
    this.#script = script;
  }

  async run(request: ProgramRequest): Promise<ProgramEnd> {
    const { args, signal } = request;
    const call: Call = args.includes('--help')
      ? 'help'
      : args.includes('-r')
        ? 'read'
        : args.includes('-w')
          ? 'write'
          : 'probe';
    this.calls.push({ call, args, shielded: request.shielded === true });
    const next = this.#script[call]?.shift();
    const scripted = typeof next === 'function' ? next(this) : next;
    const answer =
      scripted ??
      (signal?.aborted === true ? { endedBy: 'signal', exitCode: undefined } : this.#do(call, args));
    const { stdout = '', stderr = '' } = answer;
    if (stdout !== '') request.onOutput?.('stdout', stdout);
    if (stderr !== '') request.onOutput?.('stderr', stderr);
    return {
      exitCode: 'exitCode' in answer ? answer.exitCode : 0,
      notStarted: answer.notStarted,
      endedBy: answer.endedBy,
      stdout,
      stderr,
    };
  }

  #do(call: Call, args: readonly string[]): Answer {
    if (call === 'help') return { stdout: this.help };
    if (call === 'probe') return { stdout: `${FOUND}No operations were specified.\n` };
    const file = args.at(-1)!;
    const regions = this.#regions(args);
    const source = call === 'read' ? this.chip : this.#files.get(file)!;
    const target = call === 'read' ? new Uint8Array(this.chip.length) : this.chip;
    for (const [start, end] of regions) target.set(source.subarray(start, end), start);
    if (call === 'read') {
      this.#files.set(file, target);
      return { stdout: `${FOUND}Reading flash... done.\n` };
    }
    return {
      stdout: `${FOUND}Reading old flash chip contents... done.\nErasing and writing flash chip... Erase/write done.\nVerifying flash... VERIFIED.\n`,
    };
  }

  #regions(args: readonly string[]): (readonly [number, number])[] {
    if (!args.includes('-l')) return [[0, this.chip.length]];
    const layout = new TextDecoder().decode(this.#files.get(args[args.indexOf('-l') + 1]!));
    const wanted = args.flatMap((word, index) => (word === '-i' ? [args[index + 1]!] : []));
    return layout.split('\n').flatMap((line) => {
      const [, start, end, name] = /^([0-9a-f]{8}):([0-9a-f]{8}) (\S+)$/.exec(line) ?? [];
      return wanted.includes(name ?? '') ? [[parseInt(start!, 16), parseInt(end!, 16) + 1] as const] : [];
    });
  }

  async scratch(): Promise<ScratchFolder> {
    const number = ++this.folders;
    const pathOf = (name: string) => `/scratch/${number}/${name}`;
    return {
      pathOf,
      write: async (name, content) =>
        void this.#files.set(
          pathOf(name),
          typeof content === 'string' ? new TextEncoder().encode(content) : content.slice(),
        ),
      read: async (name) => this.#files.get(pathOf(name))?.slice(),
      remove: async () => {
        this.folders -= 1;
        this.#files.clear();
      },
    };
  }

  usbIds(): Promise<readonly string[]> {
    return Promise.resolve(this.usb);
  }
}

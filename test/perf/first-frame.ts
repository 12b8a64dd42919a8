import { spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childProgram } from './child-programs.ts';

/** The built program as its users start it. */
const PROGRAM = fileURLToPath(new URL('../../dist/benchflash.cjs', import.meta.url));
const LIMIT_MS = 30_000;

export interface FirstFrame {
  readonly runs: number;
  /** Without what the surroundings put into every Node process. */
  readonly plain: Pair;
  /** As the surroundings are, where they set NODE_EXTRA_CA_CERTS (read at every start) or NODE_OPTIONS. */
  readonly asSet?: Pair;
}

export interface Pair {
  readonly benchflash: Start;
  readonly bareNode: Start;
  /** One word by Ink, React and Yoga alone: nothing that draws with them can be much faster. */
  readonly inkAlone: Start;
}

/** Medians, from the start of the process to its first text on the terminal. */
export interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

export async function measureFirstFrame(runs = 7): Promise<FirstFrame> {
  await access(PROGRAM).catch(() => {
    throw new Error('There is no built program: npm run build first.');
  });
  const { CI: _, NO_COLOR: __, ...asSet } = process.env;
  const { NODE_EXTRA_CA_CERTS: certificates, NODE_OPTIONS: options, ...plain } = asSet;
  return {
    runs,
    plain: await measurePair(runs, plain),
    ...((certificates ?? options) != null && { asSet: await measurePair(runs, asSet) }),
  };
}

/** Both in turn, each in a new terminal, so that what else the machine does meets both alike. */
async function measurePair(runs: number, environment: NodeJS.ProcessEnv): Promise<Pair> {
  const directory = await mkdtemp(join(tmpdir(), 'benchflash-perf-'));
  const benchflash: Start[] = [];
  const bareNode: Start[] = [];
  const inkAlone: Start[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      bareNode.push(await timeTo('x', ['-e', "process.stdout.write('x')"], environment));
      inkAlone.push(await timeTo('ink alone', [childProgram('ink-alone')], environment));
      // On the start screen, and in no error or control sequence before it.
      const words = [PROGRAM, '--data-dir', join(directory, 'data')];
      benchflash.push(await timeTo('benchflash', words, environment));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { benchflash: medians(benchflash), bareNode: medians(bareNode), inkAlone: medians(inkAlone) };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const medians = (starts: readonly Start[]): Start => ({
  ms: median(starts.map(({ ms }) => ms)),
  cpuMs: median(starts.map(({ cpuMs }) => cpuMs)),
});

/** Opens a pseudo terminal, starts node in it and stops the time when `text` has come. */
const IN_A_TERMINAL = `
import fcntl, os, pty, select, signal, struct, sys, termios, time
text, limit, words = sys.argv[1].encode(), float(sys.argv[2]), sys.argv[3:]
started = time.monotonic()
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execv(words[0], words)
heard = b''
while text not in heard and time.monotonic() < started + limit:
    if select.select([terminal], [], [], 1)[0]:
        try: heard += os.read(terminal, 65536)
        except OSError: break
ms = (time.monotonic() - started) * 1000 if text in heard else -1
if ms < 0: sys.stderr.write(repr(heard[-2000:]) + '\\n')
os.kill(child, signal.SIGKILL)
usage = os.wait4(child, 0)[2]
print('[%f,%f]' % (ms, (usage.ru_utime + usage.ru_stime) * 1000))
`;

function timeTo(text: string, words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Start> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'python3',
      ['-c', IN_A_TERMINAL, text, String(LIMIT_MS / 1_000), process.execPath, ...words],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...environment, TERM: 'xterm-256color' },
      },
    );
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', (cause) => reject(new Error('python3 is needed for a pseudo terminal', { cause })));
    child.on('close', () => {
      const [ms = -1, cpuMs = -1] = JSON.parse(said || '[]') as number[];
      if (ms > 0) resolve({ ms, cpuMs });
      else reject(new Error(`no "${text}" on the terminal: ${words.join(' ')}`));
    });
  });
}

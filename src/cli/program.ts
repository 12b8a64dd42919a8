import { Command, InvalidArgumentError, Option } from 'commander';
import { ASSUME_WORDS, type AssumeWord } from '../core/steps.ts';
import type { CommandContext } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Host } from './host.ts';
import { createOutput } from './output.ts';
import type { CommandServices } from './services.ts';

/** Runs a command with what was parsed; resolves with its exit code. */
type Run = (context: CommandContext) => Promise<number>;

/**
 * All commands and options. Global options stand before or after the command. Each command's code is loaded when
 * it is the one that was asked for.
 */
export function buildProgram(
  host: Host,
  services: CommandServices,
  ended: (exitCode: number) => void,
): Command {
  const program = new Command('benchflash');

  const run = async (command: Run) => {
    const options = program.opts<GlobalOptions>();
    const output = createOutput(host, options, host.env);
    try {
      ended(await command({ host, services, options, output }));
    } finally {
      await output.flush();
    }
  };

  program
    .description('Puts other firmware on a tray of devices: wiring, backup, flash, verify, proof, records.')
    .version(services.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--json', 'one JSON event or document a line on stdout', false)
    .option('--plain', 'no full-screen program: plain lines', false)
    .option('--no-color', 'no colour (NO_COLOR does the same)')
    .option('--ascii', 'only ASCII characters on the screen', false)
    .option('--data-dir <dir>', 'records, backups and settings; default: where this system keeps data')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
    })
    .showHelpAfterError('(benchflash --help lists commands and options)')
    .exitOverride();

  program
    .command('demo')
    .description('the bench with virtual devices: no hardware needed')
    .option('--slots <n>', 'how many lamps on the tray, 1 to 64', wholeNumber(1, 64), 12)
    .action((own: { slots: number }) =>
      run(async (context) => (await import('./commands/demo.ts')).demo(context, own.slots)),
    );

  batchCommand(program, 'run', 'put firmware on units without the screen', (command) =>
    command
      .addOption(firmwareOption())
      .option('--cycle', 'one place, many units: the next one heard starts its own run', false)
      .option('--job <name>', 'take flow, files, settings and links from a saved job'),
  ).action((flow: string | undefined, own: BatchOptions) =>
    run(async (context) => (await import('./commands/batch.ts')).batch(context, 'flash', flow, own)),
  );
  batchCommand(program, 'backup', 'only read units and keep what was read').action(
    (flow: string | undefined, own: BatchOptions) =>
      run(async (context) => (await import('./commands/batch.ts')).batch(context, 'backup', flow, own)),
  );
  batchCommand(program, 'restore', 'write backups to the units they came from', (command) =>
    command.option('--backup <file>', 'this file instead of the newest whole backup of each unit'),
  ).action((flow: string | undefined, own: BatchOptions) =>
    run(async (context) => (await import('./commands/batch.ts')).batch(context, 'restore', flow, own)),
  );

  program
    .command('flows')
    .description('what can be flashed')
    .action(() => run(async (context) => (await import('./commands/flows.ts')).flows(context)));
  program
    .command('jobs')
    .description('saved jobs')
    .action(() => run(async (context) => (await import('./commands/jobs.ts')).jobs(context)));
  program
    .command('scan')
    .description('what is plugged in, heard, or found on the network')
    .option('--watch', 'go on and tell what comes and goes', false)
    .option(
      '--sweep',
      "try every address of this computer's subnets, for devices that do not announce themselves",
      false,
    )
    .action((own: { watch: boolean; sweep: boolean }) =>
      run(async (context) => (await import('./commands/scan.ts')).scan(context, own)),
    );
  program
    .command('doctor')
    .description('is this machine ready, and how to fix what is not')
    .action(() => run(async (context) => (await import('./commands/doctor.ts')).doctor(context)));
  program
    .command('inspect')
    .description('what a firmware file or backup is, and all that is wrong with it')
    .argument('<file>')
    .action((file: string) =>
      run(async (context) => (await import('./commands/inspect.ts')).inspect(context, file)),
    );
  program
    .command('results')
    .description('records of a batch, one line per unit; the newest batch when none is named')
    .argument('[batch]', 'e.g. B-0012 or 12')
    .option('--csv', 'as CSV', false)
    .option('--secrets', 'with the secrets that were kept for the units', false)
    .action((batch: string | undefined, own: { csv: boolean; secrets: boolean }) =>
      run(async (context) => (await import('./commands/results.ts')).results(context, batch, own)),
    );
  program
    .command('unit')
    .description('everything known of one unit, and what each backup can bring back')
    .argument('<unit>', 'MAC, its last six digits, or the number of a run')
    .action((query: string) =>
      run(async (context) => (await import('./commands/unit.ts')).unit(context, query)),
    );
  program
    .command('virtual')
    .description('serve one virtual device, so that any program can talk to it')
    .argument('<device>', 'e.g. lamp')
    .option('--listen <url>', 'tcp://, rfc2217:// or http://127.0.0.1:PORT; port 0 takes any free one')
    .option('--image <file>', 'its flash: read when there, written back')
    .option('--sd <file>', 'a file on its SD card, e.g. demo.bin')
    .option('--fault <name...>', 'what is wrong with it', collect, [])
    .option('--state <name>', 'what a new unit is')
    .option('--unit <n>', 'number of the unit', wholeNumber(1, 1024), 1)
    .option('--count <n>', 'so many units, on ports one after another', wholeNumber(1, 256), 1)
    .option('--pace <baud>', 'speed of the modelled wire', wholeNumber(300, 10_000_000))
    .option('--make-firmware <dir>', 'write practice images instead of serving')
    .action((device: string, own: VirtualOptions) =>
      run(async (context) => (await import('./commands/virtual.ts')).virtual(context, device, own)),
    );
  // Last, or the commands would inherit that they take any words.
  return program.allowExcessArguments(true).action(() => {
    const word = program.args[0];
    if (word != null) program.error(`error: unknown command '${word}'`, { code: 'commander.unknownCommand' });
    return run(async (context) => (await import('./commands/screen.ts')).screen(context, { kind: 'start' }));
  });
}

export interface BatchOptions {
  readonly link: readonly string[];
  readonly firmware?: readonly string[];
  readonly set: readonly string[];
  readonly assume: readonly AssumeWord[];
  readonly jobs?: number;
  readonly cycle?: boolean;
  readonly dryRun: boolean;
  readonly job?: string;
  readonly backup?: string;
  readonly operator?: string;
  readonly note?: string;
}

export interface VirtualOptions {
  readonly listen?: string;
  readonly image?: string;
  readonly sd?: string;
  readonly fault: readonly string[];
  readonly state?: string;
  readonly unit: number;
  readonly count: number;
  readonly pace?: number;
  readonly makeFirmware?: string;
}

function batchCommand(
  program: Command,
  name: string,
  description: string,
  more: (command: Command) => Command = (command) => command,
): Command {
  const command = program
    .command(name)
    .description(description)
    .argument('[flow]', 'what to do; benchflash flows lists them')
    .option('--link <url...>', 'how each unit is reached, e.g. /dev/ttyUSB0, virtual:lamp?n=12', collect, []);
  return more(command)
    .option('--set <key=value...>', 'a setting of the flow; =@FILE reads it from a file', collect, [])
    .option('--assume <words...>', `answers in advance: ${ASSUME_WORDS.join(', ')}`, collectAssumed, [])
    .option('--jobs <n>', 'how many units at once; default: all', wholeNumber(1, 64))
    .option('--dry-run', 'check everything, touch no unit', false)
    .option('--operator <name>', 'your name, for the records')
    .option('--note <text>', 'a note for the record of every unit');
}

const firmwareOption = () =>
  new Option('--firmware <file...>', '[SLOT=]FILE; without a slot it is placed by what it is')
    .argParser(collect)
    .default([], 'none');

function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

function collectAssumed(value: string, earlier: readonly AssumeWord[]): AssumeWord[] {
  const words = value.split(',').filter((word) => word !== '');
  return [
    ...earlier,
    ...words.map((word) => {
      const known = ASSUME_WORDS.find((each) => each === word);
      if (known == null) throw new InvalidArgumentError(`"${word}" is none of ${ASSUME_WORDS.join(', ')}.`);
      return known;
    }),
  ];
}

const wholeNumber = (min: number, max: number) => (value: string) => {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max)
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
  return number;
};

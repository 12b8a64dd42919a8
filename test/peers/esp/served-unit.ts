import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Running } from '../../e2e/program.ts';

export type Scheme = 'socket' | 'rfc2217';
export type Device = 'lamp' | 'plug-esp8266';

/** A virtual unit, served by the built program, with its flash in a file. */
export interface ServedUnit {
  readonly device: Device;
  /** As both our program and pyserial write it: `socket://127.0.0.1:PORT` or `rfc2217://…`. */
  readonly link: string;
  /** For the files of one test; goes with it. */
  readonly folder: string;
  /** Ends the server; what it said of the unit. */
  stop(): Promise<string>;
  /** Ends the server; what is in the flash then. */
  flash(): Promise<Uint8Array>;
}

export interface ServeOptions {
  /** What is in its flash; without it the unit is as new. */
  readonly content?: Uint8Array;
  readonly faults?: readonly string[];
  readonly state?: string;
}

/** Serves a new unit for as long as `use` runs. */
export async function withUnit<T>(
  device: Device,
  scheme: Scheme,
  use: (unit: ServedUnit) => Promise<T>,
  { content, faults = [], state }: ServeOptions = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'benchflash-esp-peer-'));
  const image = join(folder, 'flash.bin');
  if (content != null) await writeFile(image, content);
  const server = new Running([
    'virtual',
    device,
    ...['--listen', `${scheme === 'socket' ? 'tcp' : scheme}://127.0.0.1:0`],
    ...['--image', image],
    ...faults.flatMap((fault) => ['--fault', fault]),
    ...(state == null ? [] : ['--state', state]),
  ]);
  try {
    const [, address] = await server.saw(/^listening on [a-z0-9]+:\/\/(\S+)$/m);
    const stop = async () => {
      server.process.kill('SIGTERM');
      return (await server.ended).stderr;
    };
    return await use({
      device,
      link: `${scheme}://${address}`,
      folder,
      stop,
      async flash() {
        await stop();
        return readFile(image);
      },
    });
  } finally {
    server.process.kill('SIGKILL');
    await server.ended;
    await rm(folder, { recursive: true, force: true });
  }
}

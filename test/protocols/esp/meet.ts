import { contactLoader, type ContactOptions, type EspLoader } from '../../../src/protocols/esp/index.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { ScriptedPort, type ScriptedPortOptions } from '../../harness/scripted-port.ts';
import { FakeLoader } from './fake-loader.ts';

export interface Meeting {
  readonly port: ScriptedPort;
  readonly clock: ManualClock;
  readonly fake: FakeLoader;
  readonly loader: EspLoader;
  readonly logged: string[];
  /** Runs the clock until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
}

export interface MeetOptions {
  readonly chip?: 'esp8266' | 'esp32';
  readonly mode?: 'rom' | 'stub';
  readonly port?: ScriptedPortOptions;
  readonly contact?: Partial<ContactOptions>;
}

/** A contact with a fake loader, made. */
export async function meet(options: MeetOptions = {}): Promise<Meeting> {
  const port = new ScriptedPort(options.port);
  const clock = new ManualClock();
  const fake = new FakeLoader(port, {
    ...(options.chip != null && { chip: options.chip }),
    ...(options.mode != null && { mode: options.mode }),
  });
  const logged: string[] = [];
  const loader = await clock.run(
    contactLoader(port, {
      clock,
      signal: new AbortController().signal,
      resetBy: 'hands',
      limitMs: 10_000,
      log: (_level, text) => logged.push(text),
      ...options.contact,
    }),
  );
  return { port, clock, fake, loader, logged, run: (promise) => clock.run(promise) };
}

/** Bytes that do not compress, the same every time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state >>> 11;
  }
  return bytes;
}

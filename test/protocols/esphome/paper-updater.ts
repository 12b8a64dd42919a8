import { BenchError } from '../../../src/core/errors.ts';
import type { HostPort, Network, TcpConnection } from '../../../src/drivers/http/port.ts';

/** What an updater on paper expects and says, step by step: bytes from the client, then bytes from the unit. */
export type Exchange = readonly [fromClient: number | string, answer: readonly number[]];

export interface PaperUpdater {
  readonly network: Pick<Network, 'connect'>;
  /** Everything the client sent, step for step, as hex. */
  readonly heard: string[];
  readonly places: HostPort[];
  closed: boolean;
}

/** `pieces`: answers arrive one byte at a time. `thenReset`: the connection breaks where the script ends. */
export function paperUpdater(
  script: readonly Exchange[],
  { pieces = false, thenReset = false } = {},
): PaperUpdater {
  const steps = [...script];
  let wanted = 0;
  let got: number[] = [];
  const answers: number[] = [];
  const updater: PaperUpdater = {
    heard: [],
    places: [],
    closed: false,
    network: {
      connect: async (to) => {
        updater.places.push(to);
        return connection;
      },
    },
  };
  const next = () => {
    const [fromClient] = steps[0] ?? [Infinity];
    wanted = typeof fromClient === 'number' ? fromClient : fromClient.length / 2;
  };
  const connection: TcpConnection = {
    read: async ({ limitMs }) => {
      if (answers.length === 0) {
        if (steps.length > 0) throw new BenchError('HTTP_NO_ANSWER', { message: `silent for ${limitMs} ms` });
        if (thenReset) throw new BenchError('HTTP_RESET');
        return new Uint8Array();
      }
      const taken = pieces ? answers.splice(0, 1) : answers.splice(0);
      return Uint8Array.from(taken);
    },
    write: async (bytes) => {
      if (steps.length === 0 && thenReset) throw new BenchError('HTTP_RESET');
      got.push(...bytes);
      while (steps.length > 0 && got.length >= wanted) {
        const [, answer] = steps.shift()!;
        updater.heard.push(Buffer.from(got.splice(0, wanted)).toString('hex'));
        answers.push(...answer);
        next();
      }
      if (steps.length === 0 && got.length > 0) {
        updater.heard.push(Buffer.from(got).toString('hex'));
        got = [];
      }
    },
    close: async () => {
      updater.closed = true;
    },
  };
  next();
  return updater;
}

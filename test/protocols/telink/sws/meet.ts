import {
  type ActivationEvent,
  type ActivationOptions,
  FullWire,
  TxOnlyWire,
  type TxOnlyOptions,
  type WireOptions,
} from '../../../../src/protocols/telink/sws/index.ts';
import { ManualClock } from '../../../harness/manual-clock.ts';
import { FakeBench, type FakeBenchOptions } from './fake-bench.ts';

export interface Meeting<Wire> {
  readonly clock: ManualClock;
  readonly bench: FakeBench;
  readonly wire: Wire;
  readonly events: ActivationEvent[];
  readonly logged: string[];
  run<T>(promise: Promise<T>): Promise<T>;
  activation(more?: Partial<ActivationOptions>): ActivationOptions;
}

async function meet<Wire>(
  benchOptions: FakeBenchOptions,
  open: (bench: FakeBench, options: WireOptions) => Promise<Wire>,
): Promise<Meeting<Wire>> {
  const clock = new ManualClock();
  const bench = new FakeBench(clock, benchOptions);
  const logged: string[] = [];
  const events: ActivationEvent[] = [];
  const wire = await clock.run(open(bench, { clock, log: (_level, text) => logged.push(text) }));
  return {
    clock,
    bench,
    wire,
    events,
    logged,
    run: (promise) => clock.run(promise),
    activation: (more = {}) => ({
      signal: new AbortController().signal,
      windowMs: 600,
      onEvent: (event) => events.push(event),
      ...more,
    }),
  };
}

export const meetFull = (bench: FakeBenchOptions = {}, options: Partial<WireOptions> = {}) =>
  meet(bench, (port, common) => FullWire.open(port, { ...common, ...options }));

export const meetTxOnly = (bench: FakeBenchOptions = {}, options: Partial<TxOnlyOptions> = {}) =>
  meet({ wiring: 'tx-only', ...bench }, (port, common) => TxOnlyWire.open(port, { ...common, ...options }));

/** A full wire with its chip caught and its flash unlocked. */
export async function meetReady(bench: FakeBenchOptions = {}): Promise<Meeting<FullWire>> {
  const meeting = await meetFull(bench);
  await meeting.run(meeting.wire.activate(meeting.activation()));
  await meeting.run(meeting.wire.unlock());
  return meeting;
}

/** Bytes that look like nothing, the same every time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

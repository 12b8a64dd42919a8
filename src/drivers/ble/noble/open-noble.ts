import type { EventEmitter } from 'node:events';
import type { Clock } from '../../../core/clock.ts';
import type { LogSink } from '../../../core/log.ts';
import { BenchRadio } from '../bench-radio.ts';
import { linuxAdapters } from '../linux-adapters.ts';
import { type BluetoothProblem, bluetoothProblem, problemOfThrown } from '../problems.ts';
import { NobleStack } from './noble-stack.ts';
import type { Noble } from './noble-types.ts';
import { quietConsole, repairBindings } from './repairs.ts';
import { within } from './within.ts';

/** How long an adapter may take until it says whether it is on, ms; noble looks once a second. */
const STATE_LIMIT_MS = 5000;

/**
 * Connections an adapter of this computer is trusted to hold. Cheap USB dongles hold five to seven; one that holds
 * fewer says so when it is full, and is believed.
 */
const ADAPTER_CONNECTIONS = 5;

/** The computer's own radio: opened at the first call, and the same for all. */
export interface RadioOpener {
  /**
   * Throws BLUETOOTH_UNAVAILABLE or BLUETOOTH_OFF with the reason and its remedy, or the signal's reason. What was
   * wrong may be put right: each call looks anew.
   */
  open(options: { readonly signal?: AbortSignal; readonly log?: LogSink }): Promise<BenchRadio>;
  /** Ends the scan and all connections. Noble goes on polling: the program must exit by itself. Never throws. */
  close(): Promise<void>;
}

export interface RadioOpenerOptions {
  readonly clock: Clock;
  /** Makes noble with this computer's bindings. */
  readonly loadNoble?: (log: LogSink) => Promise<Noble>;
  readonly adapters?: typeof linuxAdapters;
}

export function createRadioOpener({
  clock,
  loadNoble = loadSystemNoble,
  adapters = linuxAdapters,
}: RadioOpenerOptions): RadioOpener {
  let noble: Noble | undefined;
  let radio: BenchRadio | undefined;
  let opening: Promise<BenchRadio> | undefined;

  async function openRadio(log: LogSink): Promise<BenchRadio> {
    try {
      noble ??= startNoble(await loadNoble(log), log);
    } catch (error) {
      throw bluetoothProblem(await known(problemOfThrown(error)), error);
    }
    const problem = await problemOfState(noble, clock);
    if (problem) throw bluetoothProblem(await known(problem));
    radio = new BenchRadio(new NobleStack(noble, { clock, maxConnections: ADAPTER_CONNECTIONS }), clock);
    return radio;
  }

  /** Linux knows more of an adapter than noble does. */
  async function known(problem: BluetoothProblem): Promise<BluetoothProblem> {
    if (problem !== 'no-adapter' && problem !== 'off') return problem;
    const found = await adapters();
    if (found.length === 0) return problem;
    if (found.every(({ blocked }) => blocked === 'hard')) return 'switch';
    return found.every(({ blocked }) => blocked !== undefined) ? 'blocked' : 'off';
  }

  return {
    async open({ signal, log = () => {} }) {
      signal?.throwIfAborted();
      if (radio) {
        if (radio.offBecause) throw radio.offBecause;
        return radio;
      }
      opening ??= openRadio(log).finally(() => (opening = undefined));
      const opened = await opening;
      signal?.throwIfAborted();
      return opened;
    },
    async close() {
      await opening?.catch(() => {});
      const closing = radio;
      radio = undefined;
      await closing?.close();
    },
  };
}

/** A radio over bindings of our own. Undefined where noble is not installed. */
export async function openRadioOver(
  bindings: EventEmitter,
  options: { readonly clock: Clock; readonly name: string; readonly maxConnections: number },
): Promise<BenchRadio | undefined> {
  let withBindings;
  try {
    withBindings = (await import('@abandonware/noble/with-bindings.js')).default;
  } catch {
    return undefined;
  }
  const noble = startNoble(withBindings(bindings), () => {});
  const problem = await problemOfState(noble, options.clock);
  if (problem) throw bluetoothProblem(problem);
  return new BenchRadio(new NobleStack(noble, options), options.clock);
}

let isQuiet = false;

async function loadSystemNoble(log: LogSink): Promise<Noble> {
  if (!isQuiet) {
    isQuiet = true;
    quietConsole((text) => log('warn', text));
  }
  // Without this a peer is heard only when its scan response comes through too, which a weak one's often does not.
  process.env.NOBLE_REPORT_ALL_HCI_EVENTS ??= '1';
  // This entry makes its bindings at each call: what failed can be tried again. The main one fails for good.
  const { default: withCustomBinding } = await import('@abandonware/noble/with-custom-binding.js');
  return withCustomBinding();
}

function startNoble(noble: Noble, log: LogSink): Noble {
  // With a listener of ours noble does not write them to the console.
  noble.on('warning', (text: string) => log('warn', `noble: ${text}`));
  // Reading it starts the bindings here and now, and throws what they throw.
  void noble.state;
  repairBindings(noble);
  return noble;
}

async function problemOfState(noble: Noble, clock: Clock): Promise<BluetoothProblem | undefined> {
  const untilMs = clock.monotonicMs() + STATE_LIMIT_MS;
  for (;;) {
    switch (noble.state) {
      case 'poweredOn':
        return undefined;
      case 'poweredOff':
        return 'off';
      case 'unauthorized':
        return 'no-permission';
      case 'unsupported':
        return 'no-low-energy';
      default:
        if (!(await within(clock, untilMs - clock.monotonicMs(), noble, 'stateChange'))) return 'silent';
    }
  }
}

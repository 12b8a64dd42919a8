import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { OpenOptions, SerialPort } from './port.ts';
import { TcpLink } from './tcp-link.ts';

/**
 * Opens `socket://host:port`: the bytes of a serial port over plain TCP. The rate is the server's affair; the one
 * given only says how long a write may take.
 */
export async function openSocketPort(
  link: string,
  options: OpenOptions & { readonly clock?: Clock },
): Promise<SerialPort> {
  const tcp = await TcpLink.open(link, options.clock ?? systemClock, options.signal);
  tcp.onReceived((bytes) => tcp.state.deliver(bytes));
  const { state } = tcp;
  let baudRate = options.baudRate;
  return {
    link,
    hasControlLines: false,
    hasBaudRate: false,
    unsentBytes: Infinity,
    get baudRate() {
      return baudRate;
    },
    get lostBecause() {
      return state.lostBecause;
    },
    onData: (listener) => state.onData(listener),
    onLost: (listener) => state.onLost(listener),
    rest: (ms) => tcp.rest(ms),
    write: (bytes) => state.inTurn(() => tcp.send(bytes, baudRate)),
    setBaudRate: (rate) =>
      state.inTurn(async () => {
        if (state.gone) throw state.goneError();
        baudRate = rate;
      }),
    async setLines() {
      if (state.gone) throw state.goneError();
      throw new BenchError('NO_CONTROL_LINES', { detail: { link } });
    },
    async flushInput() {
      if (state.gone) throw state.goneError();
      state.dropUnheard();
    },
    close: () => tcp.close(),
  };
}

import { latin1 } from '../../bytes.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import { lastThreeOfMac } from './mac-name.ts';

export const LOG_PORT = 45_678;
/** What is said is gathered for this long (libs/adv_logger: looked at every 8 ticks of 20 ms). */
const GATHER_MS = 160;
const DATAGRAM_BYTES = 1400;

export interface LogOptions {
  /** HAAMAIN stamps the time of day and ends its mark with a space; the installers count seconds and put a colon. */
  readonly mark: 'installer' | 'haamain';
}

/**
 * What HAA prints, as a bench hears it: broadcast from the moment it has an address. A line of an installer is
 * `0012.345 10.77.0.11-A1B2C3: text`; the seconds since its start come first (libs/adv_logger/adv_logger.c).
 */
export class UdpLog {
  private readonly plug: RunningPlug;
  private readonly options: LogOptions;
  private readonly startedMs: number;
  private address: string | undefined;
  private gathered = '';
  private cancelSending: (() => void) | undefined;

  constructor(plug: RunningPlug, options: LogOptions) {
    this.plug = plug;
    this.options = options;
    this.startedMs = plug.clock.monotonicMs();
  }

  /** From now on it can be heard; what was said before never is. */
  joined(address: string): void {
    if (this.plug.fault('no-log')) return;
    this.address = address;
    this.gathered = '\r\nAdv Log\r\n\r\n';
  }

  line(text: string): void {
    if (this.address == null) return;
    const line = `${this.mark(this.address)}${text}\r\n`;
    if (this.gathered.length + line.length > DATAGRAM_BYTES) this.flush();
    this.gathered += line;
    this.cancelSending ??= this.plug.clock.after(GATHER_MS, () => this.flush());
  }

  /** Sends what was gathered; a real one always has the time for it before it restarts. */
  flush(): void {
    this.cancelSending?.();
    this.cancelSending = undefined;
    if (this.gathered !== '') this.plug.wifi.broadcast(LOG_PORT, latin1(this.gathered));
    this.gathered = '';
  }

  /** Nothing is sent any more. */
  close(): void {
    this.cancelSending?.();
    this.cancelSending = undefined;
    this.address = undefined;
    this.gathered = '';
  }

  private mark(address: string): string {
    const seconds = (this.plug.clock.monotonicMs() - this.startedMs) / 1000;
    const unit = `${address}-${lastThreeOfMac(this.plug.chip.mac)}`;
    if (this.options.mark === 'installer') return `${seconds.toFixed(3).padStart(8, '0')} ${unit}: `;
    const time = new Date(this.plug.clock.now()).toISOString().slice(11, 23);
    return `${time.padEnd(15)} ${unit} `;
  }
}

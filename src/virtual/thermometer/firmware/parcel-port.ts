import { joinBytes, u16 } from '../../bytes.ts';

/** Types of parcels on characteristic 0x0019 (reference "Mi BLE", section 3). */
export const PARCEL = {
  deviceId: 0x00,
  publicKey: 0x03,
  shareInfo: 0x06,
  serverCertificate: 0x07,
  appConfirmation: 0x0a,
  appRandom: 0x0b,
  deviceConfirmation: 0x0c,
  deviceRandom: 0x0d,
} as const;

const CONTROL = {
  announce: 0x00,
  reply: 0x01,
  single: 0x02,
  singleTaken: 0x03,
  probe: 0x04,
  probeEcho: 0x05,
};
const REPLY = { success: 0x00, ready: 0x01, busy: 0x02, timeout: 0x03, cancel: 0x04, lost: 0x05 };

/** Payload of a data frame at the ATT MTU of 23 that every central has. */
const FRAME_PAYLOAD_BYTES = 18;
/** Quiet after which the device asks for what is missing, ms. */
const QUIET_MS = 500;
/** How long the device waits for the other side to go on before it sends TIMEOUT, ms. */
const PATIENCE_MS = 10_000;

export interface ParcelPortOptions {
  send(bytes: Uint8Array): void;
  /** Calls back after `ms` unless cancelled or the link is gone. */
  after(ms: number, callback: () => void): () => void;
  /** Newer firmware puts what fits into one message instead of announcing frames. */
  readonly singlePackets: boolean;
  /** Whether a frame gets lost now; asked once for the first parcel in each direction. */
  losesFrame(): boolean;
}

interface Incoming {
  readonly type: number;
  readonly count: number;
  readonly frames: Map<number, Uint8Array>;
  /** Number of the frame that gets lost on its way, 0 for none. */
  losing: number;
  asked: boolean;
}

interface Outgoing {
  readonly frames: readonly Uint8Array[];
  losing: number;
  readonly done: (sent: boolean) => void;
}

/** The device's end of the parcel transport: announce, READY, frames, SUCCESS, and LOST where some did not come. */
export class ParcelPort {
  /** Types that are welcome now; any other announcement is met with silence, as on real devices. */
  welcome: ReadonlySet<number> = new Set();
  private readonly options: ParcelPortOptions;
  private readonly arrived = new Map<number, Uint8Array>();
  private readonly awaited = new Map<number, (parcel: Uint8Array | undefined) => void>();
  private incoming: Incoming | undefined;
  private outgoing: Outgoing | undefined;
  private cancelTimer: () => void = () => {};
  private readonly lostOnce = { incoming: false, outgoing: false };

  constructor(options: ParcelPortOptions) {
    this.options = options;
  }

  /** The next parcel of that type; undefined when the other side gave up, or took too long. */
  take(type: number): Promise<Uint8Array | undefined> {
    const parcel = this.arrived.get(type);
    this.arrived.delete(type);
    if (parcel != null) return Promise.resolve(parcel);
    this.patience();
    return new Promise((resolve) => this.awaited.set(type, resolve));
  }

  /** Sends a parcel; false when the other side gave up, or took too long. */
  send(type: number, parcel: Uint8Array): Promise<boolean> {
    if (this.options.singlePackets)
      return this.offer([], joinBytes(Uint8Array.of(0, 0, CONTROL.single, type), parcel));
    const frames: Uint8Array[] = [];
    for (let at = 0; at < parcel.length; at += FRAME_PAYLOAD_BYTES)
      frames.push(frame(frames.length + 1, parcel.subarray(at, at + FRAME_PAYLOAD_BYTES)));
    const count = frames.length;
    return this.offer(frames, Uint8Array.of(0, 0, CONTROL.announce, type, count & 0xff, count >> 8));
  }

  /** Both probes of the MTU test: a bare one, then one that fills a message. */
  probe(): void {
    this.options.send(Uint8Array.of(0, 0, CONTROL.probe, 0x00, FRAME_PAYLOAD_BYTES, 0));
  }

  /** Whatever was under way is over. */
  reset(): void {
    this.cancelTimer();
    this.incoming = undefined;
    this.arrived.clear();
    this.welcome = new Set();
    this.fail();
  }

  receive(bytes: Uint8Array): void {
    if (bytes.length < 3) return;
    const sequence = u16(bytes, 0);
    if (sequence !== 0) return this.receiveFrame(sequence, bytes.slice(2));
    switch (bytes[2]) {
      case CONTROL.announce:
        return this.announced(bytes[3] ?? 0, u16(bytes, 4));
      case CONTROL.reply:
        return this.replied(bytes);
      case CONTROL.single:
        return this.receiveSingle(bytes[3] ?? 0, bytes.slice(4));
      case CONTROL.singleTaken:
        return this.finishOutgoing(true);
      case CONTROL.probeEcho:
        if (bytes[3] === 0x00)
          this.options.send(
            joinBytes(
              Uint8Array.of(0, 0, CONTROL.probe, 0x01),
              new Uint8Array(FRAME_PAYLOAD_BYTES - 2).fill(0xa5),
            ),
          );
    }
  }

  private announced(type: number, count: number): void {
    if (!this.welcome.has(type) || count === 0) return;
    const losing = !this.lostOnce.incoming && this.options.losesFrame() ? Math.min(2, count) : 0;
    if (losing > 0) this.lostOnce.incoming = true;
    this.incoming = { type, count, frames: new Map(), losing, asked: false };
    this.reply(REPLY.ready);
    this.watchForQuiet();
  }

  private receiveFrame(sequence: number, payload: Uint8Array): void {
    const { incoming } = this;
    if (incoming == null || sequence > incoming.count) return;
    if (sequence === incoming.losing) incoming.losing = 0;
    else incoming.frames.set(sequence, payload);
    if (incoming.frames.size === incoming.count) return this.complete(incoming);
    if (sequence === incoming.count && !incoming.asked) return this.askForLost(incoming);
    this.watchForQuiet();
  }

  private complete(incoming: Incoming): void {
    const frames = [...incoming.frames].toSorted(([one], [other]) => one - other);
    this.incoming = undefined;
    this.cancelTimer();
    this.reply(REPLY.success);
    this.deliver(incoming.type, joinBytes(...frames.map(([, payload]) => payload)));
  }

  private receiveSingle(type: number, parcel: Uint8Array): void {
    if (!this.options.singlePackets || !this.welcome.has(type)) return;
    this.options.send(Uint8Array.of(0, 0, CONTROL.singleTaken, 0));
    this.deliver(type, parcel);
  }

  private deliver(type: number, parcel: Uint8Array): void {
    const taker = this.awaited.get(type);
    this.awaited.delete(type);
    if (taker == null) this.arrived.set(type, parcel);
    else taker(parcel);
  }

  private askForLost(incoming: Incoming): void {
    incoming.asked = true;
    const missing: number[] = [];
    for (let number = 1; number <= incoming.count; number++)
      if (!incoming.frames.has(number)) missing.push(number & 0xff, number >> 8);
    this.reply(REPLY.lost, missing);
    this.watchForQuiet();
  }

  private replied(bytes: Uint8Array): void {
    const { outgoing } = this;
    switch (bytes[3]) {
      case REPLY.ready:
        outgoing?.frames.forEach((each, index) => {
          if (index + 1 === outgoing.losing) outgoing.losing = 0;
          else this.options.send(each);
        });
        return this.patience();
      case REPLY.success:
        return this.finishOutgoing(true);
      case REPLY.lost:
        for (let at = 4; at + 1 < bytes.length; at += 2) {
          const missing = outgoing?.frames[u16(bytes, at) - 1];
          if (missing != null) this.options.send(missing);
        }
        return this.patience();
      case REPLY.timeout:
      case REPLY.cancel:
        return this.fail();
    }
  }

  private offer(frames: readonly Uint8Array[], opening: Uint8Array): Promise<boolean> {
    const loses = !this.lostOnce.outgoing && frames.length > 1 && this.options.losesFrame();
    if (loses) this.lostOnce.outgoing = true;
    this.patience();
    const sent = new Promise<boolean>((resolve) => {
      // Never the last one, so that a gap shows without a clock.
      this.outgoing = { frames, losing: loses ? Math.min(2, frames.length - 1) : 0, done: resolve };
    });
    this.options.send(opening);
    return sent;
  }

  private finishOutgoing(sent: boolean): void {
    const { outgoing } = this;
    this.outgoing = undefined;
    if (outgoing == null) return;
    this.cancelTimer();
    outgoing.done(sent);
  }

  private fail(): void {
    this.finishOutgoing(false);
    const takers = [...this.awaited.values()];
    this.awaited.clear();
    for (const taker of takers) taker(undefined);
  }

  private watchForQuiet(): void {
    this.cancelTimer();
    this.cancelTimer = this.options.after(QUIET_MS, () => {
      const { incoming } = this;
      if (incoming == null) return;
      if (incoming.asked || incoming.frames.size === 0) this.patience();
      else this.askForLost(incoming);
    });
  }

  private patience(): void {
    this.cancelTimer();
    this.cancelTimer = this.options.after(PATIENCE_MS, () => {
      this.incoming = undefined;
      this.reply(REPLY.timeout);
      this.fail();
    });
  }

  private reply(code: number, more: readonly number[] = []): void {
    this.options.send(Uint8Array.of(0, 0, CONTROL.reply, code, ...more));
  }
}

const frame = (number: number, payload: Uint8Array): Uint8Array =>
  joinBytes(Uint8Array.of(number & 0xff, number >> 8), payload);

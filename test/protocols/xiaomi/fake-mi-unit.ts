import { createDecipheriv, createECDH, createHmac, hkdfSync } from 'node:crypto';
import { characteristicOf, ScriptedGatt } from '../../harness/scripted-gatt.ts';
import { bytes, hex } from '../../harness/hex.ts';

export interface MiUnitOptions {
  /** Hex of the 20-byte id of a unit that has been bound. */
  readonly id?: string;
  readonly token?: string;
  /** Messages come and go as one packet each, over an MTU that allows it. */
  readonly singlePackets?: boolean;
  /** Drops these frames of what it sends the first time. */
  readonly loseSent?: readonly number[];
  /** Does not hear these frames of what we send the first time. */
  readonly loseHeard?: readonly number[];
  /** Loses the same frames every time. */
  readonly losesForEver?: boolean;
  /** Answers the registration with an announcement of this type in place of its key. */
  readonly asksFor?: number;
  /** Falls silent at this step. */
  readonly silentAt?: 'info' | 'ready' | 'key' | 'verify' | 'login';
  /** Says this on the control point when our public key or our random bytes are announced. */
  readonly refusesWith?: number;
  /** Answers an announcement with this status. */
  readonly ackWith?: number;
  /** Its public key is no point. */
  readonly badKey?: boolean;
  readonly finalAnswer?: number;
  /** Probes the MTU in the middle of everything. */
  readonly probes?: boolean;
  /** Drops the link instead of the last answer. */
  readonly dropsAtVerify?: boolean;
  readonly privateKey?: string;
  readonly deviceRandom?: string;
  /** Length of the proof it sends. */
  readonly proofBytes?: number;
  /** A wrong proof, whatever the token. */
  readonly liesInProof?: boolean;
}

const CONTROL = '0010';
const DATA = '0019';

/**
 * A unit with Xiaomi's standard authentication, played from the protocol notes: its cryptography is written here anew
 * so that client and unit do not share a mistake.
 */
export class FakeMiUnit {
  readonly gatt: ScriptedGatt;
  token: string | undefined;
  bindKey: string | undefined;
  id: string | undefined;
  loggedIn = false;
  registered = false;
  /** Hex of everything written to the data characteristic. */
  readonly heard: string[] = [];
  readonly requests: string[] = [];
  readonly #options: MiUnitOptions;
  readonly #ecdh = createECDH('prime256v1');
  #sending: { type: string; frames: readonly Uint8Array[] } | undefined;
  #queue: (() => void)[] = [];
  #incoming: { type: number; count: number; frames: Map<number, Uint8Array> } | undefined;
  #ours = '';
  #random = '';
  #pending: { token: string; bindKey: string; id: string } | undefined;
  #lostOnce = new Set<string>();

  constructor(options: MiUnitOptions = {}) {
    this.#options = options;
    this.id = options.id;
    this.token = options.token;
    if (options.privateKey == null) this.#ecdh.generateKeys();
    else this.#ecdh.setPrivateKey(bytes(options.privateKey));
    this.gatt = new ScriptedGatt([
      characteristicOf('fe95', CONTROL, { canWrite: true, canNotify: true }),
      characteristicOf('fe95', DATA, { canWriteWithoutResponse: true, canNotify: true }),
    ]);
    if (options.singlePackets === true) this.gatt.payloadBytes = 100;
    this.gatt.onWrite = (characteristic, data) =>
      characteristic === CONTROL ? this.#onControl(hex(data)) : this.#onData(data);
  }

  get publicKey(): Uint8Array {
    return Uint8Array.from(this.#ecdh.getPublicKey().subarray(1));
  }

  #control(answer: number): void {
    this.gatt.notify(CONTROL, Uint8Array.of(answer, 0, 0, 0));
  }

  #data(frame: string): void {
    this.gatt.notify(DATA, bytes(frame));
  }

  #onControl(request: string): void {
    this.requests.push(request);
    const { silentAt, refusesWith } = this.#options;
    switch (request) {
      case 'a2000000':
        if (silentAt === 'info') return;
        this.#send('00', bytes(`0${this.id == null ? 1 : 2}000000${this.id ?? ''}`));
        break;
      case '15000000':
        break;
      case '13000000':
        if (this.#options.dropsAtVerify === true) return this.gatt.drop();
        if (silentAt === 'verify') return;
        if (this.#pending != null && this.#options.finalAnswer == null) {
          Object.assign(this, this.#pending);
          this.registered = true;
        }
        this.#control(this.#options.finalAnswer ?? 0x11);
        break;
      case '24000000':
        if (refusesWith != null) this.#control(refusesWith);
        break;
    }
  }

  #onData(data: Uint8Array): void {
    const frame = hex(data);
    this.heard.push(frame);
    if (frame === '00000101') return this.#sendFrames();
    if (frame === '00000100' || frame === '00000300') return this.#sent();
    if (frame.startsWith('00000105')) return this.#again(frame.slice(8));
    if (frame.startsWith('00000405') || frame.startsWith('00000500') || frame.startsWith('00000501')) return;
    if (frame.startsWith('000000')) return this.#announced(data);
    const number = data[0]! | (data[1]! << 8);
    const incoming = this.#incoming;
    if (incoming == null) return;
    const key = `${incoming.type}:${number}`;
    if (
      this.#options.loseHeard?.includes(number) === true &&
      (this.#options.losesForEver === true || !this.#lostOnce.has(key))
    )
      this.#lostOnce.add(key);
    else incoming.frames.set(number, data.slice(2));
    const isLast = number === incoming.count || incoming.frames.size === incoming.count;
    if (!isLast && !this.#lostOnce.has(key)) return;
    if (incoming.frames.size === incoming.count) {
      this.#incoming = undefined;
      this.#data('00000100');
      const whole = Array.from({ length: incoming.count }, (_, at) => hex(incoming.frames.get(at + 1)!)).join(
        '',
      );
      this.#received(incoming.type, whole);
    } else if (number === incoming.count || this.#options.losesForEver === true) {
      const missing = Array.from({ length: incoming.count }, (_, at) => at + 1)
        .filter((each) => !incoming.frames.has(each))
        .map((each) => each.toString(16).padStart(2, '0') + '00');
      this.#data(`00000105${missing.join('')}`);
    }
  }

  #announced(data: Uint8Array): void {
    const type = data[3]!;
    const { silentAt, ackWith, refusesWith, probes } = this.#options;
    if (silentAt === 'ready' || (silentAt === 'login' && type === 0x0b)) return;
    if (refusesWith != null && type === 3) return this.#control(refusesWith);
    if (ackWith != null) return this.#data(`000001${ackWith.toString(16).padStart(2, '0')}`);
    this.#incoming = { type, count: data[4]! | (data[5]! << 8), frames: new Map() };
    if (probes === true) this.#data('000004002300');
    this.#data('00000101');
  }

  #received(type: number, whole: string): void {
    switch (type) {
      case 0x03: {
        if (this.#options.silentAt === 'key') return;
        if (this.#options.asksFor != null) {
          this.#data(`000000${this.#options.asksFor.toString(16).padStart(2, '0')}0600`);
          return;
        }
        this.#ours = whole;
        this.#send('03', this.#options.badKey === true ? new Uint8Array(64).fill(1) : this.publicKey);
        break;
      }
      case 0x00:
        this.#pending = this.#setup(whole);
        break;
      case 0x0b: {
        this.#random = whole;
        const theirs = this.#options.deviceRandom ?? '0f'.repeat(16);
        const proof = this.#proofs(theirs).device.slice(0, (this.#options.proofBytes ?? 32) * 2);
        this.#queue = [
          () => this.#send('0c', bytes(this.#options.liesInProof === true ? '00'.repeat(32) : proof)),
        ];
        this.#send('0d', bytes(theirs));
        break;
      }
      case 0x0a: {
        const theirs = this.#options.deviceRandom ?? '0f'.repeat(16);
        const isRight = whole === this.#proofs(theirs).host;
        this.loggedIn = isRight;
        this.#control(this.#options.finalAnswer ?? (isRight ? 0x21 : 0x23));
        break;
      }
    }
  }

  #setup(sealed: string): { token: string; bindKey: string; id: string } | undefined {
    const secret = this.#ecdh.computeSecret(bytes(`04${this.#ours}`));
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'mible-setup-info', 64));
    const cipher = createDecipheriv('aes-128-ccm', key.subarray(28, 44), bytes('101112131415161718191a1b'), {
      authTagLength: 4,
    });
    const data = bytes(sealed);
    cipher.setAuthTag(data.subarray(20));
    cipher.setAAD(Buffer.from('devID'), { plaintextLength: 20 });
    const id = cipher.update(data.subarray(0, 20)).toString('hex');
    cipher.final();
    return { token: key.toString('hex', 0, 12), bindKey: key.toString('hex', 12, 28), id };
  }

  #proofs(theirs: string): { device: string; host: string } {
    const salt = bytes(this.#random + theirs);
    const key = Buffer.from(
      hkdfSync('sha256', bytes(this.token ?? '00'.repeat(12)), salt, 'mible-login-info', 64),
    );
    const mac = (part: Buffer, data: string) => createHmac('sha256', part).update(bytes(data)).digest('hex');
    return {
      device: mac(key.subarray(0, 16), theirs + this.#random),
      host: mac(key.subarray(16, 32), this.#random + theirs),
    };
  }

  #send(type: string, payload: Uint8Array): void {
    if (this.#options.singlePackets === true) {
      this.#data(`000002${type}${hex(payload)}`);
      return;
    }
    const frames: Uint8Array[] = [];
    for (let at = 0; at < payload.length; at += 18)
      frames.push(
        bytes(`${(frames.length + 1).toString(16).padStart(2, '0')}00${hex(payload.subarray(at, at + 18))}`),
      );
    this.#sending = { type, frames };
    this.#data(`000000${type}${frames.length.toString(16).padStart(2, '0')}00`);
  }

  #sendFrames(): void {
    const { loseSent = [] } = this.#options;
    this.#sending?.frames.forEach((frame, index) => {
      if (!loseSent.includes(index + 1)) this.gatt.notify(DATA, frame);
    });
  }

  #again(numbers: string): void {
    if (this.#options.losesForEver === true) return;
    for (const number of numbers.match(/..../g) ?? []) {
      const index = Number.parseInt(number.slice(0, 2), 16) - 1;
      this.gatt.notify(DATA, this.#sending!.frames[index]!);
    }
  }

  #sent(): void {
    this.#sending = undefined;
    this.#queue.shift()?.();
  }
}

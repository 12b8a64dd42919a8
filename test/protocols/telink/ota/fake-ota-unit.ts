import { concatUint8Arrays, uint8ArrayToHex } from 'uint8array-extras';
import { BenchError } from '../../../../src/core/errors.ts';
import type { Clock } from '../../../../src/core/clock.ts';
import { characteristicOf, ScriptedGatt } from '../../../harness/scripted-gatt.ts';

const OTA = '000102030405060708090a0b0c0d2b12';
const SPEED = 'ebe0ccd87a0a4b0c8a1a6ff2997da3a6';

export interface OtaUnitOptions {
  readonly clock: Clock;
  readonly stock?: boolean;
  /** Status of the read after this block. */
  readonly statusAt?: { readonly block: number; readonly status: number };
  readonly statusAtEnd?: number;
  readonly dropsAtBlock?: number;
  readonly staysAfterEnd?: boolean;
  readonly silentAfterEnd?: boolean;
  readonly emptyReads?: boolean;
  readonly restartMs?: number;
  /** So many reads get no answer at first. */
  readonly unansweredReads?: number;
}

/** Takes an update as the notes say: packets in order, a status to read, a restart after the end. */
export class FakeOtaUnit {
  readonly gatt: ScriptedGatt;
  readonly log: string[] = [];
  readonly blocks: Uint8Array[] = [];
  ended = false;
  reads = 0;
  /** Most packets between two reads. */
  mostUnread = 0;
  #unread = 0;
  readonly #options: OtaUnitOptions;

  constructor(options: OtaUnitOptions) {
    this.#options = options;
    this.gatt = new ScriptedGatt([
      // Read and write without response are all it has (app_att.c).
      characteristicOf('000102030405060708090a0b0c0d1912', OTA, {
        canRead: true,
        canWriteWithoutResponse: true,
      }),
      ...(options.stock === true
        ? [characteristicOf('ebe0ccb07a0a4b0c8a1a6ff2997da3a6', SPEED, { canWrite: true })]
        : []),
    ]);
    this.gatt.onWrite = (characteristic, bytes) => this.#onWrite(characteristic, bytes);
    this.gatt.onRead = () => this.#onRead();
  }

  get image(): Uint8Array {
    return concatUint8Arrays(this.blocks);
  }

  #onWrite(characteristic: string, bytes: Uint8Array): void {
    const { dropsAtBlock, clock, staysAfterEnd, restartMs = 2_000 } = this.#options;
    const text = uint8ArrayToHex(bytes);
    if (characteristic === SPEED || bytes.length === 2) {
      this.log.push(`${text} at ${clock.monotonicMs()}`);
      return;
    }
    if (bytes.length === 6) {
      this.log.push(text);
      this.ended = true;
      if (staysAfterEnd !== true) clock.after(restartMs, () => this.gatt.drop());
      return;
    }
    if ((bytes[0]! | (bytes[1]! << 8)) !== this.blocks.length) this.log.push(`out of order: ${text}`);
    this.blocks.push(bytes.slice(2, 18));
    this.mostUnread = Math.max(this.mostUnread, ++this.#unread);
    if (this.blocks.length - 1 === dropsAtBlock) this.gatt.drop();
  }

  #onRead(): Uint8Array {
    const { statusAt, statusAtEnd = 0, silentAfterEnd, emptyReads } = this.#options;
    this.reads++;
    if (this.reads <= (this.#options.unansweredReads ?? 0)) throw new BenchError('BLE_NO_ANSWER');
    this.#unread = 0;
    if (this.ended) {
      if (silentAfterEnd === true) throw new BenchError('BLE_NO_ANSWER');
      return Uint8Array.of(statusAtEnd);
    }
    if (statusAt != null && this.blocks.length > statusAt.block) return Uint8Array.of(statusAt.status);
    return emptyReads === true ? new Uint8Array(0) : Uint8Array.of(0);
  }
}

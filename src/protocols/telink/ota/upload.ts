import { throwIfAborted } from '../../../core/abort.ts';
import { BenchError, isBenchError } from '../../../core/errors.ts';
import { noProgress, type ProgressSink } from '../../../core/progress.ts';
import {
  findCharacteristic,
  type GattCharacteristic,
  type GattConnection,
} from '../../../drivers/ble/radio.ts';
import { requireCharacteristic, send } from '../../ble/characteristics.ts';
import type { TalkContext } from '../../ble/context.ts';
import { BLOCK_BYTES, blockCount, endPacket, imagePacket, START, VERSION_REQUEST } from './packets.ts';
import { otaRefusal } from './status.ts';

export const OTA_CHARACTERISTIC = {
  service: '000102030405060708090a0b0c0d1912',
  characteristic: '000102030405060708090a0b0c0d2b12',
} as const;

/** Stock only: asks for a shorter connection interval. */
const SPEED = {
  service: 'ebe0ccb07a0a4b0c8a1a6ff2997da3a6',
  characteristic: 'ebe0ccd87a0a4b0c8a1a6ff2997da3a6',
} as const;
const SPEED_UP = Uint8Array.of(0x1e, 0x00, 0x00);

/** The bank an image is received in; a larger one destroys the firmware that runs (pvvx/ATC_MiThermometer#602). */
export const BANK_BYTES = 0x2_0000;
/** After pvvx has made room (`makeRoom`). */
export const EXTENDED_BANK_BYTES = 0x3_4000;

/** Packets between two reads: they drain the queue of the host, and byte 0 of the answer is the status. */
const PACKETS_PER_READ = 8;

/** A unit that erases leaves a read unanswered for a while; asking again changes nothing there. */
const READ_TRIES = 3;

/** What the public flashers wait, ms. */
const WAIT = { afterSpeedUp: 500, afterStart: 300 } as const;
/** From the end packet to the loss of the link, ms: 1 to 7 s were seen. */
const RESTART_LIMIT_MS = 20_000;

export interface UploadOptions {
  readonly progress?: ProgressSink;
  /** Awaited right before the unit is told to erase. */
  readonly beforeStart?: () => Promise<void>;
  /** Room was made for a large image. */
  readonly extended?: boolean;
}

/**
 * Sends an image. Resolves when the unit has dropped the link after the end packet, which is no proof: it says nothing
 * when it takes an image, and restarts just so when it refuses one. The caller disconnects and listens.
 *
 * Throws OTA_INTERRUPTED when the link is lost on the way (a fresh connection and a fresh start are the answer: the
 * old firmware stays), OTA_PACKETS_LOST, OTA_FLASH_FAILED or OTA_IMAGE_REFUSED by the status of the unit,
 * OTA_NO_RESTART when it stays after the end. A cancel is taken up to the end packet; the old firmware stays.
 */
export async function uploadImage(
  connection: GattConnection,
  context: TalkContext,
  image: Uint8Array,
  options: UploadOptions = {},
): Promise<void> {
  checkSize(image, options.extended ?? false);
  const ota = requireCharacteristic(connection, OTA_CHARACTERISTIC, 'the Telink update service');
  throwIfAborted(context.signal);
  const upload = new Upload(connection, context, ota, image, options);
  try {
    await upload.start();
    await upload.sendBlocks();
  } catch (error) {
    throw upload.explained(error);
  }
  await upload.end();
}

function checkSize(image: Uint8Array, extended: boolean): void {
  if (image.length === 0) throw new RangeError('an image has bytes');
  const limit = extended ? EXTENDED_BANK_BYTES : BANK_BYTES;
  if (image.length <= limit) return;
  throw new BenchError('OTA_IMAGE_TOO_LARGE', {
    message: `The image has ${image.length} bytes; this firmware has room for ${limit}.`,
    detail: { imageBytes: image.length, limitBytes: limit },
  });
}

class Upload {
  readonly #connection: GattConnection;
  readonly #context: TalkContext;
  readonly #ota: GattCharacteristic;
  readonly #image: Uint8Array;
  readonly #progress: ProgressSink;
  readonly #beforeStart: (() => Promise<void>) | undefined;
  #acknowledgedBlocks = 0;

  constructor(
    connection: GattConnection,
    context: TalkContext,
    ota: GattCharacteristic,
    image: Uint8Array,
    { progress = noProgress, beforeStart }: UploadOptions,
  ) {
    this.#connection = connection;
    this.#context = context;
    this.#ota = ota;
    this.#image = image;
    this.#progress = progress;
    this.#beforeStart = beforeStart;
  }

  async start(): Promise<void> {
    const { clock, signal } = this.#context;
    const speed = findCharacteristic(this.#connection, SPEED);
    if (speed != null) {
      await send(this.#connection, speed, SPEED_UP);
      await clock.sleep(WAIT.afterSpeedUp, signal);
    }
    await this.#beforeStart?.();
    await this.#packet(VERSION_REQUEST);
    await this.#packet(START);
    await clock.sleep(WAIT.afterStart, signal);
  }

  async sendBlocks(): Promise<void> {
    const blocks = blockCount(this.#image);
    this.#report();
    for (let block = 0; block < blocks; block++) {
      await this.#packet(imagePacket(this.#image, block));
      if ((block + 1) % PACKETS_PER_READ !== 0 && block + 1 < blocks) continue;
      await this.#acknowledge(block + 1);
      throwIfAborted(this.#context.signal);
    }
  }

  /** After this packet the unit decides alone: no cancel. */
  async end(): Promise<void> {
    const gone = this.#untilGone();
    try {
      await this.#packet(endPacket(blockCount(this.#image) - 1));
      await this.#judgeEnd();
    } catch (error) {
      gone.cancel();
      if (this.#isLost(error)) return;
      throw error;
    }
    if (!(await gone.promise)) throw new BenchError('OTA_NO_RESTART');
  }

  /** What a lost link means here. */
  explained(error: unknown): unknown {
    if (!this.#isLost(error)) return error;
    const done = this.#acknowledgedBytes;
    return new BenchError('OTA_INTERRUPTED', {
      message: `The connection broke after ${done} of ${this.#image.length} bytes of the image.`,
      detail: { acknowledgedBytes: done, imageBytes: this.#image.length },
      cause: error,
    });
  }

  get #acknowledgedBytes(): number {
    return Math.min(this.#acknowledgedBlocks * BLOCK_BYTES, this.#image.length);
  }

  /** An answered read: all packets before it have reached the unit. */
  async #acknowledge(blocks: number): Promise<void> {
    const refusal = otaRefusal(await this.#patientRead(), { block: blocks - 1 });
    if (refusal != null) throw refusal;
    this.#acknowledgedBlocks = blocks;
    this.#report();
  }

  async #patientRead(): Promise<Uint8Array> {
    for (let tries = 1; ; tries++)
      try {
        return await this.#connection.read(this.#ota);
      } catch (error) {
        if (!isBenchError(error, 'BLE_NO_ANSWER') || tries === READ_TRIES) throw error;
        throwIfAborted(this.#context.signal);
      }
  }

  /** A unit that checks the image may leave the read unanswered; one that found a fault says so. */
  async #judgeEnd(): Promise<void> {
    let answer: Uint8Array;
    try {
      answer = await this.#connection.read(this.#ota);
    } catch (error) {
      if (isBenchError(error, 'BLE_NO_ANSWER')) return;
      throw error;
    }
    const refusal = otaRefusal(answer, { block: blockCount(this.#image) - 1 });
    if (refusal != null) throw refusal;
  }

  #untilGone(): { readonly promise: Promise<boolean>; cancel(): void } {
    let cancel = () => {};
    const promise = new Promise<boolean>((resolve) => {
      const settle = (gone: boolean) => {
        stopTimer();
        stopListening();
        resolve(gone);
      };
      let stopListening = () => {};
      const stopTimer = this.#context.clock.after(RESTART_LIMIT_MS, () => settle(false));
      cancel = () => settle(false);
      stopListening = this.#connection.onLost(() => settle(true));
    });
    return { promise, cancel };
  }

  #isLost(error: unknown): boolean {
    if (isBenchError(error) && !error.code.startsWith('BLE_')) return false;
    return this.#connection.lostBecause != null || isBenchError(error, 'BLE_LINK_LOST');
  }

  async #packet(bytes: Uint8Array): Promise<void> {
    await this.#connection.writeWithoutResponse(this.#ota, bytes);
  }

  #report(): void {
    this.#progress({
      label: 'sending the image',
      done: this.#acknowledgedBytes,
      total: this.#image.length,
      unit: 'bytes',
    });
  }
}

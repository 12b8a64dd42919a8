import { gzipSync } from 'node:zlib';
import { stringToUint8Array } from 'uint8array-extras';
import { CodecError } from '../../core/codec-error.ts';
import { BenchError } from '../../core/errors.ts';
import type { HostPort, Network, TcpConnection } from '../../drivers/http/port.ts';
import { Answers, isLostConnection, type ReadOptions } from './answers.ts';
import { answerError } from './errors.ts';
import {
  ANSWER,
  authProof,
  BLOCK_BYTES,
  encodeChecksum,
  encodeSize,
  featureByte,
  flagsAllowCompression,
  HEX_LENGTH,
  KNOWN_VERSIONS,
  MAGIC,
  readNonce,
  type AuthKind,
  type OtaVersion,
} from './codec.ts';

/** Until a unit gives a handshake up, and a transfer that stands still, ms (`components/esphome/ota`). */
const HANDSHAKE_LIMIT_MS = 20_000;
const DATA_LIMIT_MS = 90_000;
/** From the last byte to each of both receipts, ms: it hashes what lies in its flash, in 2 s at most. */
const RECEIPT_LIMIT_MS = 30_000;

export interface OtaPeer {
  readonly network: Pick<Network, 'connect'>;
  readonly at: HostPort;
  readonly signal: AbortSignal;
}

export interface OtaUpdate {
  readonly image: Uint8Array;
  /** Missing: none is known. */
  readonly password?: string | undefined;
  /**
   * Whether the image may be sent packed where the unit takes that. An ESP8266 then checks neither its flash size nor
   * does it set its flash mode: see Updater.cpp of esp8266/Arduino.
   */
  readonly mayCompress: boolean;
  /** So many random bytes as hex digits, for the own nonce. */
  readonly randomHex: (bytes: number) => string;
  /** Called once the unit has prepared itself, right before the first byte of the image goes out. */
  readonly beforeData: () => Promise<void>;
  /**
   * Bytes that the unit has acknowledged, of those that are sent. Of version 1, which acknowledges nothing, those that
   * left this computer.
   */
  readonly onTaken: (bytes: number, totalBytes: number) => void;
}

/**
 * `unknown`: everything was sent and the unit did not say how it ended. It may have taken it all the same: its last
 * word does not have to arrive for its restart.
 */
export type OtaEnd =
  | { readonly kind: 'accepted'; readonly compressed: boolean }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Greeting {
  readonly version: OtaVersion;
}

/** Asks whether an updater of ESPHome listens there, and ends the conversation. Throws ESPHOME_NO_UPDATER. */
export async function greetUpdater({ network, at, signal }: OtaPeer): Promise<Greeting> {
  const connection = await network.connect(at, { limitMs: HANDSHAKE_LIMIT_MS, signal });
  try {
    return await greet(connection, new Answers(connection), signal);
  } finally {
    await connection.close();
  }
}

/**
 * Sends an image to the update port. Throws the ESPHOME_* code of what the unit answers, ESPHOME_PASSWORD_WANTED,
 * ESPHOME_UPLOAD_BROKEN while the unit cannot have the image whole, and what the network throws before that.
 */
export async function updateByOta({ network, at, signal }: OtaPeer, update: OtaUpdate): Promise<OtaEnd> {
  const connection = await network.connect(at, { limitMs: HANDSHAKE_LIMIT_MS, signal });
  try {
    const answers = new Answers(connection);
    const talk: Talk = { connection, answers, signal };
    const { version } = await greet(connection, answers, signal);
    const { extended, compression } = await negotiate(talk, update.mayCompress);
    await authenticate(talk, update);
    // Level 9, as ESPHome's own client packs.
    const content = compression ? new Uint8Array(gzipSync(update.image, { level: 9 })) : update.image;
    await prepare(talk, content, extended);
    await update.beforeData();
    return await transfer(talk, content, { version, compression, onTaken: update.onTaken });
  } finally {
    await connection.close();
  }
}

interface Talk {
  readonly connection: TcpConnection;
  readonly answers: Answers;
  readonly signal: AbortSignal;
}

const handshake = (signal: AbortSignal, during: string): ReadOptions => ({
  during,
  limitMs: HANDSHAKE_LIMIT_MS,
  signal,
});
const dataPhase = (signal: AbortSignal, during: string): ReadOptions => ({
  during,
  limitMs: DATA_LIMIT_MS,
  signal,
});

const receipt = (signal: AbortSignal, during: string): ReadOptions => ({
  during,
  limitMs: RECEIPT_LIMIT_MS,
  signal,
});

async function greet(connection: TcpConnection, answers: Answers, signal: AbortSignal): Promise<Greeting> {
  await connection.write(MAGIC, { limitMs: HANDSHAKE_LIMIT_MS, signal });
  const options = handshake(signal, 'at the greeting');
  let version: number | undefined;
  try {
    await answers.oneOf([ANSWER.ok], options);
    [version] = await answers.take(1, options);
  } catch (error) {
    if (!isLostConnection(error) && !(error instanceof BenchError && error.code === 'ESPHOME_BAD_ANSWER'))
      throw error;
    throw new BenchError('ESPHOME_NO_UPDATER', {
      message: `No updater of ESPHome: ${error.message}`,
      cause: error,
    });
  }
  const known = KNOWN_VERSIONS.find((each) => each === version);
  if (known === undefined)
    throw new BenchError('ESPHOME_NO_UPDATER', {
      message: `The updater of the unit speaks version ${version}; 1 and 2 are known.`,
      advice: 'Use the ESPHome that the unit was built with, or a newer benchflash.',
    });
  return { version: known };
}

/** Old builds answer with one byte, those that know flags with two. */
async function negotiate({ connection, answers, signal }: Talk, mayCompress: boolean) {
  await connection.write(Uint8Array.of(featureByte({ compression: mayCompress })), {
    limitMs: HANDSHAKE_LIMIT_MS,
    signal,
  });
  const options = handshake(signal, 'about its features');
  const answer = await answers.oneOf([ANSWER.plain, ANSWER.compression, ANSWER.flags], options);
  if (answer !== ANSWER.flags)
    return { extended: false, compression: mayCompress && answer === ANSWER.compression };
  const [flags = 0] = await answers.take(1, options);
  return { extended: true, compression: mayCompress && flagsAllowCompression(flags) };
}

async function authenticate(
  { connection, answers, signal }: Talk,
  { password, randomHex }: OtaUpdate,
): Promise<void> {
  const options = handshake(signal, 'about its password');
  const answer = await answers.oneOf([ANSWER.authOk, ANSWER.wantsMd5, ANSWER.wantsSha256], options);
  if (answer === ANSWER.authOk) return;
  if (password === undefined || password === '') throw new BenchError('ESPHOME_PASSWORD_WANTED');
  const kind: AuthKind = answer === ANSWER.wantsMd5 ? 'md5' : 'sha256';
  let nonce: string;
  try {
    nonce = readNonce(kind, await answers.take(HEX_LENGTH[kind], options));
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new BenchError('ESPHOME_BAD_ANSWER', {
      message: 'The unit asked for its password without a nonce.',
      cause,
    });
  }
  const ownNonce = randomHex(HEX_LENGTH[kind] / 2);
  const proof = authProof(kind, password, nonce, ownNonce);
  await connection.write(stringToUint8Array(ownNonce + proof), { limitMs: HANDSHAKE_LIMIT_MS, signal });
  await answers.oneOf([ANSWER.authOk], options);
}

async function prepare(
  { connection, answers, signal }: Talk,
  content: Uint8Array,
  extended: boolean,
): Promise<void> {
  const limits = { limitMs: DATA_LIMIT_MS, signal };
  await connection.write(encodeSize(content.length, { extended }), limits);
  await answers.oneOf([ANSWER.prepared], dataPhase(signal, 'while it prepared itself'));
  await connection.write(encodeChecksum(content), limits);
  await answers.oneOf([ANSWER.checksumTaken], dataPhase(signal, 'at the checksum'));
}

async function transfer(
  { connection, answers, signal }: Talk,
  content: Uint8Array,
  {
    version,
    compression,
    onTaken,
  }: {
    readonly version: OtaVersion;
    readonly compression: boolean;
    readonly onTaken: OtaUpdate['onTaken'];
  },
): Promise<OtaEnd> {
  const limits = { limitMs: DATA_LIMIT_MS, signal };
  const during = 'while it got the image';
  let sent = 0;
  try {
    while (sent < content.length) {
      const block = content.subarray(sent, sent + BLOCK_BYTES);
      await connection.write(block, limits);
      sent += block.length;
      if (version >= 2) await answers.oneOf([ANSWER.block], dataPhase(signal, during));
      onTaken(sent, content.length);
    }
    await answers.oneOf([ANSWER.received], receipt(signal, 'after the last byte'));
    await answers.oneOf([ANSWER.ended], receipt(signal, 'while it checked the image'));
  } catch (error) {
    if (!isLostConnection(error)) throw error;
    // Whole out and no word: it may be putting the image in.
    if (sent === content.length) return { kind: 'unknown', why: error.message };
    const word = await lastWord(answers, signal);
    if (word !== undefined) throw word;
    throw new BenchError('ESPHOME_UPLOAD_BROKEN', {
      message: `The connection was lost after ${sent} of ${content.length} bytes; the old firmware stays.`,
      detail: { sentBytes: sent },
      cause: error,
    });
  }
  // The unit restarts with or without it.
  await connection.write(Uint8Array.of(ANSWER.ok), limits).catch(() => undefined);
  return { kind: 'accepted', compressed: compression };
}

/** Long enough for what lies here already, ms. */
const LAST_WORD_MS = 500;

/** What the unit said before it hung up in the middle: version 1 tells an error at any time. */
async function lastWord(answers: Answers, signal: AbortSignal): Promise<BenchError | undefined> {
  try {
    const [byte = 0] = await answers.take(1, {
      during: 'while it got the image',
      limitMs: LAST_WORD_MS,
      signal,
    });
    return answerError(byte, 'while it got the image');
  } catch (error) {
    if (!isLostConnection(error)) throw error;
    return undefined;
  }
}

import { createHash } from 'node:crypto';
import { stringToUint8Array } from 'uint8array-extras';
import { CodecError } from '../../core/codec-error.ts';

/** Where updaters listen unless their YAML says else: ESP8266, and ESP32 with all its relatives. */
export const OTA_PORTS = { esp8266: 8266, esp32: 3232 } as const;

/** With what a client begins (esphome, `esphome/espota2.py`). */
export const MAGIC = Uint8Array.of(0x6c, 0x26, 0xf7, 0x5c, 0x45);

/** Version 1 acknowledges nothing of the data, 2 every block. */
export const KNOWN_VERSIONS = [1, 2] as const;
export type OtaVersion = (typeof KNOWN_VERSIONS)[number];

/** A block of data that is acknowledged by itself, bytes; the last one may be shorter. */
export const BLOCK_BYTES = 8_192;

/** One byte each. */
export const ANSWER = {
  ok: 0x00,
  wantsMd5: 0x01,
  wantsSha256: 0x02,
  /** Neither compression nor flags. */
  plain: 0x40,
  authOk: 0x41,
  prepared: 0x42,
  checksumTaken: 0x43,
  received: 0x44,
  ended: 0x45,
  compression: 0x46,
  block: 0x47,
  /** A byte with flags follows. */
  flags: 0x48,
} as const;

/** Errors are answers from here on. */
export const FIRST_ERROR = 0x80;

const CLIENT_COMPRESSION = 0x01;
const CLIENT_SHA256 = 0x02;
const CLIENT_EXTENDED = 0x04;
const SERVER_COMPRESSION = 0x01;

/** What this client can do; SHA-256 always, since new builds take nothing else for their password. */
export const featureByte = ({ compression }: { readonly compression: boolean }): number =>
  CLIENT_SHA256 | CLIENT_EXTENDED | (compression ? CLIENT_COMPRESSION : 0);

export const flagsAllowCompression = (flags: number): boolean => (flags & SERVER_COMPRESSION) !== 0;

export type AuthKind = 'md5' | 'sha256';

/** Length of a nonce and of a proof, hex digits. */
export const HEX_LENGTH: Readonly<Record<AuthKind, number>> = { md5: 32, sha256: 64 };

/** What proves that the password is known: the hash of password, nonce and own nonce, all as text, in hex. */
export const authProof = (kind: AuthKind, password: string, nonce: string, ownNonce: string): string =>
  createHash(kind).update(password, 'utf8').update(nonce).update(ownNonce).digest('hex');

/** Throws CodecError for anything but hex digits. */
export function readNonce(kind: AuthKind, bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  if (!new RegExp(`^[0-9a-fA-F]{${HEX_LENGTH[kind]}}$`).test(text)) throw new CodecError('no nonce');
  return text;
}

/** Bytes that are going to be sent, big end first; the extended form begins with the kind of update, 0 an application. */
export function encodeSize(bytes: number, { extended }: { readonly extended: boolean }): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, bytes);
  return extended ? Uint8Array.of(0, ...size) : size;
}

/** MD5 of the bytes that are going to be sent, as hex digits. */
export const encodeChecksum = (content: Uint8Array): Uint8Array =>
  stringToUint8Array(createHash('md5').update(content).digest('hex'));

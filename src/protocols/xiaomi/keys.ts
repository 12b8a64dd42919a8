import { createECDH, createHmac, hkdfSync } from 'node:crypto';
import { concatUint8Arrays, stringToUint8Array } from 'uint8array-extras';
import { ccmSeal } from '../ble/ccm.ts';

export const ID_BYTES = 20;
export const TOKEN_BYTES = 12;
export const BIND_KEY_BYTES = 16;
export const RANDOM_BYTES = 16;
/** X and Y, without the 04 in front. */
export const PUBLIC_KEY_BYTES = 64;
export const PROOF_BYTES = 32;

const DERIVED_BYTES = 64;
const SETUP_INFO = 'mible-setup-info';
const LOGIN_INFO = 'mible-login-info';
const ID_NONCE = Uint8Array.from({ length: 12 }, (_, index) => 0x10 + index);
const ID_AAD = stringToUint8Array('devID');
const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What activation makes of a unit: keep it, or the unit can never be logged in to again. */
export interface MiKeys {
  /** 20 bytes: 0 and `blt.…`. */
  readonly id: Uint8Array;
  /** 12 bytes; login needs nothing else. */
  readonly token: Uint8Array;
  /** 16 bytes; opens the encrypted advertisements. */
  readonly bindKey: Uint8Array;
}

/** `length` bytes nobody can guess. */
export type RandomSource = (length: number) => Uint8Array;

export interface KeyPair {
  /** X and Y, 64 bytes. */
  readonly publicKey: Uint8Array;
  /** Throws where the other key is not a point of the curve. */
  sharedSecret(otherPublicKey: Uint8Array): Uint8Array;
}

const POINT = Uint8Array.of(0x04);

/** A P-256 key pair: a new one, or of this private key. */
export function keyPair(privateKey?: Uint8Array): KeyPair {
  const ecdh = createECDH('prime256v1');
  if (privateKey == null) ecdh.generateKeys();
  else ecdh.setPrivateKey(privateKey);
  return {
    publicKey: Uint8Array.from(ecdh.getPublicKey().subarray(1)),
    sharedSecret: (other) => Uint8Array.from(ecdh.computeSecret(concatUint8Arrays([POINT, other]))),
  };
}

export interface SetupKeys {
  readonly token: Uint8Array;
  readonly bindKey: Uint8Array;
  /** The id sealed for the unit: 24 bytes. */
  readonly sealedId: Uint8Array;
}

export function setupKeys(sharedSecret: Uint8Array, id: Uint8Array): SetupKeys {
  const derived = hkdf(sharedSecret, new Uint8Array(0), SETUP_INFO);
  return {
    token: derived.slice(0, 12),
    bindKey: derived.slice(12, 28),
    sealedId: ccmSeal(id, { key: derived.subarray(28, 44), nonce: ID_NONCE, aad: ID_AAD }),
  };
}

export interface LoginProofs {
  /** What a unit that has the token sends. */
  readonly expected: Uint8Array;
  /** What shows the unit that we have it. */
  readonly ours: Uint8Array;
}

export function loginProofs(token: Uint8Array, ours: Uint8Array, theirs: Uint8Array): LoginProofs {
  const derived = hkdf(token, concatUint8Arrays([ours, theirs]), LOGIN_INFO);
  return {
    expected: hmac(derived.subarray(0, 16), concatUint8Arrays([theirs, ours])),
    ours: hmac(derived.subarray(16, 32), concatUint8Arrays([ours, theirs])),
  };
}

/**
 * An id for a unit that has none: `blt.3.129v`, six characters, `g00`. The vendor's cloud refuses it when the unit is
 * paired there later (atc1441#160): the keys must be erased before.
 */
export function inventId(random: RandomSource): Uint8Array {
  const letters = Array.from(random(6), (byte) => ALPHANUMERICS[byte % ALPHANUMERICS.length]);
  return stringToUint8Array(`\u0000blt.3.129v${letters.join('')}g00`);
}

function hkdf(secret: Uint8Array, salt: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, DERIVED_BYTES));
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac('sha256', key).update(data).digest());
}

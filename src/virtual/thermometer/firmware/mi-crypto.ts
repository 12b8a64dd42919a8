import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { joinBytes, latin1 } from '../../bytes.ts';

/** Keys that one registration yields (reference "Mi BLE", section 3). */
export interface SetupKeys {
  /** 12 bytes; what a login proves. */
  readonly token: Uint8Array;
  /** 16 bytes; encrypts the beacons. */
  readonly bindKey: Uint8Array;
  /** 16 bytes; encrypts the device id on its way. */
  readonly idKey: Uint8Array;
}

const ID_NONCE = Uint8Array.from({ length: 12 }, (_, at) => 0x10 + at);
const ID_AAD = latin1('devID');
const TAG_BYTES = 4;
const UNCOMPRESSED = Uint8Array.of(0x04);

/** The device's half of an ECDH exchange on P-256. */
export class DeviceKeyPair {
  private readonly ecdh = createECDH('prime256v1');

  /** With `privateKey` (32 bytes) for known answers, else a fresh one. */
  constructor(privateKey?: Uint8Array) {
    if (privateKey == null) this.ecdh.generateKeys();
    else this.ecdh.setPrivateKey(privateKey);
  }

  /** X and Y, 64 bytes. */
  get publicXY(): Uint8Array {
    return Uint8Array.from(this.ecdh.getPublicKey().subarray(1));
  }

  /** The 32-byte secret, or undefined where the peer's X and Y are no point of the curve. */
  secretWith(hostXY: Uint8Array): Uint8Array | undefined {
    try {
      return this.ecdh.computeSecret(joinBytes(UNCOMPRESSED, hostXY));
    } catch {
      return undefined;
    }
  }
}

export function setupKeys(secret: Uint8Array): SetupKeys {
  const key = derive(secret, new Uint8Array(0), 'mible-setup-info');
  return { token: key.subarray(0, 12), bindKey: key.subarray(12, 28), idKey: key.subarray(28, 44) };
}

/** The 20-byte device id out of its 24 encrypted bytes; undefined where the tag does not fit. */
export function openDeviceId(idKey: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  return openCcm(idKey, ID_NONCE, ID_AAD, sealed);
}

export interface LoginProofs {
  /** 32 bytes that the device shows. */
  readonly device: Uint8Array;
  /** 32 bytes that it expects. */
  readonly host: Uint8Array;
}

export function loginProofs(
  token: Uint8Array,
  hostRandom: Uint8Array,
  deviceRandom: Uint8Array,
): LoginProofs {
  const key = derive(token, joinBytes(hostRandom, deviceRandom), 'mible-login-info');
  return {
    device: hmac(key.subarray(0, 16), joinBytes(deviceRandom, hostRandom)),
    host: hmac(key.subarray(16, 32), joinBytes(hostRandom, deviceRandom)),
  };
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

/** AES-128-CCM with a tag of four bytes behind the cipher text, as all beacons of these devices have it. */
export function sealCcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): SealedBytes {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  if (aad.length > 0) cipher.setAAD(aad, { plaintextLength: plain.length });
  const text = joinBytes(cipher.update(plain), cipher.final());
  return { text, tag: Uint8Array.from(cipher.getAuthTag()) };
}

export interface SealedBytes {
  readonly text: Uint8Array;
  readonly tag: Uint8Array;
}

function openCcm(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length <= TAG_BYTES) return undefined;
  const text = sealed.subarray(0, -TAG_BYTES);
  const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad, { plaintextLength: text.length });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const plain = decipher.update(text);
    decipher.final();
    return Uint8Array.from(plain);
  } catch {
    return undefined;
  }
}

const derive = (secret: Uint8Array, salt: Uint8Array, info: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, salt, info, 64));

const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  Uint8Array.from(createHmac('sha256', key).update(data).digest());

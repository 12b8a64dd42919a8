import { createECDH, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { joinBytes, latin1 } from '../../bytes.ts';

/** Length of a `.sec` file: a DER signature, filled up with zeros. */
export const SIGNATURE_BYTES = 104;

/** What stands before the 96 bytes of a P-384 point in a public key (SubjectPublicKeyInfo). */
const KEY_PREFIX = Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex');
const POINT_BYTES = 96;
const ORDER =
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;
const COORDINATE_BYTES = 48;

/** Known to everybody: it proves nothing but that the check is made. */
const practiceSecret = sha384(latin1('benchflash practice mirror of HAA'));

/** Public part of the practice key, as it stands in practice installers. */
export const practicePublicKey: Uint8Array = joinBytes(KEY_PREFIX, pointOf(practiceSecret).subarray(1));

/** Signature of an image by the practice key, as a `.sec` file holds it; the same one each time. */
export function practiceSignature(image: Uint8Array): Uint8Array {
  const digest = sha384(image);
  const nonce = new Uint8Array(createHmac('sha384', practiceSecret).update(digest).digest());
  const r = numberOf(pointOf(nonce).subarray(1, 1 + COORDINATE_BYTES)) % ORDER;
  const s = (inverse(numberOf(nonce)) * (numberOf(digest) + r * numberOf(practiceSecret))) % ORDER;
  const content = joinBytes(derNumber(r), derNumber(s));
  const file = new Uint8Array(SIGNATURE_BYTES);
  file.set(joinBytes(Uint8Array.of(0x30, content.length), content));
  return file;
}

/** Whether one of these public keys signed the image: ECDSA P-384 over its SHA-384. */
export function isSigned(image: Uint8Array, signature: Uint8Array, keys: readonly Uint8Array[]): boolean {
  const der = signature.subarray(0, 2 + (signature[1] ?? 0));
  return keys.some((key) => {
    try {
      const publicKey = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
      return verify('sha384', image, publicKey, der);
    } catch {
      return false;
    }
  });
}

/** The public keys that stand in an installer. */
export function keysIn(app: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(app.buffer, app.byteOffset, app.length);
  const keys = [];
  for (let at = bytes.indexOf(KEY_PREFIX); at >= 0; at = bytes.indexOf(KEY_PREFIX, at + 1))
    keys.push(app.slice(at, at + KEY_PREFIX.length + POINT_BYTES));
  return keys;
}

function sha384(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha384').update(bytes).digest());
}

/** The generator times this number: 04, x, y. */
function pointOf(secret: Uint8Array): Uint8Array {
  const curve = createECDH('secp384r1');
  curve.setPrivateKey(Buffer.from(secret));
  return new Uint8Array(curve.getPublicKey());
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** Modulo the order of the curve, which is prime (Fermat). */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value % ORDER;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function derNumber(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = Buffer.from(parseInt(even.slice(0, 2), 16) > 127 ? `00${even}` : even, 'hex');
  return joinBytes(Uint8Array.of(0x02, bytes.length), bytes);
}

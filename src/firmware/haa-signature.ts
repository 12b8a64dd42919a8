import { createPublicKey, verify } from 'node:crypto';
import { hex, isFilled, u8 } from './bytes.ts';
import type { Findings } from './findings.ts';

/** What HAA downloads of a signature (RavenSystem/esp-homekit-devices, `ota.h`: SIGNSIZE); the rest is zero. */
export const HAA_SIGNATURE_BYTES = 104;
/** Shortest seen or possible in practice: two numbers of 384 bits with a few leading zeros. */
const LEAST_DER_BYTES = 96;
const NUMBER_BYTES = 48;

/**
 * The key that every HAA device checks its update with: ECDSA on P-384, published in the source of the installer
 * (RavenSystem/esp-homekit-devices, `HAA_Installer/main/ota.c`). The files of release 12.18.0 verify with it.
 */
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEmOBUxJuKQZR20X/933vEzI+XN4kx1ReZ
6A+UOoUhCcaq7rDuWCmxFG2PN80BIy+/dTtwwrk/ME2I9MZfjCSKAtTOZWQkwm3S
LBGVCABdTZqfHauR9ARmMJRWO0y3utsi
-----END PUBLIC KEY-----`;

/** The DER form alone: a SEQUENCE of two INTEGERs of at most 384 bits. Undefined when it is none. */
export function readHaaSignature(bytes: Uint8Array): Uint8Array | undefined {
  const end = 2 + u8(bytes, 1);
  if (u8(bytes, 0) !== 0x30 || bytes.length > HAA_SIGNATURE_BYTES + 8) return undefined;
  if (end < LEAST_DER_BYTES || end > bytes.length || !isFilled(bytes.subarray(end), 0)) return undefined;
  const second = endOfNumber(bytes, 2);
  return second != null && endOfNumber(bytes, second) === end ? bytes.subarray(0, end) : undefined;
}

/** One more byte where the highest bit is set, because the numbers are signed. */
function endOfNumber(bytes: Uint8Array, at: number): number | undefined {
  const length = u8(bytes, at + 1);
  return u8(bytes, at) === 0x02 && length > 0 && length <= NUMBER_BYTES + 1 ? at + 2 + length : undefined;
}

/** Whether the signature is HAA's for exactly this file (ECDSA P-384 over SHA-384). `publicKey`: PEM. */
export function isSignedByHaa(file: Uint8Array, signature: Uint8Array, publicKey = PUBLIC_KEY): boolean {
  const der = readHaaSignature(signature);
  if (der == null) return false;
  return verify('sha384', file, createPublicKey(publicKey), der);
}

/** Undefined when this is no such signature. */
export function describeHaaSignature(content: Uint8Array): Findings | undefined {
  const der = readHaaSignature(content);
  if (der == null) return undefined;
  return {
    kind: 'haa-signature',
    chip: undefined,
    title: 'Signature of an HAA file (ECDSA P-384)',
    facts: [
      { label: 'Belongs', value: 'beside the file it was made for, under the same name and .sec' },
      { label: 'Signature', value: `${der.length} bytes from ${hex(0)}, the rest is zero` },
    ],
    problems: [
      {
        severity: 'warning',
        text: 'A signature alone cannot be checked: a mirror is checked as a whole, each file with its signature.',
      },
    ],
    parts: [],
  };
}

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concatUint8Arrays } from 'uint8array-extras';

/** Length of the tag in every format of these devices. */
export const TAG_BYTES = 4;

export interface CcmOptions {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 7 to 13 bytes. */
  readonly nonce: Uint8Array;
  readonly aad?: Uint8Array;
}

/** AES-128-CCM with a 4-byte tag behind the cipher text. */
export function ccmSeal(plaintext: Uint8Array, { key, nonce, aad }: CcmOptions): Uint8Array {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  if (aad != null) cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const sealed = cipher.update(plaintext);
  cipher.final();
  return concatUint8Arrays([sealed, cipher.getAuthTag()]);
}

/** The plain text, or undefined when the tag is not that of this key, nonce and cipher text. */
export function ccmOpen(sealed: Uint8Array, { key, nonce, aad }: CcmOptions): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES || key.length !== 16) return undefined;
  const text = sealed.subarray(0, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(text.length));
  if (aad != null) decipher.setAAD(aad, { plaintextLength: text.length });
  try {
    const plain = Uint8Array.from(decipher.update(text));
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

import { describe, expect, it } from 'vitest';
import { inventId, keyPair, loginProofs, setupKeys } from '../../../src/protocols/xiaomi/keys.ts';
import { bytes, hex } from '../../harness/hex.ts';
import { hasVectors, knownAnswers, vectorSets, type Login, type Registration } from './vectors.ts';

const registrations: [string, Registration][] = [
  ...(knownAnswers() ? [['published answer', knownAnswers()!.register] as [string, Registration]] : []),
  ...vectorSets().map(({ registration }, index): [string, Registration] => [`set ${index}`, registration]),
];
const logins: [string, Login][] = [
  ...(knownAnswers() ? [['published answer', knownAnswers()!.login] as [string, Login]] : []),
  ...vectorSets().map(({ login }, index): [string, Login] => [`set ${index}`, login]),
];

describe.skipIf(!hasVectors)('keys of ../shared/data (skipped where that is missing)', () => {
  it.each(registrations)('registration: %s', (_name, vector) => {
    const pair = keyPair(bytes(vector.hostPrivate));
    expect(hex(pair.publicKey)).toBe(vector.hostPublicXY);
    const secret = pair.sharedSecret(bytes(vector.devicePublicXY));
    expect(hex(secret)).toBe(vector.sharedSecret);
    const made = setupKeys(secret, bytes(vector.did20));
    expect(hex(made.token)).toBe(vector.token);
    expect(hex(made.bindKey)).toBe(vector.bindKey);
    expect(hex(made.sealedId)).toBe(vector.didCiphertextAndTag);
  });

  it.each(logins)('login: %s', (_name, vector) => {
    const proofs = loginProofs(bytes(vector.token), bytes(vector.hostRandom), bytes(vector.deviceRandom));
    expect(hex(proofs.expected)).toBe(vector.expectedDeviceProof);
    expect(hex(proofs.ours)).toBe(vector.hostProof);
  });
});

describe('an id of our own', () => {
  it('is 00, blt.3.129v, six letters or digits, g00', () => {
    const id = inventId((length) => new Uint8Array(length).map((_, index) => index * 41));
    expect(id).toHaveLength(20);
    expect(Buffer.from(id).toString('latin1')).toMatch(/^\0blt\.3\.129v[A-Za-z0-9]{6}g00$/);
  });
});

describe('a key pair', () => {
  it('agrees with another one, and refuses what is no point of the curve', () => {
    const a = keyPair();
    const b = keyPair();
    expect(hex(a.sharedSecret(b.publicKey))).toBe(hex(b.sharedSecret(a.publicKey)));
    expect(() => a.sharedSecret(new Uint8Array(64).fill(1))).toThrow();
  });
});

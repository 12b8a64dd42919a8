import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  DeviceKeyPair,
  loginProofs,
  openDeviceId,
  setupKeys,
} from '../../../src/virtual/thermometer/firmware/mi-crypto.ts';
import { bytesOf, hexOf } from './unit.ts';

const FILE = fileURLToPath(new URL('../../../../shared/data/telink/mi-auth-vectors.json', import.meta.url));

interface Registration {
  readonly [name: string]: string;
}
interface Vectors {
  readonly miauthKnownAnswers: { readonly register: Registration; readonly login: Registration };
  readonly sets: readonly { readonly registration: Registration; readonly login: Registration }[];
}

describe.skipIf(!existsSync(FILE))('Mi crypto (skipped where ../shared/data is missing)', () => {
  const vectors = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Vectors) : undefined;
  const registrations = () => [
    vectors!.miauthKnownAnswers.register,
    ...vectors!.sets.map(({ registration }) => registration),
  ];
  const logins = () => [vectors!.miauthKnownAnswers.login, ...vectors!.sets.map(({ login }) => login)];

  it('derives the keys of a registration and opens the id', () => {
    for (const vector of registrations()) {
      const keys = setupKeys(bytesOf(vector['sharedSecret']!));
      expect(hexOf(keys.token)).toBe(vector['token']);
      expect(hexOf(keys.bindKey)).toBe(vector['bindKey']);
      const sealed = bytesOf(vector['didCiphertextAndTag']!);
      expect(hexOf(openDeviceId(keys.idKey, sealed)!)).toBe(vector['did20']);
      sealed[3]! ^= 1;
      expect(openDeviceId(keys.idKey, sealed)).toBeUndefined();
    }
  });

  it('agrees on the secret with the device key of the vectors', () => {
    const known = registrations().filter((vector) => vector['devicePrivate'] != null);
    expect(known.length).toBeGreaterThan(0);
    for (const vector of known) {
      const pair = new DeviceKeyPair(bytesOf(vector['devicePrivate']!));
      expect(hexOf(pair.publicXY)).toBe(vector['devicePublicXY']);
      expect(hexOf(pair.secretWith(bytesOf(vector['hostPublicXY']!))!)).toBe(vector['sharedSecret']);
    }
  });

  it('computes both proofs of a login', () => {
    for (const vector of logins()) {
      const proofs = loginProofs(
        bytesOf(vector['token']!),
        bytesOf(vector['hostRandom']!),
        bytesOf(vector['deviceRandom']!),
      );
      expect(hexOf(proofs.device)).toBe(vector['expectedDeviceProof']);
      expect(hexOf(proofs.host)).toBe(vector['hostProof']);
    }
  });
});

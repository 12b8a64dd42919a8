import { existsSync, readFileSync } from 'node:fs';
import { dataFile } from '../../firmware/real-files.ts';

export interface Registration {
  readonly hostPrivate: string;
  readonly hostPublicXY: string;
  readonly devicePublicXY: string;
  readonly did20: string;
  readonly sharedSecret: string;
  readonly token: string;
  readonly bindKey: string;
  readonly didCiphertextAndTag: string;
  readonly devicePrivate?: string;
  readonly hostPublicParcels?: readonly string[];
  readonly didParcels?: readonly string[];
}

export interface Login {
  readonly token: string;
  readonly hostRandom: string;
  readonly deviceRandom: string;
  readonly expectedDeviceProof: string;
  readonly hostProof: string;
  readonly hostRandomParcel?: readonly string[];
  readonly hostProofParcels?: readonly string[];
}

export interface VectorSet {
  readonly registration: Registration;
  readonly login: Login;
}

const FILE = dataFile('telink/mi-auth-vectors.json');
export const hasVectors = existsSync(FILE);

/** Sets with everything that goes over the air; empty where ../shared/data is missing. */
export function vectorSets(): readonly VectorSet[] {
  return hasVectors ? (JSON.parse(readFileSync(FILE, 'utf8')) as { sets: VectorSet[] }).sets : [];
}

/** Published answers, without parcels. */
export function knownAnswers(): { readonly register: Registration; readonly login: Login } | undefined {
  if (!hasVectors) return undefined;
  return (
    JSON.parse(readFileSync(FILE, 'utf8')) as {
      miauthKnownAnswers: { register: Registration; login: Login };
    }
  ).miauthKnownAnswers;
}

import { Random } from './random.ts';

/** What is unique to a unit, and to be kept or hidden. Made of its number; belongs to nobody. */
export interface UnitSecrets {
  readonly ssid: string;
  readonly password: string;
  /** An older password that lies erased, yet readable, in flash. */
  readonly formerPassword: string;
  /** 16 bytes as hex. */
  readonly token: string;
  readonly deviceId: number;
}

export function unitSecrets(unit: number): UnitSecrets {
  const random = new Random(0x5ec2_e700 + unit);
  return {
    ssid: `practice-net-${unit}`,
    password: `pw-${random.hex(6)}`,
    formerPassword: `old-${random.hex(6)}`,
    token: random.hex(16),
    deviceId: 100_000_000 + (random.word() % 100_000_000),
  };
}

/** A MAC of its own for each unit number below 2^24: the maker's first half, and a second half that looks random. */
export function unitMac(oui: readonly [number, number, number], unit: number): Uint8Array {
  const tail = (Math.imul(unit, 0x9e_3779) + (oui[0] << 16) + (oui[2] << 8) + 0x10_aa03) & 0xff_ffff;
  return Uint8Array.of(...oui, tail >>> 16, (tail >>> 8) & 0xff, tail & 0xff);
}

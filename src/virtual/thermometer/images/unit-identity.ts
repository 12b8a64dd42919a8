import { Random } from '../../esp/images/random.ts';
import { unitMac } from '../../esp/images/unit-secrets.ts';

const TELINK_OUI = [0xa4, 0xc1, 0x38] as const;
const REVISIONS = ['B1.4', 'B1.5', 'B1.6', 'B1.7', 'B1.9', 'B2.0'] as const;
export type HardwareRevision = (typeof REVISIONS)[number];

/** What is unique to a thermometer; made of its number, belongs to nobody. */
export interface UnitIdentity {
  /** Lower case with colons, `a4:c1:38:…`. */
  readonly address: string;
  /** As in `address`, first byte first. */
  readonly mac: Uint8Array;
  /** The two bytes behind the MAC in flash. */
  readonly macTail: Uint8Array;
  readonly revision: HardwareRevision;
  /** 24 characters, e.g. `B1.4F1.0-CFMK-LB-ZCXTJ--`. */
  readonly hardwareString: string;
  readonly trim: number;
  /** 20 bytes, `00 "blt.3.129v" … "g00"`: what a bound unit is known by. */
  readonly deviceId: Uint8Array;
  /** Of a bound unit: 12 and 16 bytes. */
  readonly token: Uint8Array;
  readonly bindKey: Uint8Array;
}

export function unitIdentity(unit: number): UnitIdentity {
  const random = new Random(0x7e11_4b00 + unit);
  const mac = unitMac(TELINK_OUI, unit);
  const revision = REVISIONS[(unit - 1) % REVISIONS.length]!;
  const name = random.hex(3);
  return {
    address: Buffer.from(mac).toString('hex').match(/../g)!.join(':'),
    mac,
    macTail: random.bytes(2),
    revision,
    hardwareString: `${revision}F1.0-CFMK-LB-ZCXTJ--`,
    trim: 0x58 + (random.word() % 16),
    deviceId: Uint8Array.of(0, ...Buffer.from(`blt.3.129v${name}g00`, 'latin1')),
    token: random.bytes(12),
    bindKey: random.bytes(16),
  };
}

import { Random } from '../../esp/images/random.ts';
import { unitMac, unitSecrets } from '../../esp/images/unit-secrets.ts';

const XIAOMI_OUI = [0x34, 0xce, 0x00] as const;

/** What is unique to a camera. Made of its number; belongs to nobody. */
export interface CameraIdentity {
  readonly mac: Uint8Array;
  /** Lower case with colons. */
  readonly macText: string;
  readonly ssid: string;
  readonly password: string;
  readonly formerPassword: string;
  /** Text of `.product_config`, 338 bytes. */
  readonly productConfig: string;
}

export function cameraIdentity(unit: number): CameraIdentity {
  const mac = unitMac(XIAOMI_OUI, unit);
  const random = new Random(0xda_fa00 + unit);
  const digits = Buffer.from(mac).toString('hex').toUpperCase();
  const key = Buffer.from(random.bytes(24)).toString('base64').replaceAll(/[+/]/g, 'x').slice(0, 16);
  const deviceId = String(10_000_000 + (random.word() % 89_999_999));
  const { ssid, password, formerPassword } = unitSecrets(unit);
  const lines = [
    '[xiaomi]',
    `UserRelated_UID=${digits}|${deviceId}|${key}|${String(1000 + (random.word() % 9000))}`,
    `UserRelated_SSID=${random.hex(2).toUpperCase()}`,
    `NETRELATED_IP=${Buffer.from(random.bytes(138)).toString('base64')}`,
    `NETRELATED_MAC=${digits}${random.hex(10).toUpperCase()}`,
  ];
  return {
    mac,
    macText: Buffer.from(mac)
      .toString('hex')
      .replaceAll(/(..)(?=.)/g, '$1:'),
    ssid,
    password,
    formerPassword,
    productConfig: `${lines.join('\n')}\n`,
  };
}

import { joinBytes, latin1 } from '../../bytes.ts';
import type { NamedChoice } from '../../virtual-device.ts';
import { FLASH_MAP, MI_KEY, THERMOMETER_FLASH_BYTES } from './flash-map.ts';
import { atc1441, pvvx58, stock0130, stock0159 } from './practice-images.ts';
import { unitIdentity } from './unit-identity.ts';

export interface ThermometerState extends NamedChoice {
  /** Missing: nothing is in flash, not even what is unique. */
  readonly image?: () => Uint8Array;
  /** Registered with somebody's account: its keys are in flash. */
  readonly bound: boolean;
}

export const THERMOMETER_STATES: readonly ThermometerState[] = [
  {
    name: 'stock-1.0.0_0130',
    text: 'stock 1.0.0_0130, as it comes from the shop',
    image: stock0130,
    bound: false,
  },
  {
    name: 'stock-1.0.0_0130-bound',
    text: 'stock 1.0.0_0130, registered with an account',
    image: stock0130,
    bound: true,
  },
  {
    name: 'stock-2.1.1_0159',
    text: 'stock 2.1.1_0159: no unsigned update by radio',
    image: stock0159,
    bound: false,
  },
  {
    name: 'stock-2.1.1_0159-bound',
    text: 'stock 2.1.1_0159, registered with an account',
    image: stock0159,
    bound: true,
  },
  { name: 'pvvx', text: 'runs the practice pvvx 5.8 already', image: pvvx58, bound: false },
  {
    name: 'pvvx-bound',
    text: 'runs the practice pvvx 5.8, keys of an account still in flash',
    image: pvvx58,
    bound: true,
  },
  { name: 'atc1441', text: 'runs the practice atc1441 firmware', image: atc1441, bound: false },
  { name: 'blank', text: 'erased flash: MAC, trim, hardware string and keys are gone too', bound: false },
];

/** The flash of a new unit, 512 KiB. */
export function factoryFlash(state: ThermometerState, unit: number): Uint8Array {
  const flash = new Uint8Array(THERMOMETER_FLASH_BYTES).fill(0xff);
  if (state.image == null) return flash;
  const identity = unitIdentity(unit);
  flash.set(state.image(), FLASH_MAP.bank1);
  flash.set(latin1(identity.hardwareString), FLASH_MAP.hardwareString);
  flash.set(identity.mac.toReversed(), FLASH_MAP.mac);
  flash.set(identity.macTail, FLASH_MAP.mac + 6);
  if (state.image === pvvx58) flash.set(latin1(identity.hardwareString), FLASH_MAP.hardwareStringCopy);
  else flash[FLASH_MAP.macSectorEnd] = 0x66;
  flash[FLASH_MAP.trim] = identity.trim;
  if (state.bound)
    flash.set(
      joinBytes(
        miRecord(MI_KEY.deviceId, identity.deviceId),
        miRecord(MI_KEY.keys, joinBytes(identity.token, identity.bindKey)),
      ),
      FLASH_MAP.miKeys,
    );
  return flash;
}

function miRecord(id: number, data: Uint8Array): Uint8Array {
  return joinBytes(Uint8Array.of(id & 0xff, id >> 8, data.length), data);
}

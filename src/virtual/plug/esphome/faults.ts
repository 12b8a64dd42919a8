import type { NamedChoice } from '../../virtual-device.ts';
import { UPDATE_FAULTS } from '../arduino/update-faults.ts';

/** Where in the conversation an error byte is sent (reference section 8.1). */
export type OtaStage = 'magic' | 'auth' | 'prepare' | 'checksum' | 'data' | 'end';

export const ERROR_FAULTS = [
  { name: 'ota-error-80', stage: 'magic', text: 'answers 80: wrong magic bytes' },
  { name: 'ota-error-81', stage: 'prepare', text: 'answers 81: the update cannot be prepared' },
  { name: 'ota-error-82', stage: 'auth', text: 'answers 82: authentication invalid' },
  { name: 'ota-error-83', stage: 'data', text: 'answers 83: writing flash failed' },
  { name: 'ota-error-84', stage: 'end', text: 'answers 84: the update cannot be finished' },
  { name: 'ota-error-85', stage: 'prepare', text: 'answers 85: needs a reset by hand first' },
  { name: 'ota-error-86', stage: 'prepare', text: 'answers 86: wrong flash size of what runs' },
  { name: 'ota-error-87', stage: 'prepare', text: 'answers 87: wrong flash size of the new image' },
  { name: 'ota-error-88', stage: 'prepare', text: 'answers 88: not enough space' },
  { name: 'ota-error-89', stage: 'prepare', text: 'answers 89: not enough space (ESP32)' },
  { name: 'ota-error-8a', stage: 'prepare', text: 'answers 8a: no partition for updates' },
  { name: 'ota-error-8b', stage: 'end', text: 'answers 8b: MD5 mismatch' },
  { name: 'ota-error-8c', stage: 'prepare', text: 'answers 8c: not enough space (RP2040)' },
  { name: 'ota-error-8d', stage: 'end', text: 'answers 8d: signature invalid' },
  { name: 'ota-error-8e', stage: 'prepare', text: 'answers 8e: kind of image not supported' },
  { name: 'ota-error-8f', stage: 'prepare', text: 'answers 8f: partition table wrong' },
  { name: 'ota-error-90', stage: 'prepare', text: 'answers 90: partition table cannot be updated' },
  { name: 'ota-error-ff', stage: 'prepare', text: 'answers ff: unknown error' },
  { name: 'md5-refused', stage: 'checksum', text: 'answers 8b to the MD5 that is announced' },
] as const satisfies readonly (NamedChoice & { readonly stage: OtaStage })[];

/** Faults of a plug that runs ESPHome. Each is also known with the suffix `-once`. */
export const ESPHOME_FAULTS = [
  ...ERROR_FAULTS.map(({ name, text }) => ({ name, text })),
  { name: 'stalls-before-receipt', text: 'takes everything, then says nothing more' },
  ...UPDATE_FAULTS,
] as const satisfies readonly NamedChoice[];

/** Error byte that a fault sends at this stage. */
export function forcedError(stage: OtaStage, strikes: (fault: string) => boolean): number | undefined {
  const fault = ERROR_FAULTS.find((each) => each.stage === stage && strikes(each.name));
  if (fault == null) return undefined;
  return fault.name === 'md5-refused' ? 0x8b : Number.parseInt(fault.name.slice(-2), 16);
}

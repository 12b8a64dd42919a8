import type { BluetoothState } from '../cli/services.ts';
import { isBenchError } from '../core/errors.ts';
import type { RadioOpener } from '../drivers/ble/noble/open-noble.ts';
import type { BluetoothProblem } from '../drivers/ble/problems.ts';

const STATES: Readonly<Record<BluetoothProblem, Exclude<BluetoothState['state'], 'usable'>>> = {
  'not-installed': 'no-library',
  'other-node': 'no-library',
  'not-loading': 'no-library',
  'no-adapter': 'no-adapter',
  'no-low-energy': 'no-adapter',
  silent: 'no-adapter',
  blocked: 'off',
  switch: 'off',
  off: 'off',
  'no-permission': 'no-permission',
};

/** Opens the radio for a moment, to see whether that can be done. */
export async function tryBluetooth(radio: RadioOpener): Promise<BluetoothState> {
  try {
    const { name } = await radio.open({});
    await radio.close();
    return { state: 'usable', radio: name };
  } catch (error) {
    if (!isBenchError(error, 'BLUETOOTH_UNAVAILABLE', 'BLUETOOTH_OFF')) throw error;
    const problem = error.detail.problem as BluetoothProblem;
    return { state: STATES[problem], finding: error.message, fix: error.advice };
  }
}

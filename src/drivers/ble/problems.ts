import { BenchError, type ErrorCode } from '../../core/errors.ts';

/** Why Bluetooth cannot be used, in the order in which it is found out. */
export const BLUETOOTH_PROBLEMS = [
  'not-installed',
  'other-node',
  'not-loading',
  'no-adapter',
  'no-low-energy',
  'silent',
  'blocked',
  'switch',
  'off',
  'no-permission',
] as const;
export type BluetoothProblem = (typeof BLUETOOTH_PROBLEMS)[number];

interface ProblemText {
  readonly code: Extract<ErrorCode, 'BLUETOOTH_UNAVAILABLE' | 'BLUETOOTH_OFF'>;
  readonly message: string;
  readonly advice: string;
}

const isLinux = process.platform === 'linux';
const isMac = process.platform === 'darwin';

const TEXTS: Readonly<Record<BluetoothProblem, ProblemText>> = {
  'not-installed': {
    code: 'BLUETOOTH_UNAVAILABLE',
    message: 'The Bluetooth library is not installed: it could not be built when benchflash was installed.',
    advice: isLinux
      ? 'Install a compiler (Debian: build-essential and python3), then run npm ci again.'
      : 'Install the build tools of this system (python3 and a C++ compiler), then run npm ci again.',
  },
  'other-node': {
    code: 'BLUETOOTH_UNAVAILABLE',
    message: 'The Bluetooth library was built for another version of Node.',
    advice: 'Reinstall with the Node you use now: npm ci, or npm rebuild @abandonware/noble.',
  },
  'not-loading': {
    code: 'BLUETOOTH_UNAVAILABLE',
    message: 'The Bluetooth library does not load.',
    advice: 'Run npm rebuild with a compiler installed (Debian: build-essential and python3).',
  },
  'no-adapter': {
    code: 'BLUETOOTH_UNAVAILABLE',
    message: 'This computer has no Bluetooth adapter.',
    advice: 'Plug a Bluetooth adapter in, then retry; flows by wire need none.',
  },
  'no-low-energy': {
    code: 'BLUETOOTH_UNAVAILABLE',
    message: 'The Bluetooth adapter knows no Bluetooth Low Energy.',
    advice: 'Plug in an adapter with Bluetooth 4.0 or newer (NOBLE_HCI_DEVICE_ID=1 chooses the second one).',
  },
  silent: {
    code: 'BLUETOOTH_UNAVAILABLE',
    message: 'The Bluetooth adapter does not answer.',
    advice: 'Unplug it and plug it in again, or restart the Bluetooth service; then retry.',
  },
  blocked: {
    code: 'BLUETOOTH_OFF',
    message: 'The Bluetooth adapter is blocked by rfkill.',
    advice: 'Run rfkill unblock bluetooth, then retry.',
  },
  switch: {
    code: 'BLUETOOTH_OFF',
    message: 'The Bluetooth adapter is switched off by a switch or key of this computer.',
    advice: 'Use the wireless switch of this computer, then retry.',
  },
  off: {
    code: 'BLUETOOTH_OFF',
    message: 'The Bluetooth adapter is switched off.',
    advice: isLinux ? 'Run bluetoothctl power on, then retry.' : 'Switch Bluetooth on, then retry.',
  },
  'no-permission': {
    code: 'BLUETOOTH_OFF',
    message: 'This user may not use the Bluetooth adapter.',
    advice: isMac
      ? 'Allow the terminal in System Settings, Privacy & Security, Bluetooth; then start benchflash again.'
      : 'Run sudo setcap cap_net_raw+eip "$(readlink -f "$(which node)")", then start benchflash again.',
  },
};

/** The reason also stands in `detail.problem`. */
export function bluetoothProblem(problem: BluetoothProblem, cause?: unknown): BenchError {
  const { code, message, advice } = TEXTS[problem];
  return new BenchError(code, { message, advice, detail: { problem }, cause });
}

/** What Node and noble 1.9.2 throw when the library or the adapter does not come up. */
export function problemOfThrown(error: unknown): BluetoothProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = `${code} ${error instanceof Error ? error.message : String(error)}`;
  if (/NODE_MODULE_VERSION|compiled against a different Node/.test(text)) return 'other-node';
  if (/EPERM|EACCES|not permitted/i.test(text)) return 'no-permission';
  // The kernel without Bluetooth; no device; and what the USB way of Windows says.
  if (/EAFNOSUPPORT|ENODEV|ENXIO|No compatible USB/i.test(text)) return 'no-adapter';
  if (/(MODULE_NOT_FOUND)/.test(code) && /@abandonware[\\/](noble|bluetooth-hci-socket)/.test(text))
    return /\.node\b|build[\\/]Release/.test(text) ? 'not-loading' : 'not-installed';
  return 'not-loading';
}

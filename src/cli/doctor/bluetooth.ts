import type { BluetoothState } from '../services.ts';
import type { Check } from './check.ts';

/** In the order in which they are found out: behind a "no" nothing is known. */
const QUESTIONS = [
  { no: 'no-library', id: 'bluetooth-library', title: 'Bluetooth library', yes: 'it loads' },
  { no: 'no-adapter', id: 'bluetooth-adapter', title: 'Bluetooth adapter', yes: 'it is there' },
  { no: 'off', id: 'bluetooth-on', title: 'Bluetooth power', yes: 'it is switched on' },
  { no: 'no-permission', id: 'bluetooth-access', title: 'Bluetooth access', yes: 'this user may use it' },
] as const;

/** Can Bluetooth be used? Only Bluetooth flows need it. */
export function bluetoothChecks(state: BluetoothState): Check[] {
  const first = QUESTIONS.findIndex(({ no }) => no === state.state);
  return QUESTIONS.slice(0, first < 0 ? undefined : first + 1).map(({ no, id, title, yes }) => {
    const head = { id, title, needed: false };
    if (state.state !== 'usable' && no === state.state)
      return {
        ...head,
        state: 'no',
        finding: `${state.finding} Only Bluetooth flows need it.`,
        fix: state.fix,
      };
    const finding = id === 'bluetooth-adapter' && state.state === 'usable' ? state.radio : yes;
    return { ...head, state: 'yes', finding };
  });
}

import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

const LOOKS_ONLY = 'Look again listens on the radio and writes nothing.';

/** Telink chips by their single-wire pin (SWS). */
export const TELINK_CODES = {
  NO_ECHO: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'Nothing of what was sent came back: RX is not connected to the SWS pad, TX and RX are swapped (some adapters label them the other way round), or the 1 kOhm resistor between TX and RX is missing.',
    advice: 'Wire TX through 1 kOhm to the pad and RX to the pad itself; swap TX and RX if that was so.',
    retry: NOTHING_WRITTEN,
  },
  ECHO_GARBLED: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'What was sent came back changed: an LED or a small resistor on RX holds the line up, the resistor in the TX wire is too large or too small, the levels are wrong, GND is missing, or the unit drives the line itself.',
    advice: 'Check GND and the 1 kOhm resistor, remove the LED on RX or take another adapter; then retry.',
    retry: KEEPS_BACKUP,
  },
  SWS_NO_ANSWER: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The line echoes, but the chip does not answer: it was not caught at its start, it has no power or no GND, the wire is on another pad than P14, the unit uses that pin as an output, or its watchdog restarted it.',
    advice:
      'Check power, GND and pad P14, then take the battery out and put it in while the activation runs; cut GND rather than plus, since TX can keep the chip alive.',
    retry: KEEPS_BACKUP,
  },
  SWS_READ_UNRELIABLE: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The chip answers, but its answers arrive with characters missing or changed: FTDI adapters cannot read this line, CP2102 fail for many, long wires and a wrong resistor do the same.',
    advice: 'Take a CH340 adapter and short wires; or choose TX only, where nothing is read.',
    retry: KEEPS_BACKUP,
  },
  SWS_RATE_TOO_LOW: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'At the baud rates this port takes, the chip cannot answer slowly enough to be read.',
    advice: 'Take an adapter that does 460800 or 921600 baud; or choose TX only, where nothing is read.',
    retry: NOTHING_WRITTEN,
  },
  WRONG_TELINK_CHIP: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'A chip answers, but it is no TLSR825x, the chip of these thermometers.',
    advice: 'Take this unit out; it is left as it is.',
    retry: NOTHING_WRITTEN,
  },
  MODEL_WITHOUT_PROFILE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This thermometer is a sibling model whose flash map benchflash has no profile for.',
    advice: 'Take this unit out; it is left as it is.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_LOCKED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The flash stays write protected: its status register does not take the unlock.',
    advice:
      'Power the unit from its own supply and retry; if it repeats, the flash is locked for good and the unit stays as it is.',
    retry: NOTHING_WRITTEN,
  },
  FLASH_BUSY_TIMEOUT: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The flash did not finish an erase or a write in many times the time its data sheet allows.',
    advice:
      'Power the unit from its own supply (3.3 V, a fresh cell) and retry; if it repeats, the flash is worn.',
    retry: KEEPS_BACKUP,
  },
  SWS_VERIFY_MISMATCH: {
    outcome: 'FAIL',
    blame: 'device',
    message:
      'What was read back is not what was written: a gap in the stream to the unit (macOS, a virtual machine, a slow computer), a weak supply, or a bad flash.',
    advice:
      'Retry once, which usually cures it; then use Linux or Windows on a real machine, or another adapter.',
    retry: KEEPS_BACKUP,
  },
  ADAPTER_UNFIT: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This adapter cannot do what this job asks of it on the single wire of a Telink chip.',
    advice: 'Take a CH340 adapter at 3.3 V; or choose TX only, where nothing is read.',
    retry: NOTHING_WRITTEN,
  },
  SAMPLES_ONLY: {
    outcome: 'UNSURE',
    blame: 'bench',
    message:
      'Written; its header and samples of every page read back right, but not every byte was compared and no radio heard the unit.',
    advice:
      'Look again where Bluetooth works; or set verify=whole, which reads everything back, and run it again.',
    retry: LOOKS_ONLY,
  },
  HEARD_AMBIGUOUS: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Written, but what was heard on the radio does not tell which unit this is.',
    advice:
      'Take the batteries out of the other candidates, or carry them away, and look again with only this unit near.',
    retry: LOOKS_ONLY,
  },
} as const satisfies Record<string, ErrorCodeRow>;

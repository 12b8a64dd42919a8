import type { AdapterChip, AdapterChipId, SwsFitness } from './adapter.ts';

/** What tells one chip from another; product texts are as the maker programmed them. */
export interface ChipHints {
  readonly vendorId?: string;
  readonly productId?: string;
  readonly product?: string;
  /** Kernel driver of a port that is not USB, or of one with an unknown id: `cdc_acm`. */
  readonly driver?: string;
}

const THREE_VOLTS =
  'Set its voltage jumper to 3.3 V before wiring; at 5 V its TX pin harms the unit, and its 3.3 V pin is too weak to power one.';

/*
 * SWS: telink-swire reference, sections 3 and 8, with the threads it names (atc1441/ATC_MiThermometer#298,
 * pvvx/TlsrComSwireWriter#3, pvvx/pvvx.github.io#13).
 */
const SWS: Readonly<Record<AdapterChipId, SwsFitness>> = {
  ch340: { write: 'good', read: 'good' },
  ch343: { write: 'untried', read: 'untried', note: 'Nobody has reported it on this wire yet.' },
  cp210x: {
    write: 'good',
    read: 'doubtful',
    note: 'CP2102 adapters fail for many when they read this wire; a CH340 is the better choice.',
  },
  ftdi: {
    write: 'good',
    read: 'never',
    note: 'An FTDI adapter cannot read this wire: it drops the characters that lack a stop bit. With TX only it has worked.',
  },
  pl2303: {
    write: 'good',
    read: 'doubtful',
    note: 'A PL2303 loses characters of the answers now and then; benchflash then asks again, which takes longer.',
  },
  'usb-jtag': {
    write: 'never',
    read: 'never',
    note: 'This is the USB port of an ESP32 itself, not a serial adapter: it has no TX pin.',
  },
  cdc: {
    write: 'untried',
    read: 'untried',
    note: 'What becomes of the stream depends on the firmware of this adapter; it may leave gaps.',
  },
  uart: {
    write: 'untried',
    read: 'untried',
    note: 'An RS-232 socket gives up to 12 V and destroys the chip; only 3.3 V pins may be wired.',
  },
  unknown: {
    write: 'untried',
    read: 'untried',
    note: 'It is not known what this adapter does on this wire.',
  },
};

const chip = (
  id: AdapterChipId,
  title: string,
  dependableBaudRate: number,
  ...notes: string[]
): AdapterChip => ({ id, title, dependableBaudRate, notes, sws: SWS[id] });

/*
 * Rates: the makers' data sheets bound them (CH340 2 Mbaud, CP2102 1 Mbaud, CP2102N 3 Mbaud, FT232R 3 Mbaud, PL2303HX
 * 1.2 Mbaud); the dependable rate stays one step below where clones and long wires begin to lose bytes.
 */
const CH340 = chip(
  'ch340',
  'CH340',
  460_800,
  THREE_VOLTS,
  'It has no serial number: its slot is the USB socket it sits in, so leave each one in its socket.',
  'If it vanishes a second after it was plugged in, the braille service brltty has taken it: remove brltty.',
);
const CH34X = chip(
  'ch343',
  'CH342, CH343 or CH9102',
  921_600,
  THREE_VOLTS,
  'Its numbers are the same as those of its siblings, so its exact type cannot be told.',
);
const CP2102 = chip(
  'cp210x',
  'CP2102 (old type)',
  460_800,
  THREE_VOLTS,
  'It makes only rates from a table: 74880 baud, the boot text of an ESP8266, becomes 76800 and may show wrong letters.',
  'Many carry the same serial number 0001: its slot is then the USB socket it sits in.',
);
const CP2102N = chip('cp210x', 'CP2102N', 921_600, THREE_VOLTS);
const CP210X = chip(
  'cp210x',
  'CP2102, CP2102N or CP2104',
  460_800,
  THREE_VOLTS,
  'The old CP2102 and the faster CP2102N have the same numbers: if 921600 baud loses bytes, it is the old one.',
);
const CP210X_MULTI = chip('cp210x', 'CP2105 or CP2108', 460_800, THREE_VOLTS);
const FTDI = chip(
  'ftdi',
  'FTDI',
  921_600,
  THREE_VOLTS,
  'It holds short answers back for its latency timer, 16 ms from the factory; benchflash asks Linux for 1 ms, on Windows set it in the port settings.',
);
const PL2303 = chip(
  'pl2303',
  'PL2303',
  230_400,
  THREE_VOLTS,
  'Most old ones are clones: on Windows the maker’s driver refuses them (code 10), and they may lose bytes above 230400 baud.',
);
const PL2303G = chip('pl2303', 'PL2303G', 921_600, THREE_VOLTS);
const USB_JTAG = chip(
  'usb-jtag',
  'ESP32 with its own USB port',
  921_600,
  'This is the unit itself, not an adapter: no wires are needed, and the baud rate means nothing.',
  'The port goes and comes back each time the unit restarts.',
);
const CDC = chip(
  'cdc',
  'USB serial (CDC)',
  460_800,
  'The baud rate and the control lines are what its own firmware makes of them; check that its pins are 3.3 V.',
);
const UART = chip(
  'uart',
  'Serial port of the computer',
  115_200,
  'An RS-232 socket gives up to 12 V: it needs a level shifter to 3.3 V. The pins of a single-board computer are 3.3 V already.',
);
const UNKNOWN = chip(
  'unknown',
  'Unknown adapter',
  115_200,
  'Check that its pins are 3.3 V before wiring, and begin with a low rate.',
);

const BY_ID: Readonly<Record<string, AdapterChip>> = {
  '1a86:5523': CH340,
  '1a86:7522': CH340,
  '1a86:7523': CH340,
  '1a86:55d2': CH34X,
  '1a86:55d3': CH34X,
  '1a86:55d4': CH34X,
  '1a86:55d5': CH34X,
  '10c4:ea60': CP210X,
  '10c4:ea70': CP210X_MULTI,
  '10c4:ea71': CP210X_MULTI,
  '0403:6001': FTDI,
  '0403:6010': FTDI,
  '0403:6011': FTDI,
  '0403:6014': FTDI,
  '0403:6015': FTDI,
  '067b:2303': PL2303,
  '067b:23a3': PL2303G,
  '067b:23b3': PL2303G,
  '067b:23c3': PL2303G,
  '067b:23d3': PL2303G,
  '067b:23e3': PL2303G,
  '067b:23f3': PL2303G,
  '303a:1001': USB_JTAG,
};

/** Makers whose further products are still theirs; by driver where the number says nothing. */
const BY_DRIVER: Readonly<Record<string, AdapterChip>> = {
  ch341: CH340,
  'ch341-uart': CH340,
  cp210x: CP210X,
  ftdi_sio: FTDI,
  pl2303: PL2303,
  cdc_acm: CDC,
  serial8250: UART,
  'uart-pl011': UART,
};

/** Which chip an adapter has, as far as its USB numbers, its texts and its driver tell. */
export function identifyChip({ vendorId, productId, product, driver }: ChipHints): AdapterChip {
  const known = BY_ID[`${vendorId}:${productId}`];
  if (known === CP210X && product != null) {
    if (/CP2102N/i.test(product)) return CP2102N;
    if (/CP2102\b/i.test(product)) return CP2102;
  }
  if (known) return known;
  if (driver != null && BY_DRIVER[driver]) return BY_DRIVER[driver];
  return vendorId == null && driver != null ? UART : UNKNOWN;
}

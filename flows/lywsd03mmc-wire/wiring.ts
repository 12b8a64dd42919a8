import type { Settings, WiringPage } from '../flow.ts';

export const WIRES_PAGE = 'wires';

const VOLTS = '3.3 V ONLY, on VCC and on TX: 5 V destroys the chip. Measure before the first unit.';
const RESET_PAD = 'The pad called "reset" is PA5, not the reset of the chip: leave it alone.';

const FULL: WiringPage = {
  id: WIRES_PAGE,
  title: 'Full: TX through 1 kOhm, and RX',
  drawing: [
    '  USB serial adapter            thermometer, display down',
    '  jumper on 3.3 V',
    '                 1 kOhm',
    '      TXD  o----[=====]----+',
    '                           +---o  P14   (SWS, PA7)',
    '      RXD  o---------------+',
    '      GND  o-------------------o  battery minus',
    '      3V3  o-------------------o  battery plus',
    '',
    '  or: no 3V3 wire, and the cell in its holder',
  ].join('\n'),
  notes: [
    VOLTS,
    'The resistor may have 0.9 to 1.8 kOhm. RX goes to the pad itself.',
    'Some adapters label TX as RX: if nothing comes back, swap the two.',
    RESET_PAD,
    'To restart the chip cut GND or take the cell out: TX alone can keep it alive.',
  ],
};

const TX_ONLY: WiringPage = {
  id: WIRES_PAGE,
  title: 'TX only: three wires',
  drawing: [
    '  USB serial adapter            thermometer, display down',
    '  jumper on 3.3 V',
    '',
    '      TXD  o-------------------o  P14   (SWS, PA7)',
    '      RXD  o  not connected',
    '      GND  o-------------------o  battery minus',
    '      3V3  o-------------------o  battery plus',
    '',
    '  Nothing comes back: the radio is the only proof.',
  ].join('\n'),
  notes: [
    VOLTS,
    'No backup can be taken this way, and nothing can be compared.',
    'Some adapters label TX as RX: if the unit never changes, swap the two.',
    RESET_PAD,
  ],
};

const ESP_BOARD: WiringPage = {
  id: 'esp-board',
  title: 'An ESP board as adapter',
  drawing: [
    '  ESP8266 or ESP32 board       thermometer',
    '       EN  o---+',
    '               |      the ESP itself sleeps,',
    '      GND  o---+      its USB chip is the adapter',
    '           |',
    '           +-------------------o  battery minus',
    '   TX (*)  o-------------------o  P14   (SWS, PA7)',
    '      3V3  o-------------------o  battery plus',
    '',
    '  (*) on many boards this pin is printed RX: it is where',
    "      the USB chip's TX arrives. Try the other one too.",
  ].join('\n'),
  notes: [
    'EN to GND keeps the ESP out of the way; press its reset if the unit is not caught.',
    'For full also put 1 kOhm in the TX wire and RX on the pad.',
    VOLTS,
  ],
};

const ADAPTERS: WiringPage = {
  id: 'adapters',
  title: 'Which adapter',
  drawing: [
    '  adapter          writes        reads (full)',
    '  CH340, CH343     good          good',
    '  PL2303           good          mostly',
    '  CP2102           good          fails for many',
    '  FTDI FT232       good          never',
    '  ESP board        as its USB chip does',
    '',
    '  Linux, Windows: good.   macOS: gaps, dead screens.',
  ].join('\n'),
  notes: [
    'A LED on the RX line bends the levels: remove it or take another adapter.',
    'On a Mac use Windows in a virtual machine, or another computer.',
    'Short wires; a weak contact looks like a bad adapter.',
  ],
};

const ACTIVATION: WiringPage = {
  id: 'activation',
  title: 'Catching the chip',
  drawing: [
    '   cell OUT            cell IN            caught',
    '   (or GND off)        (or GND on)',
    '',
    '   .-----.             .-----.            .-----.',
    '   |     |  ------->   | (+) |  ------->  | ... |',
    "   '-----'   count     '-----'  at once   '-----'",
    '             down',
    '',
    '   The chip listens only just after its start.',
  ].join('\n'),
  notes: [
    'Follow the countdown; it repeats until the chip answers.',
    'A jig with pogo pins does it by itself: put the unit in, it is caught.',
    'The display goes blank or freezes while the chip is held. That is right.',
  ],
};

export const wiringPages = (settings: Settings): readonly WiringPage[] => [
  settings['ability'] === 'tx-only' ? TX_ONLY : FULL,
  ACTIVATION,
  ESP_BOARD,
  ADAPTERS,
];

import type { WiringPage } from '../flow.ts';

/** Drawn as they stand. Pinout: any 25-series SPI NOR in SOIC-8; pin 1 at the `25` end of a CH341A (spiflasher). */
export const dafangPages: readonly WiringPage[] = [
  {
    id: 'chip',
    title: 'The flash chip on the programmer (SOIC-8, 3.3 V)',
    drawing: [
      '        dot or notch: pin 1',
      '            .--------.',
      '  CS    1 --| o      |-- 8  VCC   3.3 V, never 5 V',
      '  DO    2 --|  GD25  |-- 7  HOLD  high (3.3 V)',
      '  WP    3 --|  Q127C |-- 6  CLK',
      '  GND   4 --|        |-- 5  DI',
      "            '--------'",
      '  CH341A: pin 1 at the end of the socket marked 25.',
      '  Jumper on pins 1-2 (SPI, 1a86:5512), not UART (5523).',
      '  Programmer and adapter at 3.3 V: measure VCC once.',
    ].join('\n'),
    notes: [
      'Camera unplugged, SD card out. Never power it while the programmer is on.',
      'Pin 1 of the chip to pin 1 of the programmer. WP and HOLD to 3.3 V.',
      'Wires under 10 cm. The prompt goes by itself when the chip answers.',
    ],
  },
  {
    id: 'clip',
    title: 'Clip, or chip taken off?',
    drawing: [
      '  taken off   sure. Hot air, then an SOIC-8 socket.',
      '              spiflasher: "a clip does not work".',
      '',
      '  clip        sometimes, after many tries: the clip feeds',
      '              the whole camera through VCC, and the T20',
      '              pulls at the lines.',
      '              red wire of the clip = pin 1',
    ].join('\n'),
    notes: [
      'With a clip: if the chip is not found, or two reads differ, seat it again; then take the chip off.',
      'Both reads of the backup must be equal before anything is written.',
    ],
  },
  {
    id: 'back',
    title: 'Putting the chip back',
    drawing: [
      '   read back  ->  chip off the programmer',
      '              ->  onto the board, pin 1 first',
      '              ->  console: GND - GND, RX - TX, TX - RX',
      '                  3.3 V, 115200 8N1, before the power',
      '              ->  power: U-Boot SPL 2013.07 ... Linux',
    ].join('\n'),
    notes: [
      'Only when it was read back: a chip that is half written does not start.',
      'With a console in the settings the run waits for this start and proves it; nothing is sent.',
      'Wrong Image Format for bootm command: boot is good, kernel is not. Flash demo.bin.',
    ],
  },
];

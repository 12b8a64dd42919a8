import type { WiringPage } from '../flow.ts';

export const consolePages: readonly WiringPage[] = [
  {
    id: 'console',
    title: 'The serial console: three pads, 3.3 V',
    drawing: [
      '   USB serial adapter (3.3 V)          camera, board out',
      '',
      '      GND ------------------------------- GND',
      '      RX  ------------------------------- TX',
      '      TX  ------------------------------- RX',
      '      VCC   not connected                 own power supply',
      '',
      '      115200 baud, 8N1, no flow control',
      '',
      '   the adapter at 3.3 V: measure its TX once, 5 V kills',
      '   the T20. The camera gets its power by its USB plug.',
    ].join('\n'),
    notes: [
      'Connect the console first. Give power only when the screen asks for it.',
      'Nothing heard: swap RX and TX, then check GND. Still nothing: the boot loader is gone, use dafang-spi.',
      'Leave the SD card with demo.bin in, if there is one: FAT32, first partition of 512 MB or less.',
    ],
  },
  {
    id: 'heard',
    title: 'What the console says, and what it means',
    drawing: [
      '  nothing                boot is gone, or the wires',
      '  U-Boot SPL, no more    boot is damaged: programmer',
      '  Unsupported manufact.  other flash chip: programmer',
      '  isvp_t20#              stock U-Boot at its prompt',
      '  U-Boot>                Dafang-Hacks U-Boot',
      '  Wrong Image Format     no kernel: flash demo.bin',
      '  Linux version 3.10     it boots',
      '  assign random one      para is lost: restore it',
    ].join('\n'),
    notes: [
      'Before anything is written, para and config are read and kept: without para the MAC is gone.',
      'The boot loader is never written over the console.',
    ],
  },
];

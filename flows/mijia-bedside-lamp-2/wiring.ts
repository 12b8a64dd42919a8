import type { WiringPage } from '../flow.ts';

/** How to hold GPIO0 to GND when the adapter has only one GND pin. */
export const GPIO0_WAYS = [
  {
    value: 'breadboard',
    title: 'breadboard',
    note: 'Breadboard: put GND of the adapter on a rail; run GND and GPIO0 of the lamp to that rail. Pull the GPIO0 wire to free it.',
  },
  {
    value: 'button',
    title: 'push button',
    note: 'Button: solder it between the GPIO0 and GND wires. Press and hold before power; let go when told.',
  },
  {
    value: 'hand',
    title: 'a wire held by hand',
    note: 'By hand: hold the GPIO0 wire on the metal of the GND pin before power; let go when told.',
  },
  {
    value: 'solder',
    title: 'solder bridge, to be removed',
    note: 'Solder bridge: GPIO0 to GND on the pads. REMOVE it before the power cycle at the end, or the lamp never starts.',
  },
] as const;

/** Drawn as they stand; the pads as printed on the board of the lamp. */
export function lampPages(way: string | undefined): readonly WiringPage[] {
  const chosen = GPIO0_WAYS.filter(({ value }) => value === way);
  const ways = chosen.length > 0 ? chosen : GPIO0_WAYS;
  return [
    {
      id: 'open',
      title: 'Opening the lamp',
      drawing: [
        '      bottom of the lamp',
        '     .------------------.',
        '     | (o)          (o) |   (o) screw under',
        '     |                  |       a rubber foot',
        '     |    [DC 12V in]   |',
        '     | (o)          (o) |   2 mm Allen key',
        "     '------------------'   or Torx T8",
      ].join('\n'),
      notes: [
        'Unplug the lamp. Peel off the rubber feet: a screw sits under each.',
        'Take out the four screws, then pull the bottom off bit by bit; it sits tight.',
        'The board with the pads RX, TX, GND and GPIO0 is on the inside.',
      ],
    },
    {
      id: 'wires',
      title: 'The four pads',
      drawing: [
        '  USB serial adapter         lamp (pads on the board)',
        '  jumper on 3.3 V',
        '      TXD  o--------------o  RX',
        '      RXD  o--------------o  TX',
        '      GND  o------+-------o  GND',
        "                  '-------o  GPIO0  BEFORE power",
        '      3V3  o  not connected',
        '      5V   o  not connected',
        '',
        "  Power: the lamp's OWN 12 V supply.",
        '  Never the 3.3 V pad: it is too weak for flashing.',
      ].join('\n'),
      notes: [
        'Adapter at 3.3 V. TXD goes to RX, RXD goes to TX.',
        ...ways.map(({ note }) => note),
        "Then plug in the lamp's own supply. The prompt goes by itself when the chip answers.",
      ],
    },
    {
      id: 'close',
      title: 'Closing the lamp',
      drawing: ['   wires off  ->  bottom on  ->  4 screws  ->  rubber feet'].join('\n'),
      notes: [
        'Close it only after PASS: a lamp that is UNSURE or FAIL still needs its wires.',
        'Remove a solder bridge on GPIO0.',
        'Unplug the power before the wires come off.',
      ],
    },
  ];
}

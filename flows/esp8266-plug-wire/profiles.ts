import type { WiringPage } from '../flow.ts';

/** One plug or switch: where its pads are and how GPIO0 is reached. Facts from the makers' boards as published by their users. */
export interface PlugProfile {
  readonly id: string;
  readonly title: string;
  readonly flash: string;
  readonly open: readonly string[];
  readonly drawing: string;
  readonly notes: readonly string[];
}

const FIVE_WIRES = [
  '  USB serial adapter        plug, UNPLUGGED from mains',
  '  jumper on 3.3 V',
  '      3V3  o--------------o  3V3',
  '      TXD  o--------------o  RX',
  '      RXD  o--------------o  TX',
  '      GND  o------+-------o  GND',
  "                  '-------o  GPIO0  BEFORE power",
];

export const PROFILES: readonly PlugProfile[] = [
  {
    id: 'shelly-plug-s',
    title: 'Shelly Plug S',
    flash: '2 MB',
    open: [
      'Take out the screw in the earth recess and pull the front off.',
      'The pads GND, GPIO0, 3V3, RX and TX are on the edge of the board.',
    ],
    drawing: FIVE_WIRES.join('\n'),
    notes: ['Thin wires or a pogo clip: the pads are small and close to mains parts.'],
  },
  {
    id: 'sonoff-mini',
    title: 'Sonoff Mini',
    flash: '1 MB',
    open: [
      'Prise the lid off at its seam.',
      'Marked pads: 3V3, ETX, ERX, GND on the back; GPIO0 is the pin of the button.',
    ],
    drawing: [...FIVE_WIRES.slice(0, 6), '      button held, or GPIO0 to GND, BEFORE power'].join('\n'),
    notes: ['ERX takes TXD, ETX goes to RXD.', 'The chip is an ESP8285: its flash starts only in DOUT mode.'],
  },
  {
    id: 'sonoff-basic',
    title: 'Sonoff Basic',
    flash: '1 MB',
    open: [
      'Unclip the lid. The header row lies beside the button.',
      'Counting away from the button: 3V3, RX, TX, GND.',
    ],
    drawing: [
      '  button  [#]  1   2   3   4',
      '               o   o   o   o',
      '              3V3  RX  TX  GND',
      '               |   |   |   |',
      '  adapter     3V3 TXD RXD GND    jumper on 3.3 V',
      '',
      '  GPIO0 is the button: hold it BEFORE power.',
    ].join('\n'),
    notes: ['Hold the button while the 3V3 wire is plugged in, then let go.'],
  },
  {
    id: 'gosund-sp111',
    title: 'Gosund SP111',
    flash: '1 MB',
    open: [
      'Take out the single Phillips screw at the back, then pop the top off at the translucent rim.',
      'The holes 3V3, GND, RX, TX and IO0 are on the upright board.',
    ],
    drawing: FIVE_WIRES.join('\n'),
    notes: [
      'Older SP111 boards have no holes: solder to the pads of the module.',
      'The red LED lights dimly in the loader.',
    ],
  },
];

const SAFETY = 'UNPLUG IT FROM MAINS. The ground of a plug is live: mains and adapter together kill.';

export function plugPages(profileId: string | undefined): readonly WiringPage[] {
  const profile = PROFILES.find(({ id }) => id === profileId) ?? PROFILES[0]!;
  return [
    {
      id: 'open',
      title: `Opening the ${profile.title}`,
      drawing: '  mains plug  X--- pulled out ---X  wall socket',
      notes: [SAFETY, ...profile.open],
    },
    {
      id: 'wires',
      title: `${profile.title}: wires at 3.3 V`,
      drawing: profile.drawing,
      notes: [
        SAFETY,
        ...profile.notes,
        'The 3V3 pin must give 300 mA; a weak adapter shows as MD5 mismatch.',
      ],
    },
    {
      id: 'close',
      title: 'Closing',
      drawing: '  wires off  ->  lid on  ->  screw in  ->  only then mains',
      notes: ['Take all wires off before the plug goes near a socket.'],
    },
  ];
}

import type { WiringPage } from '../flow.ts';

/** Shown while a cell is to be changed. */
export const cellPage: WiringPage = {
  id: 'cell',
  title: 'Cell and battery tab',
  drawing: [
    '   back of the thermometer',
    '  .-----------------------.',
    '  |      .---------.      |',
    '  |     /           \\     |   CR2032, plus side up',
    '  |    |      +      |    |',
    '  |     \\           /     |   fresh: 3.0 V and more',
    "  |      '---------'      |",
    '  |     lid with notch    |',
    "  '-----------------------'",
  ].join('\n'),
  notes: [
    'Lift the lid at its notch with a coin or a fingernail.',
    'New units have a plastic tab under the cell: pull it out.',
    'Put the fresh cell in with its plus side up: the unit starts and is heard within a few seconds.',
  ],
};

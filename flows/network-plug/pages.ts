import type { WiringPage } from '../flow.ts';

/** Shown while a unit waits at its own access point. */
export const accessPointPage: WiringPage = {
  id: 'access-point',
  title: 'The unit waits at its own access point',
  drawing: [
    '   phone                              unit, on mains',
    '  .------.                           .-----------.',
    '  |      | ) ) )  Wi-Fi  ( ( (       |   plug    |',
    "  '------'   name: tasmota_XXXXXX    '-----------'",
    '               or HAA-XXXXXX',
    '',
    '   XXXXXX: the last six digits of its MAC',
    '',
    '   1. join that Wi-Fi (no password)',
    '   2. open http://192.168.4.1',
    '      (HAA: http://192.168.4.1:4567)',
    '   3. give it the name and password of your Wi-Fi',
  ].join('\n'),
  notes: [
    'A dark LED is not a dead unit: new firmware does not know its LED yet.',
    'A phone may say "no internet" and leave: tell it to stay.',
    'The prompt goes by itself when the unit answers on the network.',
  ],
};

import type { WiringPage } from '../flow.ts';

/** How a unit gets into DIY mode; nothing is opened for it but on the oldest. */
export const diyModePage: WiringPage = {
  id: 'diy-mode',
  title: 'Into DIY mode',
  drawing: [
    '   unit on mains             phone or this computer',
    '  .-------------.',
    '  |  Sonoff     |  ) ) )     Wi-Fi ITEAD-XXXXXXXXXX',
    '  |     [ ]     |            password 12345678',
    "  '-----------  '            page http://10.10.7.1",
    '        ^',
    '   hold the button 5 s, until it blinks twice and once;',
    '   hold it 5 s again, until it blinks without a pause',
    '',
    '   firmware 3.3 (BASIC R3, MINI of 2019): a jumper inside,',
    '   put in OFF MAINS; then it joins the Wi-Fi sonoffDiy by',
    '   itself (password 20170618sn: make such a network)',
  ].join('\n'),
  notes: [
    'Give it the Wi-Fi of this bench on its page; that leads to the internet until it is unlocked.',
    'It must be on the network of this computer itself: its MAC is told by nothing else.',
    'From the download on it must not be unplugged until its new firmware answers.',
  ],
};

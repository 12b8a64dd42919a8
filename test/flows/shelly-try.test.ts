import { expect, it } from 'vitest';
import { practice } from './practice.ts';
import { fastClock } from '../harness/fast-clock.ts';

it('one', { timeout: 120_000 }, async () => {
  const bench = await practice({ clock: fastClock(Number(process.env.SPEED ?? 1)) });
  const zip = await bench.image('shelly-plug-s', 'mg2tasmota-ShellyPlugS');
  const target = await bench.image('shelly-plug-s', '/tasmota.bin');
  console.log(zip, target);
  const run = await bench.run({
    flowId: 'shelly-plug-s',
    link: 'virtual:shelly-plug-s?n=1',
    images: [zip, target],
    settings: { 'wifi-ssid': 'workshop', 'wifi-password': 'korrekt-horse' },
    onEvent: (event) => { if (event.type === 'log' || event.type==='outcome') console.log(JSON.stringify(event).slice(0,400)); },
  });
  console.log(run.results.get(1));
});

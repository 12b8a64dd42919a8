import { expect, it } from 'vitest';
import { practice } from './practice.ts';
import { endsOf, lastOf } from './thermometers.ts';

const DEVICE = 'tasmota-plug';

const CASES: Record<string,string> = {
};
it('faults', { timeout: 600_000 }, async () => {
  const bench = await practice();
  const target = await bench.image(DEVICE, 'tasmota-lite.bin');
  const { TASMOTA_FAULTS } = await import('../../src/virtual/plug/tasmota/faults.ts');
  const names = [...TASMOTA_FAULTS.map(f=>f.name), ...TASMOTA_FAULTS.map(f=>f.name+'-once')];
  const link = names.map((n,i)=>`virtual:${DEVICE}?unit=${i+1}&fault=${n}`);
  const run = await bench.run({ flowId: 'tasmota', link, images: [target], settings: {'wait-seconds':'20'}, assume:['wired','pilot'] });
  const ends = endsOf(run);
  for (let i=0;i<names.length;i++) { const l=lastOf(run,i+1); console.log(names[i], ends[i], '|', l.message, '|', l.evidence ?? '', l.seconds); }
});
it('states', { timeout: 600_000 }, async () => {
  const bench = await practice();
  const target = await bench.image(DEVICE, 'tasmota-lite.bin');
  const names = ['lite-9','minimal','with-password','old-6.7','old-8.5','lite-15','full-15','ap'];
  const link = names.map((n,i)=>`virtual:${DEVICE}?unit=${i+1}&state=${n}`);
  const run = await bench.run({ flowId: 'tasmota', link, images: [target], settings: {'wait-seconds':'20'}, assume:['wired','pilot','no-backup'] });
  const ends = endsOf(run);
  for (let i=0;i<names.length;i++) { const l=lastOf(run,i+1); console.log(names[i], ends[i], '|', l.message, '|', l.advice, l.evidence ?? '', l.seconds); }
});

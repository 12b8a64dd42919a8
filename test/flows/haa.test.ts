import { expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { practice } from './practice.ts';
import { endsOf, lastOf } from './thermometers.ts';
import * as sig from '../../src/virtual/plug/haa/signatures.ts';

it('states', { timeout: 300_000 }, async () => {
  console.log(Object.keys(sig));
  const bench = await practice();
  const script = await readFile(await bench.image('haa-plug', 'haa-script.json'), 'utf8');
  const mirror = path.dirname(await bench.image('haa-plug', 'otaversion'));
  const names = ['old-portal','stranded'];
  const run = await bench.run({ flowId: 'haa', link: names.map((s,i)=>`virtual:haa-plug?unit=${i+1}&state=${s}`), images: [],
   settings: { accessory: script, mirror, 'mirror-key': (sig as any).PRACTICE_PUBLIC_KEY ?? '', 'wifi-ssid': 'bench', 'wifi-password': '12345678', 'haa-minutes': '0.3' }, assume: ['wired','no-backup','pilot'] });
  for (let i=0;i<names.length;i++) { const l=lastOf(run,i+1); console.log(names[i], l.outcome, l.code, '|', l.message, '|', l.advice, l.evidence ?? '', l.seconds); }
  for (const e of run.events) if (e.type==='log' && !/^- \d+$/.test(e.text)) console.log(e.slot, e.level, e.text.slice(0,160));
});

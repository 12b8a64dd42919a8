import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuseOtherMac } from '../../flows/lywsd03mmc-ble/detect.ts';
import type { Bench } from '../../src/bench/view.ts';
import { telinkImage } from '../firmware/build-telink.ts';
import { practice } from './practice.ts';
import { endsOf, FLOW, lastOf } from './thermometers.ts';

const wait = { timeout: 60_000 };
const LINK = 'virtual:thermometer?unit=1';
const PVVX = { manufacturer: 0x1141, imageType: 0x20a, sizeBytes: 0x4004 };

describe('the proof of an update over the air', () => {
  it('is missing where nothing is heard afterwards', wait, async () => {
    const bench = await practice();
    const file = path.join(bench.folder, 'silent.bin');
    // For the virtual unit this is Zigbee firmware, by its file version: it goes off the air.
    await writeFile(file, telinkImage({ ...PVVX, fileVersion: 1, strings: 'github.com/pvvx\0\0V5.9\0' }));
    const run = await bench.run({
      flowId: FLOW,
      link: LINK,
      images: [file],
      settings: { 'listen-seconds': '3' },
    });
    expect(lastOf(run, 1)).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_NOT_HEARD', proof: [] });
  });

  it('is none where other firmware answers than what was sent', wait, async () => {
    const bench = await practice();
    const file = path.join(bench.folder, 'other.bin');
    // The virtual unit goes by the last version in the image, inspect by the one behind the name of the project.
    const strings = 'github.com/pvvx\0\0V5.9\0'.padEnd(0x300, '\0') + 'V5.7\0';
    await writeFile(file, telinkImage({ ...PVVX, fileVersion: 0x9999_3001, strings }));
    const run = await bench.run({ flowId: FLOW, link: LINK, images: [file] });
    expect(lastOf(run, 1)).toMatchObject({ outcome: 'FAIL', code: 'BOOT_OTHER_FIRMWARE' });
    expect(lastOf(run, 1).message).toContain('pvvx 5.7');
  });

  it('comes later when it is looked for again, and nothing is written for it', wait, async () => {
    const bench = await practice();
    const slotOf = (view: Bench) => view.view().batches[0]!.slots[0]!;
    let looks = 0;
    const run = await bench.run({
      flowId: FLOW,
      link: LINK,
      images: [await bench.image('thermometer', 'thermometer-pvvx.bin')],
      settings: { advertising: 'pvvx' },
      thenLookAgain: true,
      onEvent: (event, view) => {
        if (event.type === 'step' && event.step === 'reboot' && looks++ === 0) view.cancel([slotOf(view).id]);
      },
    });
    const outcomes = run.events.flatMap((event) => (event.type === 'outcome' ? [event] : []));
    expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual(['NEW_FIRMWARE_NOT_HEARD', 'PASS']);
    const proved = lastOf(run, 1);
    expect(proved).toMatchObject({ outcome: 'PASS', run: outcomes[0]!.run, proof: ['heard', 'answered'] });
    expect(proved.notDone!.join()).toContain('settings profile not applied');
  });
});

describe('a unit whose cell is low', () => {
  it('waits without a connection, and goes on when it is heard with a fresh cell', wait, async () => {
    const bench = await practice({ interactive: true });
    const asked: string[] = [];
    const run = await bench.run({
      flowId: FLOW,
      link: 'virtual:thermometer?unit=1&state=pvvx&fault=low-battery',
      images: [await bench.image('thermometer', 'thermometer-atc1441.bin')],
      assume: [],
      onEvent: (event, view) => {
        if (event.type !== 'ask') return;
        asked.push(`${event.prompt.text} (${view.view().batches[0]!.slots[0]!.vitals?.batteryPercent} %)`);
        view.perform(event.prompt.id);
      },
    });
    expect(asked).toEqual([expect.stringMatching(/^Put a fresh CR2032 into \w{6} \(it has 4 %\) \(4 %\)$/)]);
    expect(endsOf(run)).toEqual(['PASS']);
  });
});

describe('a unit that says another MAC than the one it was reached by', () => {
  it('is refused: its records would be those of another unit', () => {
    expect(() => refuseOtherMac('a4:c1:38:00:00:01', 'a4:c1:38:00:00:01')).not.toThrow();
    expect(() => refuseOtherMac('a4:c1:38:00:00:02', 'a4:c1:38:00:00:01')).toThrow(
      expect.objectContaining({ code: 'MAC_DIFFERS', outcome: 'ERROR' }),
    );
  });
});

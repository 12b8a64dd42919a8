import { describe, expect, it } from 'vitest';
import { practice } from './practice.ts';
import { smallImage, smallImageFile } from './small-image.ts';

const FLOW = 'lywsd03mmc-wire';
const QUICK = { activation: '2', listen: '5' };
const LINK = 'virtual:thermometer';

describe('a unit that was left half written', () => {
  it('by a cancel is ABORTED, and the retry needs nobody', async () => {
    const bench = await practice();
    let cancelled = false;
    const file = await bench.image('thermometer', 'thermometer-pvvx.bin');
    const { results } = await bench.run({
      flowId: FLOW,
      link: LINK,
      images: [file],
      settings: QUICK,
      onEvent: (event, running) => {
        if (cancelled || event.type !== 'progress' || event.step !== 'flash') return;
        cancelled = true;
        running.cancel([running.view().batches[0]!.slots[0]!.id]);
      },
      afterwards: async (running, done) => {
        const slot = running.view().batches[0]!.slots[0]!;
        expect(slot.settled).toMatchObject({ outcome: 'ABORTED' });
        running.retry([slot.id]);
        await done();
      },
    });
    expect(results.get(1)!.map(({ outcome }) => outcome)).toEqual(['ABORTED', 'PASS']);
  });

  it('by its power is met anew and written again in the same run', async () => {
    const bench = await practice();
    const { results } = await bench.run({
      flowId: FLOW,
      link: `${LINK}?fault=dies-at-50%25-once`,
      images: [await smallImageFile(bench.folder)],
      settings: QUICK,
    });
    const [run] = results.get(1)!;
    expect(run).toMatchObject({ outcome: 'PASS' });
    expect(run!.warnings.join()).toContain('written anew');
    const image = smallImage();
    expect((await bench.flashOf('thermometer', 1)).subarray(0, image.length)).toEqual(Buffer.from(image));
  });

  it('by its adapter is LINK_LOST, and the retry cures it', async () => {
    const bench = await practice();
    const { results } = await bench.run({
      flowId: FLOW,
      link: `${LINK}?fault=unplugged-at-50%25-once`,
      images: [await smallImageFile(bench.folder)],
      settings: QUICK,
      afterwards: async (running, done) => {
        running.retry([running.view().batches[0]!.slots[0]!.id]);
        await done();
      },
    });
    expect(results.get(1)!.map(({ code, outcome }) => code ?? outcome)).toEqual(['LINK_LOST', 'PASS']);
  });
});

it('where the lines are wired nobody is asked for anything', async () => {
  const bench = await practice();
  const { results } = await bench.run({
    flowId: FLOW,
    link: `${LINK}?wiring=full-lines&fault=asleep`,
    images: [await smallImageFile(bench.folder)],
    settings: QUICK,
    assume: [],
  });
  expect(results.get(1)![0]).toMatchObject({ outcome: 'PASS', proof: ['read back', 'heard'] });
});

it('where they are not, and nobody is there, it says what somebody has to do', async () => {
  const bench = await practice();
  const { results } = await bench.run({
    flowId: FLOW,
    link: `${LINK}?fault=asleep`,
    images: [await smallImageFile(bench.folder)],
    settings: QUICK,
    assume: [],
  });
  expect(results.get(1)![0]).toMatchObject({
    outcome: 'ERROR',
    code: 'OPERATOR_NEEDED',
    bytesWritten: 0,
    message: expect.stringContaining('battery') as string,
  });
});

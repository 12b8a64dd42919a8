import { describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import { done } from '../../flows/flow.ts';
import { macOf, scriptedFlow, testBench, until } from './scripted-flow.ts';

const PASSWORD = 'correct horse';
const TOKEN = '0123456789abcdef01234567';

/** Says its secrets wherever a flow can say something. */
const talkative = scriptedFlow(
  {
    detect: async (run) => {
      await run.identify({ mac: macOf(run) });
      await run.keepSecret('token', TOKEN);
      run.log('info', `joins with ${run.settings['wifi-password'] ?? ''} and ${TOKEN}`);
      run.warn(`still holds ${TOKEN}`);
      run.progress({ label: `sends ${TOKEN}`, done: 1, total: 2, unit: 'bytes' });
      return done;
    },
    'wire-check': async (run) => {
      const prompt = run.operator.act({ act: 'cycle-battery', title: `Type ${PASSWORD} into it` });
      prompt.update(`heard ${TOKEN}`);
      // Those who look are told at the end of the turn.
      await new Promise((resolve) => setImmediate(resolve));
      await run.operator.ask({
        id: 'q',
        text: `Is ${PASSWORD} right?`,
        choices: [{ value: 'y', title: PASSWORD }],
      });
      return done;
    },
    verify: () => {
      throw new BenchError('VERIFY_MISMATCH', {
        message: `The unit holds ${PASSWORD}.`,
        advice: `Set ${PASSWORD} anew.`,
        detail: { token: TOKEN },
      });
    },
  },
  { warnings: () => [`the password is ${PASSWORD}`] },
);

describe('secrets of settings, and those a flow names', () => {
  it('reach neither view, log nor events', async () => {
    const { start, bench, events } = await testBench(talkative, { interactive: true });
    const seen: string[] = [];
    const look = () => seen.push(JSON.stringify([bench.view(), bench.log('B-0001/1')]));
    bench.subscribe(look);
    const id = await start({ settings: { 'wifi-password': PASSWORD } });
    const question = () => bench.view().batches[0]?.slots[0]?.prompt;
    await until(bench, () => question()?.kind === 'question');
    look();
    bench.answer(question()!.id, 'y');
    await bench.whenDone(id);
    look();

    const told = `${seen.join('\n')}\n${JSON.stringify(events)}`;
    const said = ['joins with [redacted] and [redacted]', 'The unit holds [redacted].', 'heard [redacted]'];
    expect(said.filter((text) => !told.includes(text))).toEqual([]);
    expect([PASSWORD, TOKEN].filter((secret) => told.includes(secret))).toEqual([]);
  });

  it('are not in a dry run either', async () => {
    const { bench } = await testBench(talkative);
    const request = { flowId: 'scripted', task: 'flash', links: [], files: [], assume: [] } as const;
    const plan = await bench.plan({
      ...request,
      links: [{ kind: 'virtual', text: 'virtual:test#1' }],
      settings: { 'wifi-password': PASSWORD },
    });
    expect(plan.warnings).toEqual(['the password is [redacted]']);
  });
});

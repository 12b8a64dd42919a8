import { describe, expect, it, onTestFinished } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import { done, type RunContext, type StepResult } from '../../flows/flow.ts';
import { passed, scriptedFlow, testBench, until } from './scripted-flow.ts';

/** A promise that the test lets go. */
function gate() {
  let open!: () => void;
  const passedThrough = new Promise<void>((resolve) => (open = resolve));
  onTestFinished(() => open());
  return { open: () => open(), passedThrough };
}
const unitOf = (run: RunContext) => run.link.virtual!.unit;

/** Comes to the pilot's gate in the order of the places, so that place 1 goes first. */
function inOrder() {
  const came: ReturnType<typeof gate>[] = [];
  const cameOf = (unit: number) => (came[unit] ??= gate());
  return async (run: RunContext, group: string) => {
    if (unitOf(run) > 1) await cameOf(unitOf(run) - 1).passedThrough;
    const free = run.pilotFirst(group);
    cameOf(unitOf(run)).open();
    await free;
  };
}

/** Units that go through the pilot gate before they write; `ends` decides what becomes of each. */
function pilotFlow(ends: (run: RunContext) => Promise<StepResult>, model = (_: RunContext) => 'plug') {
  const written: number[] = [];
  const pilotFirst = inOrder();
  const flow = scriptedFlow({
    flash: async (run) => {
      await pilotFirst(run, model(run));
      await run.writeBegins();
      written.push(unitOf(run));
      return done;
    },
    reboot: ends,
  });
  return { flow, written };
}
const slotsOf = (bench: Awaited<ReturnType<typeof testBench>>['bench']) => bench.view().batches[0]!.slots;
const fail = () => Promise.reject(new BenchError('VERIFY_MISMATCH'));

describe('pilot first', () => {
  it('holds the others back until the first unit of their model is proved', async () => {
    const pilot = gate();
    const { flow, written } = pilotFlow(async (run) => {
      if (unitOf(run) === 1) await pilot.passedThrough;
      return passed;
    });
    const { start, bench } = await testBench(flow);
    const id = await start({ link: 'virtual:test?n=4' });
    await until(bench, () => bench.view().batches[0]!.pilots[0]?.waiting === 3 && written.length === 1);
    expect(written).toEqual([1]);
    expect(bench.view().batches[0]!.pilots).toEqual([
      { group: 'plug', slotId: `${id}/1`, label: 'test#1', state: 'flying', waiting: 3 },
    ]);
    expect(slotsOf(bench)[2]).toMatchObject({ state: 'running', waitReason: 'waits for test#1, the pilot' });
    pilot.open();
    await bench.whenDone(id);
    expect(bench.view().batches[0]!.counts.outcomes.PASS).toBe(4);
    expect(slotsOf(bench)[2]!.waitReason).toBeUndefined();
  });

  it('has a pilot for each model', async () => {
    const pilots = gate();
    const { flow, written } = pilotFlow(
      async (run) => {
        if (unitOf(run) <= 2) await pilots.passedThrough;
        return passed;
      },
      (run) => (unitOf(run) % 2 === 1 ? 'odd' : 'even'),
    );
    const { start, bench } = await testBench(flow);
    const id = await start({ link: 'virtual:test?n=4' });
    const waiting = () =>
      bench
        .view()
        .batches[0]!.pilots.map((pilot) => pilot.waiting)
        .join();
    await until(bench, () => waiting() === '1,1' && written.length === 2);
    expect(written.sort()).toEqual([1, 2]);
    pilots.open();
    await bench.whenDone(id);
  });

  it('lets the others start when the pilot says that it has shown enough', async () => {
    const pilot = gate();
    const { flow, written } = pilotFlow(async (run) => {
      if (unitOf(run) !== 1) return passed;
      run.pilotThrough('written, waiting at AP tasmota_A1B2C3');
      await pilot.passedThrough;
      return passed;
    });
    const { start, bench } = await testBench(flow);
    const id = await start({ link: 'virtual:test?n=3' });
    await until(bench, () => written.length === 3);
    expect(slotsOf(bench)[0]!.state).toBe('running');
    expect(bench.view().batches[0]!.pilots[0]).toMatchObject({
      state: 'through',
      reason: 'written, waiting at AP tasmota_A1B2C3',
    });
    pilot.open();
    await bench.whenDone(id);
  });

  it('gives the place of a pilot that ended untouched to the next unit', async () => {
    const pilotFirst = inOrder();
    const flow = scriptedFlow({
      flash: async (run) => {
        await pilotFirst(run, 'plug');
        if (unitOf(run) === 1) throw new BenchError('ABORTED');
        await run.writeBegins();
        return done;
      },
    });
    const { run, bench } = await testBench(flow);
    await run({ link: 'virtual:test?n=3' });
    expect(slotsOf(bench).map(({ settled }) => settled!.outcome)).toEqual(['ABORTED', 'PASS', 'PASS']);
    expect(bench.view().batches[0]!.pilots[0]!.label).toBe('test#2');
  });

  it('without a screen leaves the others untouched when the pilot was changed and did not pass', async () => {
    const { flow, written } = pilotFlow(fail);
    const { run, bench } = await testBench(flow);
    await run({ link: 'virtual:test?n=3' });
    expect(written).toEqual([1]);
    expect(slotsOf(bench).map(({ settled }) => [settled!.outcome, settled!.code])).toEqual([
      ['FAIL', 'VERIFY_MISMATCH'],
      ['ERROR', 'OPERATOR_NEEDED'],
      ['ERROR', 'OPERATOR_NEEDED'],
    ]);
    expect(slotsOf(bench)[1]!.settled!.advice).toContain('--assume pilot');
    expect(slotsOf(bench)[1]!.settled!.message).toContain('test#1');
  });

  it('asks the operator once, and leaves the others or lets them go as answered', async () => {
    for (const [answer, outcome] of [
      ['leave', 'SKIPPED'],
      ['pilot', 'FAIL'],
    ] as const) {
      const { flow } = pilotFlow(fail);
      const { start, bench } = await testBench(flow, { interactive: true });
      const id = await start({ link: 'virtual:test?n=3' });
      await until(bench, () => slotsOf(bench).filter(({ prompt }) => prompt).length === 2);
      const [first, second] = slotsOf(bench).flatMap(({ prompt }) => (prompt ? [prompt] : []));
      expect(first!.id).toBe(second!.id);
      bench.answer(first!.id, answer);
      await bench.whenDone(id);
      expect(slotsOf(bench).map(({ settled }) => settled!.outcome)).toEqual(['FAIL', outcome, outcome]);
      if (answer === 'leave') expect(slotsOf(bench)[2]!.settled!.code).toBe('PILOT_FAILED');
      if (answer === 'pilot') expect(slotsOf(bench)[2]!.settled!.warnings.join()).toContain('pilot');
    }
  });

  it('takes the question back when the pilot passes in a second try', async () => {
    let tries = 0;
    const { flow } = pilotFlow(async (run) => {
      if (unitOf(run) === 1 && ++tries === 1) throw new BenchError('VERIFY_MISMATCH');
      return passed;
    });
    const { start, bench } = await testBench(flow, { interactive: true });
    const id = await start({ link: 'virtual:test?n=3' });
    await until(bench, () => slotsOf(bench).filter(({ prompt }) => prompt).length === 2);
    bench.retry([`${id}/1`]);
    await bench.whenDone(id);
    expect(bench.view().batches[0]!.counts.outcomes.PASS).toBe(3);
    expect(slotsOf(bench).some(({ prompt }) => prompt !== undefined)).toBe(false);
  });

  it('lets all go when it was waived by name, and every record says so', async () => {
    const pilot = gate();
    const { flow, written } = pilotFlow(async (run) => {
      if (unitOf(run) === 1) await pilot.passedThrough;
      return passed;
    });
    const { start, bench } = await testBench(flow, { interactive: true });
    const id = await start({ link: 'virtual:test?n=3' });
    await until(bench, () => bench.view().batches[0]!.pilots[0]?.waiting === 2);
    bench.waivePilot(id);
    await until(bench, () => written.length === 3);
    pilot.open();
    await bench.whenDone(id);
    expect(slotsOf(bench)[1]!.settled!.warnings.join()).toContain('without waiting');

    const second = await testBench(flow);
    await second.run({ link: 'virtual:test?n=2', assume: ['pilot'] });
    expect(slotsOf(second.bench)[0]!.settled!.warnings.join()).toContain('without waiting');
  });

  it('can be cancelled while it waits', async () => {
    const pilot = gate();
    const { flow } = pilotFlow(async (run) => {
      if (unitOf(run) === 1) await pilot.passedThrough;
      return passed;
    });
    const { start, bench } = await testBench(flow);
    const id = await start({ link: 'virtual:test?n=2' });
    await until(bench, () => bench.view().batches[0]!.pilots[0]?.waiting === 1);
    bench.cancel([`${id}/2`]);
    await until(bench, () => slotsOf(bench)[1]!.settled !== undefined);
    expect(slotsOf(bench)[1]!.settled!.outcome).toBe('ABORTED');
    pilot.open();
    await bench.whenDone(id);
  });
});

import { describe, expect, it } from 'vitest';
import { parseLinks } from '../../src/core/link.ts';
import { BenchError } from '../../src/core/errors.ts';
import { done, settle, type RunContext } from '../../flows/flow.ts';
import { macOf, scriptedFlow, testBench, until } from './scripted-flow.ts';

describe('a batch', () => {
  it('takes every unit through the steps and counts units', async () => {
    const { run, bench, events, awake } = await testBench(scriptedFlow());
    await run({ link: 'virtual:test?n=3' });
    const batch = bench.view().batches[0]!;
    expect(batch.counts.outcomes.PASS).toBe(3);
    expect(
      batch.slots.map(({ settled }) => [settled?.outcome, settled?.bytesWritten, settled?.tries]),
    ).toEqual(Array(3).fill(['PASS', 4, 1]));
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(18);
    expect(events.at(-1)).toMatchObject({ type: 'summary', units: 3, counts: { PASS: 3, FAIL: 0 } });
    expect(awake).toEqual({ held: 0, acquired: 3 });
  });

  it('does not let one failure touch the other slots', async () => {
    const { run, bench } = await testBench(
      scriptedFlow({
        verify: (context) => {
          if (context.link.virtual!.unit === 2) throw new BenchError('VERIFY_MISMATCH');
          return done;
        },
      }),
    );
    await run({ link: 'virtual:test?n=3' });
    expect(bench.view().batches[0]!.slots.map(({ settled }) => settled!.outcome)).toEqual([
      'PASS',
      'FAIL',
      'PASS',
    ]);
  });

  it('works on no more units at once than asked', async () => {
    const { run, bench } = await testBench(scriptedFlow());
    let most = 0;
    bench.subscribe(() => {
      most = Math.max(most, bench.view().batches[0]!.counts.running);
    });
    await run({ link: 'virtual:test?n=6', parallel: 2 });
    expect(most).toBe(2);
    expect(bench.view().batches[0]!.counts.outcomes.PASS).toBe(6);
  });
});

describe('places that nobody gave a name', () => {
  it('are called so that those of several batches are not mistaken', async () => {
    const { run, bench } = await testBench(scriptedFlow({}, { linkKinds: ['virtual', 'ble', 'serial'] }));
    const links = ['virtual:test?n=2', 'ble:a4:c1:38:00:11:22', '/dev/ttyUSB0'].flatMap(parseLinks);
    await run({ links });
    expect(bench.view().batches[0]!.slots.map(({ label }) => label)).toEqual([
      'test#1',
      'test#2',
      '001122',
      'slot 4',
    ]);
  });
});

describe('the records of a batch that goes on', () => {
  it('count the slots at work as running before any unit has answered', async () => {
    let go: () => void = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    let atWork = 0;
    let bothAtWork: () => void = () => {};
    const both = new Promise<void>((resolve) => (bothAtWork = resolve));
    const { run, records } = await testBench(
      scriptedFlow({
        detect: async (context) => {
          if (++atWork === 2) bothAtWork();
          await held;
          await context.identify({ mac: macOf(context) });
          return done;
        },
      }),
    );
    const ended = run({ link: 'virtual:test?n=3', parallel: 2 });
    await both;
    expect((await records.results()).batch).toMatchObject({
      state: 'running',
      running: 2,
      waiting: 1,
      notStarted: 0,
    });
    go();
    await ended;
    expect((await records.results()).batch).toMatchObject({ state: 'finished', running: 0, units: 3 });
  });
});

describe('the guard before flash', () => {
  it('lets no unit through whose backup was not checked', async () => {
    let flashed = false;
    const { run, outcomes } = await testBench(
      scriptedFlow({ backup: () => done, flash: () => ((flashed = true), done) }),
    );
    await run();
    expect(outcomes()).toEqual(['BACKUP_REQUIRED']);
    expect(flashed).toBe(false);
  });

  it('lets it through where its absence was accepted by name, and the record says so', async () => {
    const { run, bench } = await testBench(
      scriptedFlow({
        backup: (context) => {
          context.goWithoutBackup('the chip cannot be read');
          return done;
        },
      }),
    );
    await run();
    expect(bench.view().batches[0]!.slots[0]!.settled).toMatchObject({
      outcome: 'PASS',
      notDone: ['no backup: the chip cannot be read'],
    });
  });

  it('counts the backup of the unit that is there, not of the one before', async () => {
    const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
    let backups = 0;
    const { run, outcomes } = await testBench(
      scriptedFlow({
        detect: async (context) => {
          await context.identify({ mac: macs[Math.min(backups, 1)]! });
          return done;
        },
        backup: async (context) => {
          backups += 1;
          if (backups > 1) return done;
          const writer = await context.backups.create('full-flash', 1);
          await writer.append(Uint8Array.of(1));
          await writer.commit();
          return done;
        },
        flash: async (context) => {
          await context.identify({ mac: macs[1]! });
          return done;
        },
      }),
    );
    await run();
    expect(outcomes()).toEqual(['UNIT_SWAPPED', 'BACKUP_REQUIRED']);
  });
});

describe('identity', () => {
  it('ends the later of two slots that reach one unit before its backup', async () => {
    const gate = deferred();
    const { start, bench, outcomes } = await testBench(
      scriptedFlow({
        detect: async (context) => {
          if (context.link.virtual!.unit === 2) await gate.promise;
          await context.identify({ mac: '02:00:00:00:00:aa' });
          return done;
        },
        'wire-check': async (context) => {
          gate.resolve(undefined);
          await until(bench, () => bench.view().batches[0]!.slots[1]!.state === 'settled');
          void context;
          return done;
        },
      }),
    );
    const id = await start({ link: 'virtual:test?n=2' });
    await bench.whenDone(id);
    expect(outcomes()).toEqual(['SAME_UNIT', 'PASS']);
  });

  it('settles the run of a unit that was taken away and starts one for the unit that answers now', async () => {
    let contacts = 0;
    const { run, bench } = await testBench(
      scriptedFlow({
        detect: async (context) => {
          contacts += 1;
          await context.identify({ mac: `02:00:00:00:00:0${contacts}` });
          return done;
        },
        verify: async (context) => {
          if (contacts === 1) await context.identify({ mac: '02:00:00:00:00:02' });
          return done;
        },
      }),
    );
    await run();
    const batch = bench.view().batches[0]!;
    expect(batch.slots[0]!.earlier.map(({ code, identity }) => [code, identity.mac])).toEqual([
      ['UNIT_SWAPPED', '02:00:00:00:00:01'],
    ]);
    expect(batch.slots[0]!.settled).toMatchObject({
      outcome: 'PASS',
      identity: { mac: '02:00:00:00:00:02' },
    });
    expect(batch.counts.outcomes).toMatchObject({ PASS: 1, ERROR: 1 });
  });
});

describe('retry, skip, cancel, look again', () => {
  it('counts the last run of a unit that was retried', async () => {
    let tries = 0;
    const { run, bench } = await testBench(
      scriptedFlow({
        flash: async (context) => {
          await context.writeBegins();
          if (++tries === 1) throw new BenchError('LOADER_SILENT');
          return done;
        },
      }),
    );
    const id = await run();
    expect(bench.view().batches[0]!.counts.outcomes.ERROR).toBe(1);
    bench.retry([`${id}/1`]);
    await bench.whenDone(id);
    const batch = bench.view().batches[0]!;
    expect(batch.counts.outcomes).toMatchObject({ PASS: 1, ERROR: 0 });
    expect(batch.slots[0]!.settled!.tries).toBe(2);
  });

  it('cancels at the next safe point and says ABORTED whatever the step then threw', async () => {
    const { start, bench, outcomes } = await testBench(
      scriptedFlow({
        flash: (context) =>
          new Promise((_, reject) => {
            context.signal.addEventListener('abort', () => reject(new BenchError('LOADER_SILENT')));
            bench.cancel([`${bench.view().batches[0]!.id}/1`]);
          }),
      }),
    );
    await bench.whenDone(await start());
    expect(outcomes()).toEqual(['ABORTED']);
  });

  it('cancels slots that wait for their turn', async () => {
    const { start, bench, outcomes } = await testBench(
      scriptedFlow({
        detect: (context) =>
          new Promise((_, reject) => {
            context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
          }),
      }),
    );
    const id = await start({ link: 'virtual:test?n=3', parallel: 1 });
    bench.cancel([`${id}/1`, `${id}/2`, `${id}/3`]);
    await bench.whenDone(id);
    expect(outcomes()).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
  });

  it('skips before the first write only', async () => {
    const { start, bench, outcomes } = await testBench(
      scriptedFlow({
        'wire-check': (context) =>
          new Promise((_, reject) => {
            context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
            bench.skip([`${bench.view().batches[0]!.id}/1`]);
          }),
      }),
    );
    await bench.whenDone(await start());
    expect(outcomes()).toEqual(['SKIPPED_BY_OPERATOR']);

    const second = await testBench(
      scriptedFlow({
        flash: async (context) => {
          await context.writeBegins();
          second.bench.skip([`${second.bench.view().batches[0]!.id}/1`]);
          expect(context.signal.aborted).toBe(false);
          return done;
        },
      }),
    );
    await second.run();
    expect(second.outcomes()).toEqual(['PASS']);
  });

  it('makes an UNSURE unit PASS when its proof is seen later, in the same record', async () => {
    const unsure = settle({ outcome: 'UNSURE', code: 'BOOT_NOT_SEEN', message: 'not seen', proof: [] });
    const { run, bench } = await testBench(scriptedFlow({ reboot: () => unsure }));
    const id = await run();
    const first = bench.view().batches[0]!.slots[0]!.settled!;
    bench.lookAgain([`${id}/1`]);
    await bench.whenDone(id);
    const batch = bench.view().batches[0]!;
    expect(batch.slots[0]!.settled).toMatchObject({ outcome: 'PASS', run: first.run, bytesWritten: 4 });
    expect(batch.counts.outcomes).toMatchObject({ PASS: 1, UNSURE: 0 });
  });
});

describe('a unit that was left half written', () => {
  it('says so in its record', async () => {
    const { run, bench } = await testBench(
      scriptedFlow({
        flash: async (context) => {
          await context.writeBegins();
          throw new BenchError('LINK_LOST');
        },
      }),
    );
    await run();
    expect(bench.view().batches[0]!.slots[0]!.settled!.notDone).toEqual([
      'a write had begun and was not finished and checked',
    ]);
  });
});

describe('the operator', () => {
  const asking = (context: RunContext) =>
    context.operator.ask({
      id: 'no-backup',
      text: 'No backup can be had.',
      choices: [
        { value: 'skip', title: 'skip' },
        { value: 'no-backup', title: 'go on' },
      ],
      assume: 'no-backup',
      assumed: 'no-backup',
    });

  it('fails a slot at once when nobody is there, naming the word that answers', async () => {
    const { run, bench } = await testBench(
      scriptedFlow({ detect: async (context) => (await asking(context), done) }),
    );
    await run();
    const settled = bench.view().batches[0]!.slots[0]!.settled!;
    expect(settled.code).toBe('OPERATOR_NEEDED');
    expect(settled.advice).toContain('--assume no-backup');
  });

  it('takes the assumed answer', async () => {
    let answer = '';
    const { run, outcomes } = await testBench(
      scriptedFlow({
        detect: async (context) => (
          (answer = await asking(context)),
          context.identify({ mac: macOf(context) }).then(() => done)
        ),
      }),
    );
    await run({ assume: ['no-backup'] });
    expect([answer, ...outcomes()]).toEqual(['no-backup', 'PASS']);
  });

  it('is asked once for all slots of a batch', async () => {
    const answers: string[] = [];
    const { start, bench } = await testBench(
      scriptedFlow({
        'wire-check': async (context) => {
          answers.push(await asking(context));
          return done;
        },
      }),
      { interactive: true },
    );
    const id = await start({ link: 'virtual:test?n=3' });
    await until(bench, () => bench.view().batches[0]!.counts.needsOperator === 3);
    const ids = new Set(bench.view().batches[0]!.slots.map(({ prompt }) => prompt!.id));
    expect(ids.size).toBe(1);
    bench.answer([...ids][0]!, 'no-backup');
    await bench.whenDone(id);
    expect(answers).toEqual(['no-backup', 'no-backup', 'no-backup']);
  });

  it('is shown an act without an answer key: it goes when the device answers', async () => {
    const heard = deferred();
    const counted = deferred();
    const { start, bench } = await testBench(
      scriptedFlow({
        'wire-check': async (context) => {
          const prompt = context.operator.act({ act: 'power-into-loader', title: 'Ground GPIO0' });
          prompt.update('battery out', { word: 'OUT', secondsLeft: 3 });
          await counted.promise;
          prompt.update('nothing heard');
          await heard.promise;
          prompt.done('let go');
          return done;
        },
      }),
      { interactive: true },
    );
    const id = await start();
    const prompt = () => bench.view().batches[0]!.slots[0]!.prompt;
    await until(bench, () => prompt()?.countdown !== undefined);
    expect(prompt()).toMatchObject({ finding: 'battery out', countdown: { word: 'OUT', secondsLeft: 3 } });
    counted.resolve(undefined);
    await until(bench, () => prompt()?.finding === 'nothing heard');
    expect(prompt()).not.toHaveProperty('countdown');
    const slot = bench.view().batches[0]!.slots[0]!;
    bench.answer(slot.prompt!.id, 'anything');
    expect(bench.view().batches[0]!.slots[0]!.state).toBe('needs-operator');
    heard.resolve(undefined);
    await bench.whenDone(id);
    expect(bench.view().batches[0]!.slots[0]!.prompt).toBeUndefined();
  });
});

describe('cycle mode', () => {
  it('takes unit after unit in one slot, and leaves a unit alone that is done already', async () => {
    const macs = ['01', '01', '02', '03'].map((last) => `02:00:00:00:00:${last}`);
    let contacts = 0;
    const { run, bench, outcomes } = await testBench(
      scriptedFlow({
        detect: async (context) => {
          await context.identify({ mac: macs[contacts++]! });
          return done;
        },
      }),
    );
    await run({ link: 'virtual:test?jig&n=3', cycle: true });
    expect(outcomes()).toEqual(['PASS', 'PASS', 'PASS']);
    expect(contacts).toBe(4);
    expect(bench.view().batches[0]!.counts.outcomes.PASS).toBe(3);
  });

  it('ends when the operator says so', async () => {
    const { start, bench } = await testBench(
      scriptedFlow(
        {},
        {
          awaitNextUnit: (_: unknown, context: RunContext) =>
            new Promise<void>((_resolve, reject) => {
              context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
            }),
        },
      ),
    );
    const id = await start({ cycle: true });
    await until(bench, () => bench.view().batches[0]!.slots[0]!.state === 'take-out');
    bench.finishCycle(id);
    await bench.whenDone(id);
    expect(bench.view().batches[0]!.slots[0]!.settled?.outcome).toBe('PASS');
  });
});

describe('a computer that slept', () => {
  it('looks at the unit again instead of judging it', async () => {
    let tries = 0;
    const { run, bench, outcomes } = await testBench(
      scriptedFlow({
        'wire-check': () => {
          if (++tries > 1) return done;
          bench.clockJumped(3_600_000);
          throw new BenchError('LOADER_SILENT');
        },
      }),
    );
    await run();
    expect(outcomes()).toEqual(['LOADER_SILENT', 'PASS']);
    expect(bench.view().batches[0]!.counts.outcomes).toMatchObject({ PASS: 1, ERROR: 0 });
  });

  it('does not excuse what the device did', async () => {
    const { run, bench, outcomes } = await testBench(
      scriptedFlow({
        verify: () => {
          bench.clockJumped(3_600_000);
          throw new BenchError('VERIFY_MISMATCH');
        },
      }),
    );
    await run();
    expect(outcomes()).toEqual(['VERIFY_MISMATCH']);
  });
});

describe('links', () => {
  it('are opened by one slot at a time, over all batches', async () => {
    const hold = deferred();
    const { start, bench, outcomes } = await testBench(
      scriptedFlow({
        detect: async (context) => (
          await hold.promise,
          context.identify({ mac: macOf(context) }).then(() => done)
        ),
      }),
    );
    const first = await start();
    const second = await start();
    await bench.whenDone(second);
    expect(outcomes()).toEqual(['PORT_BUSY']);
    hold.resolve(undefined);
    await bench.whenDone(first);
    expect(outcomes()).toEqual(['PORT_BUSY', 'PASS']);
  });
});

function deferred() {
  let resolve!: (value: unknown) => void;
  const promise = new Promise((settled) => (resolve = settled));
  return { promise, resolve };
}

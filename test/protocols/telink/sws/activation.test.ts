import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BenchError } from '../../../../src/core/errors.ts';
import { FullWire } from '../../../../src/protocols/telink/sws/index.ts';
import { ManualClock } from '../../../harness/manual-clock.ts';
import { dataFile } from '../../../firmware/real-files.ts';
import { FakeBench } from './fake-bench.ts';
import { meetFull, meetTxOnly, noise } from './meet.ts';
import { receiverHears } from './waveform.ts';

const vectorFile = dataFile('telink/swire-vectors.json');

describe.skipIf(!existsSync(vectorFile))('the fake chip (needs ../shared/data)', () => {
  it('answers as the public decoder expects, when its speed fits', () => {
    const { readReplies } = (existsSync(vectorFile) ? JSON.parse(readFileSync(vectorFile, 'utf8')) : {}) as {
      readReplies: { value: number; rx: string }[];
    };
    for (const { value, rx } of readReplies)
      expect(Buffer.from(receiverHears(value, 2).map(({ character }) => character)).toString('hex')).toBe(rx);
  });
});

describe('catching a chip', () => {
  it('that listens: chip id, CPU stopped, watchdog off, in a fraction of the window', async () => {
    const { wire, run, bench, events, activation, clock } = await meetFull();
    expect(await run(wire.activate(activation({ windowMs: 5000 })))).toEqual({
      id: 0x5562,
      revision: 2,
      description: 'TLSR825x (revision 2)',
    });
    expect(bench.chip.isStopped).toBe(true);
    expect(bench.chip.timers & 0x08).toBe(0);
    expect(events.at(-1)?.kind).toBe('answered');
    expect(clock.monotonicMs()).toBeLessThan(1500);
  });

  it('that listens only for a moment after its battery came', async () => {
    const { wire, run, bench, events, activation } = await meetFull({ latencyMs: 2 });
    bench.chip.listensWhileRunning = (atMs) => atMs > 3700 && atMs < 3760;
    await run(wire.activate(activation({ batteryOutMs: 2000, windowMs: 3000 })));
    expect(
      events.map((event) => ('secondsLeft' in event ? `${event.kind} ${event.secondsLeft}` : event.kind)),
    ).toEqual(['window-opens', 'battery-out 2', 'battery-out 1', 'battery-in 3', 'battery-in 2', 'answered']);
  });

  it('in the third window, with the lines pulsed at the start of each', async () => {
    const { wire, run, bench, events, activation } = await meetFull({ hasControlLines: true });
    bench.chip.listensWhileRunning = (atMs) => atMs > 2000;
    bench.lines.length = 0;
    await run(wire.activate(activation({ windows: 5, resetBy: 'lines' })));
    expect(events.filter(({ kind }) => kind === 'window-opens')).toEqual([
      { kind: 'window-opens', window: 1, baudRate: 460_800 },
      { kind: 'window-opens', window: 2, baudRate: 460_800 },
      { kind: 'window-opens', window: 3, baudRate: 921_600 },
    ]);
    expect(bench.lines.slice(0, 2)).toEqual([
      { dtr: true, rts: true },
      { dtr: false, rts: false },
    ]);
  });

  it('in an empty jig, whenever the unit comes, until it is cancelled', async () => {
    const { wire, run, bench, activation } = await meetFull();
    bench.chip.listensWhileRunning = (atMs) => atMs > 9000 && atMs < 9050;
    expect(await run(wire.activate(activation({ windows: Infinity })))).toMatchObject({ id: 0x5562 });

    bench.chip.isStopped = false;
    bench.chip.listensWhileRunning = () => false;
    const cancel = new AbortController();
    const options = activation({
      windows: Infinity,
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.kind === 'window-opens' && event.window === 4) cancel.abort();
      },
    });
    await expect(run(wire.activate(options))).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('spends nine tenths of the window on the flood', async () => {
    const { wire, run, bench, activation } = await meetFull({ latencyMs: 1 });
    let free = 0;
    let flooded = 0;
    bench.chip.listensWhileRunning = () => false;
    const { hear } = bench.chip;
    bench.chip.hear = (character, baudRate, atMs) => {
      if (atMs - free < 1) flooded += atMs - free;
      free = atMs;
      return hear.call(bench.chip, character, baudRate, atMs);
    };
    await expect(run(wire.activate(activation({ windowMs: 5000 })))).rejects.toThrow();
    expect(flooded).toBeGreaterThan(0.9 * 5000);
  });

  it.each([
    [16, 460_800],
    [24, 460_800],
    [48, 921_600],
    [32, 921_600],
  ])('at %i MHz is read at %i baud', async (clockMHz, baudRate) => {
    const { wire, run, bench, activation } = await meetFull();
    bench.chip.clockMHz = clockMHz;
    expect(await run(wire.activate(activation()))).toMatchObject({ id: 0x5562 });
    expect(wire.baudRate).toBe(baudRate);
  });

  it('at a clock nobody expects is found by searching', async () => {
    const { wire, run, bench, activation, logged } = await meetFull();
    bench.chip.clockMHz = 19.5;
    await run(wire.activate(activation()));
    expect(logged.join()).toContain('searching its speed');
  });

  it('at the next rate, where the port does not take the first', async () => {
    const bench = new FakeBench(new ManualClock());
    bench.refusedBauds.add(460_800);
    bench.baudRate = 115_200;
    const wire = await FullWire.open(bench, { clock: new ManualClock() });
    expect(wire.baudRate).toBe(921_600);
  });
});

describe('nobody is caught', () => {
  it('a chip that sleeps: SWS_NO_ANSWER, which names every cause', async () => {
    const { wire, run, bench, activation } = await meetFull();
    bench.chip.listensWhileRunning = () => false;
    const error = await run(wire.activate(activation()).catch((caught: unknown) => caught));
    expect(error).toMatchObject({ code: 'SWS_NO_ANSWER', outcome: 'ERROR' });
    for (const cause of ['power', 'P14', 'watchdog', 'output'])
      expect((error as BenchError).message).toContain(cause);
  });

  it('no RX wire: NO_ECHO at once, never another ability', async () => {
    const { wire, run, bench, activation } = await meetFull({ wiring: 'tx-only' });
    await expect(run(wire.activate(activation()))).rejects.toMatchObject({ code: 'NO_ECHO', blame: 'bench' });
    expect(bench.written.length).toBeLessThan(3);
  });

  it('an LED on RX: ECHO_GARBLED', async () => {
    const { wire, run, bench, activation } = await meetFull();
    bench.hears = (character) => character | 0x01;
    await expect(run(wire.checkEcho())).rejects.toMatchObject({
      code: 'ECHO_GARBLED',
      detail: { sent: 10, heard: 10, firstChangedAt: 0 },
    });
    await expect(run(wire.activate(activation()))).rejects.toMatchObject({ code: 'ECHO_GARBLED' });
  });

  it('firmware that uses the pin as an output until it is restarted is no fault of the wiring', async () => {
    const { wire, run, bench, clock, activation } = await meetFull();
    bench.hears = (character) => (clock.monotonicMs() < 500 ? character & 0x7f : character);
    bench.chip.listensWhileRunning = (atMs) => atMs > 500;
    expect(await run(wire.activate(activation({ windowMs: 2000 })))).toMatchObject({ id: 0x5562 });
  });

  it('an FTDI adapter: SWS_READ_UNRELIABLE, by the first byte with its top bit set', async () => {
    const { wire, run, bench, activation } = await meetFull();
    bench.dropsFramingErrors = true;
    await run(wire.activate(activation()));
    await expect(run(wire.readFlashId())).rejects.toMatchObject({ code: 'SWS_READ_UNRELIABLE' });
  });

  it('an 8269: WRONG_TELINK_CHIP', async () => {
    const { wire, run, bench, activation } = await meetFull();
    bench.chip.id = 0x5327;
    await expect(run(wire.activate(activation()))).rejects.toMatchObject({
      code: 'WRONG_TELINK_CHIP',
      message: expect.stringContaining('TLSR8269') as string,
      detail: { id: 0x5327 },
    });
  });

  it('an adapter that goes away', async () => {
    const { wire, run, bench, activation } = await meetFull();
    bench.chip.listensWhileRunning = () => {
      bench.lose();
      return false;
    };
    await expect(run(wire.activate(activation()))).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('a port at 115200 that cannot be changed: SWS_RATE_TOO_LOW', async () => {
    const clock = new ManualClock();
    const bench = new FakeBench(clock, { hasBaudRate: false, baudRate: 115_200 });
    await expect(FullWire.open(bench, { clock })).rejects.toMatchObject({ code: 'SWS_RATE_TOO_LOW' });
  });
});

describe('the stream', () => {
  it.each([
    [460_800, 240],
    [921_600, 60],
  ])('at %i baud goes out in whole groups, at most %i characters a piece', async (baudRate, most) => {
    const { wire, run, bench, activation } = await meetFull({}, { baudRates: [baudRate] });
    await run(wire.activate(activation()));
    await run(wire.write([{ offset: 0, bytes: noise(600) }]));
    const lengths = bench.written.map(({ length }) => length);
    // A trigger is one character, and stands between groups.
    expect(lengths.filter((length) => length !== 1 && length % 10 !== 0)).toEqual([]);
    expect(Math.max(...lengths)).toBe(most);
  });

  it('of a flood leaves no more than the time of a burst unused', async () => {
    const { wire, run, bench, activation } = await meetTxOnly();
    await run(wire.activate(activation({ windowMs: 1000 })));
    const floods = bench.chip.stops;
    expect(floods).toBeGreaterThan((1000 * 46.08) / 70 / 1.05);
  });

  it('of a flood does not run ahead of the wire on a port that swallows everything', async () => {
    const { wire, run, clock, bench, activation } = await meetTxOnly({ paced: false });
    await run(wire.activate(activation({ windowMs: 1000 })));
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(1000);
    expect(bench.chip.stops).toBeLessThan(((1000 * 46.08) / 70) * 1.2);
  });
});

describe('TX only', () => {
  it('sends the page’s own end of the activation, and turns the watchdog off', async () => {
    const { wire, run, bench, events, activation } = await meetTxOnly();
    await run(wire.activate(activation({ windows: 2 })));
    expect(bench.chip.isStopped).toBe(true);
    expect(bench.chip.timers).toBe(0);
    expect(events.filter(({ kind }) => kind === 'window-closes')).toHaveLength(2);
  });

  it('floods the empty jig until the operator says that the next one is in, and one window more', async () => {
    const { wire, run, events, activation } = await meetTxOnly();
    const until = new AbortController();
    const options = activation({
      windows: Infinity,
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'window-closes' && event.window === 3) until.abort();
      },
    });
    await run(wire.activate({ ...options, until: until.signal }));
    expect(events.filter(({ kind }) => kind === 'window-closes')).toHaveLength(4);
  });

  it('stops at a cancel', async () => {
    const { wire, run, activation } = await meetTxOnly();
    const cancel = new AbortController();
    const onEvent = () => cancel.abort();
    await expect(run(wire.activate(activation({ signal: cancel.signal, onEvent })))).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('a unit in the jig', () => {
  it('has gone when it stays silent', async () => {
    const { wire, run, bench, clock, activation } = await meetFull();
    await run(wire.activate(activation()));
    const gone = wire.untilGone(new AbortController().signal);
    const goneAtMs = clock.monotonicMs() + 2000;
    clock.after(2000, () => (bench.chip.isPresent = false));
    await run(gone);
    expect(clock.monotonicMs()).toBeGreaterThan(goneAtMs);
  });

  it('starts its firmware after the reset', async () => {
    const { wire, run, bench, activation } = await meetFull();
    await run(wire.activate(activation()));
    const { resets } = bench.chip;
    await run(wire.reset());
    expect(bench.chip).toMatchObject({ resets: resets + 1, isStopped: false });
    wire.close();
    expect(bench.listeners).toBe(0);
  });
});

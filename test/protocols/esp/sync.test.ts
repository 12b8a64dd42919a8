import { describe, expect, it } from 'vitest';
import { contactLoader } from '../../../src/protocols/esp/index.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { ScriptedPort } from '../../harness/scripted-port.ts';
import { FakeLoader } from './fake-loader.ts';
import { meet, noise } from './meet.ts';
import { StubFraming } from './stub-framing.ts';

describe('a stub whose framing was turned inside out by a lost delimiter', () => {
  it('is found by a patient contact', async () => {
    const port = new ScriptedPort();
    const clock = new ManualClock();
    const framing = new StubFraming(new FakeLoader(port, { mode: 'stub' }));
    framing.turnInsideOut();
    const signal = new AbortController().signal;
    const loader = await clock.run(contactLoader(port, { clock, signal, resetBy: 'hands', limitMs: 5_000 }));
    expect(loader.mode).toBe('stub');
  });

  it('is found again in mid-write, and the region arrives whole', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const framing = new StubFraming(fake);
    const bytes = noise(0x1_0000);
    // BEGIN and the first block have two delimiters each; the opening one of the second block is lost.
    framing.loseDelimiter = 4;
    await run(loader.writeRegion({ offset: 0, bytes }));
    expect(Buffer.compare(fake.flash.subarray(0, bytes.length), bytes)).toBe(0);
    expect(fake.count(0x02)).toBe(2);
  });

  it('is found again in mid-read', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.flash.set(noise(0x2_0000));
    const framing = new StubFraming(fake);
    framing.loseDelimiter = 7;
    const chunks: Uint8Array[] = [];
    await run(loader.readFlash(0, 0x2_0000, { onChunk: (chunk) => void chunks.push(chunk) }));
    expect(Buffer.compare(Buffer.concat(chunks), fake.flash.subarray(0, 0x2_0000))).toBe(0);
  });

  it.each([false, true])('is found whichever state it is in (inside out: %s)', async (isInsideOut) => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    const framing = new StubFraming(fake);
    if (isInsideOut) framing.turnInsideOut();
    await run(loader.resync());
    expect(await run(loader.isAlive())).toBe(true);
  });

  it('is found although its first answers are lost', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    new StubFraming(fake).turnInsideOut();
    const before = fake.count(0x08);
    fake.script = ({ op }, count) => (op === 0x08 && count === before ? 'silence' : undefined);
    await run(loader.resync());
  });
});

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { parseLinks } from '../../src/core/link.ts';
import type { SerialPort } from '../../src/drivers/serial/port.ts';
import { esp32 } from '../../src/protocols/esp/chips/esp32.ts';
import { Conversation } from '../../src/protocols/esp/conversation.ts';
import { contactLoader } from '../../src/protocols/esp/index.ts';
import { FrameDecoder } from '../../src/protocols/esp/slip.ts';
import { uploadStub } from '../../src/protocols/esp/start-stub.ts';
import { createPracticeBench } from '../../src/virtual/create-practice-bench.ts';
import { modelledWriteMs } from '../../src/virtual/flash-chip/flash-times.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { testBytes } from '../perf/children/operation.ts';

const FLASH_DATA = 0x03;
const FLASH_DEFL_DATA = 0x11;
const BYTES = 1024 * 1024;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** One compressed write to a paced virtual unit in modelled time, which no other work on this machine can stretch. */
async function write(device: string, baudRate: number, image: Uint8Array, stub: 1 | 2 = 2) {
  const clock = new ManualClock();
  const dataDir = mkdtempSync(join(tmpdir(), 'benchflash-'));
  folders.push(dataDir);
  const [link] = parseLinks(`virtual:${device}?pace=${baudRate}`);
  const port = await createPracticeBench({ dataDir, clock }).openSerial(link!, { baudRate: 115_200 });
  const sent: number[] = [];
  const decoder = new FrameDecoder({ frame: (payload) => void sent.push(payload[1]!) });
  const send = port.write.bind(port);
  port.write = (bytes) => {
    decoder.push(bytes);
    return send(bytes);
  };
  const contact = () =>
    contactLoader(port, { clock, signal: new AbortController().signal, resetBy: 'hands', limitMs: 5_000 });
  let meeting = contact();
  void port.perform('power-into-loader');
  let loader = await clock.run(meeting);
  if (stub === 1) {
    loader.close();
    await clock.run(startOldStub(port, clock));
    meeting = contact();
    loader = await clock.run(meeting);
  }
  await clock.run(loader.startStub());
  await clock.run(loader.attachFlash());
  if (baudRate !== 115_200) await clock.run(loader.changeBaud([baudRate]));
  const started = clock.monotonicMs();
  await clock.run(loader.writeRegion({ offset: 0x1_0000, bytes: image }));
  const ms = clock.monotonicMs() - started;
  const digest = await clock.run(loader.md5(0x1_0000, image.length));
  await port.close();
  const count = (op: number) => sent.filter((each) => each === op).length;
  return { ms, digest, raw: count(FLASH_DATA), compressed: count(FLASH_DEFL_DATA) };
}

/** What the virtual unit takes for a stub of the older kind; the client finds it running. */
async function startOldStub(port: SerialPort, clock: ManualClock): Promise<void> {
  const talk = new Conversation(port, clock);
  const text = new TextEncoder().encode('....OHAI....');
  const textStart = 0x400b_e000;
  await uploadStub(talk, esp32, {
    text,
    textStart,
    data: new Uint8Array(),
    dataStart: 0,
    entry: textStart + 4,
  });
  talk.channel.close();
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const limitMs = (bytes: number, baudRate: number) =>
  Math.max((bytes * 10_000) / baudRate, modelledWriteMs(bytes));

it.each([
  ['lamp', 2],
  ['lamp', 1],
  ['plug-esp8266', 2],
] as const)(
  '%s with stub v%d at 921600: where the flash is slower than the wire, a compressed write keeps it at work',
  async (device, stub) => {
    const image = testBytes(BYTES, true);
    const { ms, digest, raw, compressed } = await write(device, 921_600, image, stub);
    expect(digest).toBe(md5(image));
    expect(raw).toBeGreaterThan(compressed);
    expect(limitMs(BYTES, 921_600) / ms).toBeGreaterThan(0.95);
  },
);

it.each([115_200, 460_800])('at %d, where the wire is slower, all goes compressed', async (baudRate) => {
  const image = testBytes(BYTES, true);
  const { ms, digest, raw } = await write('lamp', baudRate, image);
  expect(digest).toBe(md5(image));
  expect(raw).toBe(0);
  expect(limitMs(BYTES, baudRate) / ms).toBeGreaterThan(1.2);
});

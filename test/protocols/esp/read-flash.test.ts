import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EspLoader, ReadFlashOptions } from '../../../src/protocols/esp/index.ts';
import { encodeFrame } from '../../../src/protocols/esp/slip.ts';
import { wireMs } from '../../../src/protocols/esp/timeouts.ts';
import { meet, noise, type Meeting } from './meet.ts';

const READ_FLASH = 0xd2;

async function readAll(
  { loader, run }: { loader: EspLoader; run: Meeting['run'] },
  offset: number,
  size: number,
  options: Partial<ReadFlashOptions> = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await run(
    loader.readFlash(offset, size, { onChunk: (bytes) => void chunks.push(bytes.slice()), ...options }),
  );
  return Uint8Array.from(Buffer.concat(chunks));
}

/** `toEqual` walks arrays byte by byte in slow code. */
const expectEqual = (found: Uint8Array, wanted: Uint8Array) => expect(Buffer.compare(found, wanted)).toBe(0);

async function meetWithContent(size = 0x10_0000) {
  const meeting = await meet({ mode: 'stub' });
  meeting.fake.flash.set(noise(size));
  return meeting;
}

describe('reading with the stub', () => {
  it('reads in runs of 256 KiB and acknowledges the total after each packet', async () => {
    const meeting = await meetWithContent();
    const done: number[] = [];
    const read = await readAll(meeting, 0x1000, 0x9_0000, {
      onProgress: (progress) => done.push(progress.done),
    });
    expectEqual(read, meeting.fake.flash.slice(0x1000, 0x9_1000));
    expect(meeting.fake.reads.map(({ size }) => size)).toEqual([0x4_0000, 0x4_0000, 0x1_0000]);
    expect(meeting.fake.acknowledgements.slice(0, 3)).toEqual([0x1000, 0x2000, 0x3000]);
    expect(done.at(-1)).toBe(0x9_0000);
    expect([...done].sort((a, b) => a - b)).toEqual(done);
  });

  it('rests while a packet comes, and is there for its end', async () => {
    const meeting = await meetWithContent();
    const { fake, port, clock } = meeting;
    // The wire at 115200 brings a packet in pieces of 32 ms, as it goes.
    fake.send = (payload) => {
      const frame = encodeFrame(payload);
      const pieceBytes = 368;
      for (let at = 0; at < frame.length; at += pieceBytes)
        clock.after(wireMs(Math.min(at + pieceBytes, frame.length), 115_200), () =>
          port.deliver(frame.slice(at, at + pieceBytes)),
        );
    };
    await readAll(meeting, 0, 0x8000);
    const packetMs = wireMs(0x1000, 115_200);
    // None in the first packet, which tells how fast they come, and none in the digest.
    expect(Math.max(...port.rests)).toBeLessThan(packetMs - 6);
    expect(Math.max(...port.rests)).toBeGreaterThan(packetMs * 0.9);
  });

  it('does not rest where packets come at once, whatever the rate of the port', async () => {
    const meeting = await meetWithContent();
    await readAll(meeting, 0, 0x2_0000);
    expect(Math.max(0, ...meeting.port.rests)).toBeLessThan(1);
  });

  it('reads odd sizes', async () => {
    const meeting = await meetWithContent();
    expectEqual(await readAll(meeting, 0x10, 0x1234), meeting.fake.flash.slice(0x10, 0x1244));
  });

  it('goes on from the last good byte after a short packet', async () => {
    const meeting = await meetWithContent();
    meeting.fake.damagePacket = (packet, index) => (index === 10 ? packet.slice(0, 4000) : packet);
    expectEqual(await readAll(meeting, 0, 0x4_0000), meeting.fake.flash.slice(0, 0x4_0000));
    expect(meeting.fake.reads).toEqual([
      { offset: 0, size: 0x4_0000 },
      { offset: 0xa000, size: 0x4_0000 - 0xa000 },
    ]);
  });

  it('goes on after a packet that never came', async () => {
    const meeting = await meetWithContent();
    meeting.fake.damagePacket = (packet, index) => (index === 5 ? undefined : packet);
    expectEqual(await readAll(meeting, 0, 0x2_0000), meeting.fake.flash.slice(0, 0x2_0000));
    expect(meeting.fake.reads[1]?.offset).toBe(0x5000);
  });

  it('does not trust what came before the damage unless the device hashes it to the same', async () => {
    const meeting = await meetWithContent();
    meeting.fake.damagePacket = (packet, index) => {
      if (index === 3) return packet.map((byte, at) => (at === 17 ? byte ^ 1 : byte));
      return index === 10 ? packet.slice(1) : packet;
    };
    expectEqual(await readAll(meeting, 0, 0x2_0000), meeting.fake.flash.slice(0, 0x2_0000));
    expect(meeting.fake.reads[1]?.offset).toBe(0);
  });

  it('reads a run again whose digest differs', async () => {
    const meeting = await meetWithContent();
    meeting.fake.damagePacket = (packet, index) =>
      index === 3 ? packet.map((byte, at) => (at === 17 ? byte ^ 1 : byte)) : packet;
    expectEqual(await readAll(meeting, 0, 0x2_0000), meeting.fake.flash.slice(0, 0x2_0000));
    expect(meeting.fake.count(READ_FLASH)).toBe(2);
  });

  it('gives up after digests that never fit, slower each time', async () => {
    const meeting = await meetWithContent();
    await meeting.run(meeting.loader.changeBaud([921_600]));
    meeting.fake.damagePacket = (packet) => packet.map((byte, at) => (at === 17 ? byte ^ 1 : byte));
    await expect(readAll(meeting, 0, 0x1_0000)).rejects.toMatchObject({ code: 'READ_DIGEST_MISMATCH' });
    expect(meeting.loader.baudRate).toBeLessThan(921_600);
  });

  it('gives up when bytes are lost for ever, but not before the lower rates were tried', async () => {
    const meeting = await meetWithContent();
    await meeting.run(meeting.loader.changeBaud([921_600]));
    meeting.fake.damagePacket = (packet) => (meeting.fake.baudRate > 230_400 ? packet.slice(7) : packet);
    expectEqual(await readAll(meeting, 0, 0x1_0000), meeting.fake.flash.slice(0, 0x1_0000));
    expect(meeting.loader.baudRate).toBe(230_400);
    meeting.fake.damagePacket = (packet) => packet.slice(7);
    await expect(readAll(meeting, 0, 0x1_0000)).rejects.toMatchObject({ code: 'BYTES_DAMAGED' });
  });

  it('stops between packets when cancelled, and the loader stays usable', async () => {
    const meeting = await meetWithContent();
    const controller = new AbortController();
    const reading = readAll(meeting, 0, 0x8_0000, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done >= 0x5000) controller.abort();
      },
    });
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
    meeting.fake.acknowledgements = [];
    expect(await meeting.run(meeting.loader.md5(0, 0x1000))).toBe(
      createHash('md5').update(meeting.fake.flash.subarray(0, 0x1000)).digest('hex'),
    );
  });

  it('hands over in order and waits for the hand-over before it ends', async () => {
    const meeting = await meetWithContent();
    let kept = 0;
    await meeting.run(
      meeting.loader.readFlash(0, 0x8_0000, {
        onChunk: async (bytes) => {
          await meeting.clock.sleep(50);
          kept += bytes.length;
        },
      }),
    );
    expect(kept).toBe(0x8_0000);
  });

  it('ends with what the hand-over throws, e.g. a full disk', async () => {
    const meeting = await meetWithContent();
    await expect(
      meeting.run(
        meeting.loader.readFlash(0, 0x8_0000, { onChunk: () => Promise.reject(new Error('no space left')) }),
      ),
    ).rejects.toThrow('no space left');
  });

  it('ends with the link', async () => {
    const meeting = await meetWithContent();
    meeting.fake.damagePacket = (packet, index) => {
      if (index === 7) meeting.port.lose();
      return packet;
    };
    await expect(readAll(meeting, 0, 0x2_0000)).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('acknowledges before the end of a packet, so that host latency does not show', async () => {
    const meeting = await meetWithContent();
    const { port, fake } = meeting;
    const whole = fake.send.bind(fake);
    // The wire brings a packet in two chunks; the acknowledgement must leave between them.
    fake.send = (payload) => {
      if (payload.length !== 0x1000) return whole(payload);
      const frame = [
        0xc0,
        ...[...payload].flatMap((byte) =>
          byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte],
        ),
        0xc0,
      ];
      queueMicrotask(() => {
        const before = port.written.length;
        port.deliver(Uint8Array.from(frame.slice(0, -10)));
        early ||= port.written.length > before;
        queueMicrotask(() => port.deliver(Uint8Array.from(frame.slice(-10))));
      });
    };
    let early = false;
    fake.flash.fill(0x11);
    expectEqual(await readAll(meeting, 0, 0x8000), fake.flash.slice(0, 0x8000));
    expect(early).toBe(true);
  });
});

describe('reading without a stub', () => {
  it('ESP32: 64 bytes a command, hashed by the ROM in 32 hex digits', async () => {
    const meeting = await meet();
    meeting.fake.flash.set(noise(0x1_2000));
    expectEqual(await readAll(meeting, 0x40, 0x1_1000), meeting.fake.flash.slice(0x40, 0x1_1040));
    expect(meeting.fake.count(0x0e)).toBe(0x1_1000 / 64);
    expect(meeting.fake.count(0x13)).toBe(2);
  });

  it('ESP8266: cannot be done, and says why', async () => {
    const meeting = await meet({ chip: 'esp8266' });
    await expect(readAll(meeting, 0, 64)).rejects.toMatchObject({ code: 'LOADER_UNSUPPORTED' });
    await expect(meeting.run(meeting.loader.md5(0, 64))).rejects.toMatchObject({
      code: 'LOADER_UNSUPPORTED',
    });
  });
});

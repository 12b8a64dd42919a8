import { afterEach, describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import type { ControlLines, SerialPort } from '../../../src/drivers/serial/port.ts';

/** The other end of the wire. */
export interface Peer {
  send(bytes: Uint8Array): void;
  /** Resolves with the first `count` bytes that came over the wire since the start. */
  received(count: number): Promise<Uint8Array>;
  /** From now on takes no more bytes than the carrier buffers. */
  stall(): void;
  /** Takes the link away as an unplugged adapter or a dying server does. */
  cut(): void;
  /** Lines and rate as the far end has them, where it can tell. */
  lines?(): ControlLines;
  baudRate?(): number;
}

export interface Pair {
  readonly port: SerialPort;
  readonly peer: Peer;
  dispose(): Promise<void>;
}

export interface ContractOptions {
  /** Bytes that certainly do not fit into what the stalled carrier buffers. */
  readonly overfullBytes?: number;
  /** The carrier takes any number of bytes at once: no write can be caught in the middle. */
  readonly neverBlocks?: boolean;
}

/** What every serial port must do, whatever carries it. `makePair` opens one at 115200 baud. */
export function serialPortContract(
  name: string,
  makePair: () => Promise<Pair>,
  { overfullBytes = 16 * 1024 * 1024, neverBlocks = false }: ContractOptions = {},
): void {
  describe(`serial port contract: ${name}`, () => {
    const open: Pair[] = [];
    const pair = async () => {
      const made = await makePair();
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const { port, dispose } of open.splice(0)) {
        await port.close();
        await dispose();
      }
    });

    it('carries every byte value in order, both ways', async () => {
      const { port, peer } = await pair();
      const bytes = pattern(4096);
      const heard = listen(port);
      await port.write(bytes);
      expect(await peer.received(bytes.length)).toEqual(bytes);
      peer.send(bytes);
      expect(await heard.atLeast(bytes.length)).toEqual(bytes);
    });

    it('carries erased flash: nothing but 0xFF', async () => {
      const { port, peer } = await pair();
      const bytes = new Uint8Array(20_000).fill(0xff);
      const heard = listen(port);
      await port.write(bytes);
      expect(await peer.received(bytes.length)).toEqual(bytes);
      peer.send(bytes);
      expect(await heard.atLeast(bytes.length)).toEqual(bytes);
    });

    it('delivers bytes one at a time', async () => {
      const { port, peer } = await pair();
      const heard = listen(port);
      const bytes = Uint8Array.of(0xc0, 0xff, 0xff, 0x00, 0x0d, 0x0a, 0x11, 0x13, 0x03, 0xc0);
      for (const [index, byte] of bytes.entries()) {
        peer.send(Uint8Array.of(byte));
        await heard.atLeast(index + 1);
      }
      expect(await heard.atLeast(bytes.length)).toEqual(bytes);
    });

    it('writes a large block whole', async () => {
      const { port, peer } = await pair();
      const bytes = pattern(300_000);
      const [, received] = await Promise.all([port.write(bytes), peer.received(bytes.length)]);
      expect(same(received, bytes)).toBe(true);
    });

    it('keeps the order of writes that nobody waited for', async () => {
      const { port, peer } = await pair();
      const parts = [pattern(5000), Uint8Array.of(1, 2, 3), pattern(9000).reverse(), Uint8Array.of(0xff)];
      const whole = new Uint8Array(parts.flatMap((part) => [...part]));
      const writes = parts.map((part) => port.write(part));
      const [received] = await Promise.all([peer.received(whole.length), ...writes]);
      expect(same(received, whole)).toBe(true);
    });

    it('takes a write of no bytes', async () => {
      const { port } = await pair();
      await port.write(new Uint8Array());
    });

    it('gives each listener its own bytes, and none after it left', async () => {
      const { port, peer } = await pair();
      const gone: Uint8Array[] = [];
      const leave = port.onData((bytes) => gone.push(bytes));
      leave();
      const spoiler = port.onData((bytes) => bytes.fill(0));
      const heard = listen(port);
      peer.send(Uint8Array.of(1, 2, 3));
      expect(await heard.atLeast(3)).toEqual(Uint8Array.of(1, 2, 3));
      expect(gone).toEqual([]);
      spoiler();
    });

    it('keeps what comes while nobody listens', async () => {
      const { port, peer } = await pair();
      const first = listen(port);
      peer.send(Uint8Array.of(1));
      await first.atLeast(1);
      first.leave();
      peer.send(Uint8Array.of(2, 3));
      // The peer hears this after it has sent, so the bytes are on their way.
      await port.write(Uint8Array.of(0));
      await peer.received(1);
      expect(await listen(port).atLeast(2)).toEqual(Uint8Array.of(2, 3));
    });

    it('tells its loss once, to those who come late at once, and serves nothing after', async () => {
      const { port, peer } = await pair();
      const losses: Error[] = [];
      const lost = new Promise<void>((resolve) => {
        port.onLost((error) => {
          losses.push(error);
          resolve();
        });
      });
      peer.cut();
      await lost;
      expect(losses).toHaveLength(1);
      expect(losses[0]).toBeInstanceOf(BenchError);
      expect(losses[0]).toMatchObject({ code: 'LINK_LOST' });
      expect(port.lostBecause).toBe(losses[0]);
      let late: Error | undefined;
      port.onLost((error) => (late = error));
      expect(late).toBe(losses[0]);
      const lostCode = { code: 'LINK_LOST' };
      await expect(port.write(Uint8Array.of(1))).rejects.toMatchObject(lostCode);
      await expect(port.write(new Uint8Array())).rejects.toMatchObject(lostCode);
      await expect(port.setBaudRate(9600)).rejects.toMatchObject(lostCode);
      await expect(port.setLines({ dtr: false, rts: false })).rejects.toMatchObject(lostCode);
      await expect(port.flushInput()).rejects.toMatchObject(lostCode);
      expect(losses).toHaveLength(1);
      await port.close();
    });

    if (!neverBlocks) {
      it('ends a write when the link goes in the middle of it', async () => {
        const { port, peer } = await pair();
        peer.stall();
        const failed = expect(port.write(new Uint8Array(overfullBytes))).rejects.toMatchObject({
          code: 'LINK_LOST',
        });
        const queued = expect(port.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_LOST' });
        peer.cut();
        await failed;
        await queued;
      });

      it('ends a write when it is closed in the middle of it', async () => {
        const { port, peer } = await pair();
        peer.stall();
        const failed = expect(port.write(new Uint8Array(overfullBytes))).rejects.toMatchObject({
          code: 'LINK_LOST',
        });
        await port.close();
        await failed;
      });
    }

    it('closes any number of times, calls that no loss, and serves nothing after', async () => {
      const { port } = await pair();
      let losses = 0;
      port.onLost(() => losses++);
      await Promise.all([port.close(), port.close()]);
      await port.close();
      expect(losses).toBe(0);
      expect(port.lostBecause).toBeUndefined();
      await expect(port.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_LOST' });
      await expect(port.setLines({ dtr: true, rts: true })).rejects.toMatchObject({ code: 'LINK_LOST' });
    });

    it('goes on after its input was flushed', async () => {
      const { port, peer } = await pair();
      const heard = listen(port);
      await port.flushInput();
      await port.write(Uint8Array.of(9));
      await peer.received(1);
      peer.send(Uint8Array.of(7, 8));
      expect(await heard.atLeast(2)).toEqual(Uint8Array.of(7, 8));
    });

    it('changes the rate where it has one, and never breaks the bytes before', async () => {
      const { port, peer } = await pair();
      expect(port.baudRate).toBe(115_200);
      const before = pattern(2000);
      const writing = port.write(before);
      await port.setBaudRate(460_800);
      await writing;
      expect(port.baudRate).toBe(460_800);
      if (port.hasBaudRate && peer.baudRate) expect(peer.baudRate()).toBe(460_800);
      await port.write(Uint8Array.of(1));
      expect(await peer.received(2001)).toEqual(Uint8Array.from([...before, 1]));
      await port.setBaudRate(74_880);
      expect(port.baudRate).toBe(74_880);
    });

    it('moves both lines, or says that it has none', async () => {
      const { port, peer } = await pair();
      for (const lines of [
        { dtr: false, rts: true },
        { dtr: true, rts: false },
        { dtr: false, rts: false },
      ]) {
        if (port.hasControlLines) {
          await port.setLines(lines);
          if (peer.lines) expect(peer.lines()).toEqual(lines);
        } else {
          await expect(port.setLines(lines)).rejects.toMatchObject({ code: 'NO_CONTROL_LINES' });
        }
      }
    });
  });
}

/** Every byte value, none in step with a power of two, so that a lost or doubled block shows. */
export function pattern(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 7 + Math.floor(index / 251)) & 0xff);
}

/** Collects what a port delivers; `atLeast` resolves with everything once that much is there. */
export function listen(port: SerialPort): {
  atLeast(count: number): Promise<Uint8Array>;
  leave(): void;
} {
  let leave: () => void = () => undefined;
  const heard = collector((add) => (leave = port.onData(add)));
  return { ...heard, leave: () => leave() };
}

/** Collects bytes from anywhere. */
export function collector(subscribe: (add: (bytes: Uint8Array) => void) => void): {
  atLeast(count: number): Promise<Uint8Array>;
} {
  const chunks: Uint8Array[] = [];
  let count = 0;
  let waiters: { count: number; resolve: (bytes: Uint8Array) => void }[] = [];
  const all = () => {
    const whole = new Uint8Array(count);
    let end = 0;
    for (const chunk of chunks) {
      whole.set(chunk, end);
      end += chunk.length;
    }
    return whole;
  };
  subscribe((bytes) => {
    chunks.push(bytes.slice());
    count += bytes.length;
    for (const waiter of waiters) if (waiter.count <= count) waiter.resolve(all());
    waiters = waiters.filter((waiter) => waiter.count > count);
  });
  return {
    atLeast: (wanted) =>
      new Promise((resolve) => {
        if (count >= wanted) resolve(all());
        else waiters.push({ count: wanted, resolve });
      }),
  };
}

/** `toEqual` on large arrays takes seconds to say no. */
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

import { connect } from 'node:net';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { isBenchError } from '../../../src/core/errors.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { serveVirtualDevice, type ServeOptions } from '../../../src/virtual/servers/server.ts';

const TRACE = new URL('../../../../shared/data/dafang/serprog/trace-head-v1.8.txt', import.meta.url);
const trace = existsSync(TRACE) ? readFileSync(TRACE, 'utf8') : undefined;

/** A connection to a served programmer; answers are taken by their length. */
async function programmer(options: Partial<ServeOptions> = {}) {
  const server = await serveVirtualDevice(findVirtualDevice('dafang'), {
    scheme: 'tcp',
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    ...options,
  });
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  let bytes = Buffer.alloc(0);
  let closed = false;
  let wake = () => {};
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  socket.on('close', () => {
    closed = true;
    wake();
  });
  onTestFinished(async () => {
    socket.destroy();
    await server.close();
  });
  const take = async (length: number) => {
    while (bytes.length < length) {
      if (closed) throw new Error('closed');
      await new Promise<void>((resolve) => (wake = resolve));
    }
    const taken = bytes.subarray(0, length);
    bytes = bytes.subarray(length);
    return taken;
  };
  const ask = async (request: string, answerBytes: number) => {
    socket.write(Buffer.from(request.replaceAll(' ', ''), 'hex'));
    return (await take(answerBytes)).toString('hex');
  };
  const u24 = (value: number) =>
    Buffer.from([value & 0xff, (value >> 8) & 0xff, value >> 16]).toString('hex');
  const spi = async (sent: string, answerBytes: number) => {
    const answer = await ask(
      `13${u24(sent.replaceAll(' ', '').length / 2)}${u24(answerBytes)}${sent}`,
      answerBytes + 1,
    );
    expect(answer.slice(0, 2)).toBe('06');
    return answer.slice(2);
  };
  return { server, ask, spi, isClosed: () => closed };
}

describe('serprog', () => {
  it('says what it is and what it can', async () => {
    const { ask } = await programmer();
    expect(await ask('00', 1)).toBe('06');
    expect(await ask('10', 2)).toBe('1506');
    expect(await ask('01', 3)).toBe('060100');
    expect(await ask('02', 33)).toBe(`06bfc93f${'00'.repeat(29)}`);
    expect(await ask('05', 2)).toBe('0608');
    expect(await ask('1208', 1)).toBe('06');
    expect(await ask('1201', 1)).toBe('15');
    expect(await ask('08', 4)).toBe('06040100');
    expect(await ask('11', 4)).toBe('06000001');
    expect(Buffer.from((await ask('03', 17)).slice(2), 'hex').toString()).toBe('practice-serprog');
    expect(await ask('14 00000000', 1)).toBe('15');
    expect(await ask('14 40420f00', 5)).toBe('0640420f00');
    expect(await ask('0b 0e 0a000000 0f', 3)).toBe('060606');
    expect(await ask('09', 1)).toBe('15');
  });

  it('takes an operation that comes in pieces', async () => {
    const { ask, spi } = await programmer();
    const answer = ask('13 01', 4);
    await new Promise((resolve) => setImmediate(resolve));
    void ask('0000 030000 9f', 0);
    expect(await answer).toBe('06c84018');
    expect(await spi('9f', 3)).toBe('c84018');
  });

  it('reads, erases and programs, and others find it so afterwards', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'benchflash-serprog-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const image = join(folder, 'chip.bin');
    const { spi, server } = await programmer({ image });
    expect(await spi('03 000000', 9)).toBe('060504030255aa55aa');
    await spi('06', 0);
    await spi('20 ff0000', 0);
    while ((Number.parseInt(await spi('05', 1), 16) & 1) !== 0);
    await spi('06', 0);
    await spi('02 ff0000 0102', 0);
    while ((Number.parseInt(await spi('05', 1), 16) & 1) !== 0);
    expect(await spi('03 ff0000', 4)).toBe('0102ffff');
    await server.close();
    expect(readFileSync(image).subarray(0xff_0000, 0xff_0004).toString('hex')).toBe('0102ffff');
  });

  it.each([
    ['no-chip', 'ffffff'],
    ['bad-contact', '2a2a2a'],
  ])('%s', async (fault, id) => {
    const { spi } = await programmer({ faults: [fault] });
    expect(await spi('9f', 3)).toBe(id);
  });

  it('another chip by state', async () => {
    const { spi } = await programmer({ state: 'unknown-flash-chip' });
    expect(await spi('9f', 3)).toBe('5e4018');
  });

  it('protected: nothing changes and the bits stay', async () => {
    const { spi } = await programmer({ faults: ['protected'] });
    expect(await spi('05', 1)).toBe('1c');
    await spi('06', 0);
    await spi('01 00', 0);
    expect(await spi('05', 1)).toBe('1c');
    await spi('06', 0);
    await spi('20 000000', 0);
    expect(await spi('03 000000', 2)).toBe('0605');
  });

  it('lies-in-a-byte: one bit of one byte, each time', async () => {
    const { spi } = await programmer();
    const liar = await programmer({ faults: ['lies-in-a-byte'] });
    const right = Number.parseInt(await spi('03 012468', 1), 16);
    for (let read = 0; read < 2; read++)
      expect(Number.parseInt(await liar.spi('03 012468', 1), 16)).toBe(right ^ 0x08);
    expect(await liar.spi('03 012400', 0x68)).toBe(await spi('03 012400', 0x68));
  });

  it('two-reads-differ, drops-connection', async () => {
    const shaky = await programmer({ faults: ['two-reads-differ'] });
    const whole = async () => {
      let text = '';
      for (let at = 0; at < 0x20_0000; at += 0x1_0000)
        text += await shaky.spi(`03 ${at.toString(16).padStart(6, '0')}`, 0x1_0000);
      return text;
    };
    expect((await whole()) === (await whole())).toBe(false);
    const dropping = await programmer({ faults: ['drops-connection'] });
    const all = async () => {
      for (let at = 0; at < 0x80_0000; at += 0x1_0000)
        await dropping.spi(`03 ${at.toString(16).padStart(6, '0')}`, 0x1_0000);
    };
    await expect(all()).rejects.toThrow('closed');
    expect(dropping.isClosed()).toBe(true);
  });

  it('is no serial port', async () => {
    const refused = await programmer({ scheme: 'rfc2217' } as object).catch((error: unknown) => error);
    expect(isBenchError(refused, 'USAGE')).toBe(true);
  });

  it.skipIf(trace == null)(
    `answers what flashrom 1.8 sent${trace == null ? ' (skipped: ../shared/data is not there)' : ''}`,
    async () => {
      const { ask, spi } = await programmer();
      const parameters: Readonly<Record<string, string>> = { '12': '08', '15': '01' };
      const lengths: Readonly<Record<string, number>> = {
        ...{ '10': 2, '01': 3, '02': 33, '05': 2, '08': 4, '11': 4 },
        ...{ '03': 17, '07': 3, '04': 3 },
      };
      for (const line of trace!.trim().split('\n')) {
        const [, rlen, sent] = /^13 slen=\d+ rlen=(\d+) ([0-9a-f]+)$/.exec(line) ?? [];
        if (sent != null) expect((await spi(sent, Number(rlen))).length).toBe(Number(rlen) * 2);
        else {
          const answer = await ask(`${line}${parameters[line] ?? ''}`, lengths[line] ?? 1);
          expect(answer.slice(0, 2)).toBe(line === '10' ? '15' : '06');
        }
      }
    },
  );
});

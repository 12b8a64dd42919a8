import { afterEach, describe, expect, it, vi } from 'vitest';
import { openRfc2217Port } from '../../../src/drivers/serial/rfc2217-port.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';
import { listen } from './contract.ts';
import { Rfc2217TestServer, type ServerHabits } from './rfc2217-test-server.ts';
import { rawPeer, TcpPeer } from './tcp-peer.ts';

const baudRate = 115_200;
const SET_BAUDRATE = 1;
const SET_DATASIZE = 2;
const SET_CONTROL = 5;
const SUSPEND = 108;
const RESUME = 109;
const PURGE_DATA = 12;

describe('rfc2217://', () => {
  const started: TcpPeer[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });
  const start = async () => {
    const server = await TcpPeer.start();
    started.push(server);
    return { server, link: `rfc2217://${server.address}` };
  };
  const open = async (habits: ServerHabits = {}) => {
    const { server, link } = await start();
    const serving = server.client().then((socket) => new Rfc2217TestServer(socket, habits));
    const clock = new ManualClock();
    const log = vi.fn();
    const opening = openRfc2217Port(link, { baudRate, clock, log });
    // Whoever opens it looks at how it ends; a test may wait for something else first.
    opening.catch(() => undefined);
    return { opening, far: await serving, clock, log, link };
  };

  it('asks for eight clean bits, 8N1 without flow control and no reports', async () => {
    const { opening, far, log } = await open();
    const port = await opening;
    expect(port).toMatchObject({ hasBaudRate: true, hasControlLines: true, baudRate });
    expect(far.options).toEqual(expect.arrayContaining(['251 0', '253 0', '251 3', '253 3', '251 44']));
    expect(far.commands).toEqual(
      expect.arrayContaining([
        [SET_BAUDRATE, 0, 1, 0xc2, 0],
        [SET_DATASIZE, 8],
        [3, 1],
        [4, 1],
        [SET_CONTROL, 1],
        [10, 0],
        [11, 0],
      ]),
    );
    expect(far.peer.lines?.()).toEqual({ dtr: true, rts: true });
    expect(log).not.toHaveBeenCalled();
    await port.close();
  });

  it('works without rate and lines at a server that refuses the option, and says so', async () => {
    const { opening, log, far } = await open({ refusesComPort: true });
    const port = await opening;
    expect(port).toMatchObject({ hasBaudRate: false, hasControlLines: false });
    expect(log).toHaveBeenCalledWith('warn', expect.stringContaining('not RFC 2217'));
    expect(far.commands).toEqual([]);
    await port.close();
  });

  it('takes up the offer of a server that does not answer ours', async () => {
    const { opening } = await open({ offersOnly: true });
    const port = await opening;
    expect(port.hasBaudRate).toBe(true);
    await port.close();
  });

  it('refuses a server that does not speak telnet', async () => {
    const { server, link } = await start();
    const clock = new ManualClock();
    const opening = openRfc2217Port(link, { baudRate, clock });
    const failed = expect(opening).rejects.toMatchObject({
      code: 'LINK_REFUSED',
      advice: expect.stringContaining(link.replace('rfc2217', 'socket')) as string,
    });
    const peer = rawPeer(await server.client());
    await peer.received(15);
    clock.pass(3000);
    await failed;
  });

  it('can be aborted while it negotiates', async () => {
    const { server, link } = await start();
    const abort = new AbortController();
    const opening = openRfc2217Port(link, { baudRate, signal: abort.signal });
    const failed = expect(opening).rejects.toBe('enough');
    await rawPeer(await server.client()).received(15);
    abort.abort('enough');
    await failed;
  });

  it('is lost when the server hangs up while it negotiates', async () => {
    const { server, link } = await start();
    const opening = openRfc2217Port(link, { baudRate });
    const failed = expect(opening).rejects.toMatchObject({ code: 'LINK_LOST' });
    const peer = rawPeer(await server.client());
    await peer.received(15);
    peer.cut();
    await failed;
  });

  it('ends with a server that negotiates without end', async () => {
    const { opening } = await open({ loops: true });
    const port = await opening.catch((error: unknown) => error as { code: string });
    if ('code' in port) expect(port.code).toBe('LINK_LOST');
    else expect(await new Promise((resolve) => port.onLost(resolve))).toMatchObject({ code: 'LINK_LOST' });
  });

  it('keeps what the far port said before the negotiation was through', async () => {
    const { opening } = await open({ greeting: [0x62, 0x6f, 255, 255, 0x6f, 0x74] });
    const port = await opening;
    expect(await listen(port).atLeast(5)).toEqual(Uint8Array.of(0x62, 0x6f, 255, 0x6f, 0x74));
    await port.close();
  });

  it('refuses a rate that the far port does not take, and keeps the old one', async () => {
    const { opening, far } = await open({ realRate: (asked) => Math.min(asked, 230_400) });
    const port = await opening;
    await expect(port.setBaudRate(921_600)).rejects.toMatchObject({
      code: 'BAUD_REFUSED',
      detail: { real: 230_400 },
    });
    expect(port.baudRate).toBe(baudRate);
    await port.write(Uint8Array.of(1));
    await far.peer.received(1);
    expect(far.peer.baudRate?.()).toBe(baudRate);
    await port.close();
  });

  it('accepts a rate that is a little off', async () => {
    const { opening } = await open({ realRate: (asked) => Math.round(asked * 1.02) });
    const port = await opening;
    await port.setBaudRate(921_600);
    expect(port.baudRate).toBe(921_600);
    await port.close();
  });

  it('refuses a server that does not confirm the rate', async () => {
    const { opening, far, clock } = await open({ mute: [SET_BAUDRATE] });
    const failed = expect(opening).rejects.toMatchObject({ code: 'BAUD_REFUSED' });
    await until(() => expect(far.commands.length).toBeGreaterThanOrEqual(7));
    clock.pass(3000);
    await failed;
  });

  it('goes on when 8N1 is not confirmed, and says so', async () => {
    const { opening, far, clock, log } = await open({ mute: [SET_DATASIZE] });
    await until(() => expect(far.commands.length).toBeGreaterThanOrEqual(7));
    clock.pass(3000);
    const port = await opening;
    expect(log).toHaveBeenCalledWith('warn', expect.stringContaining('8N1'));
    await port.close();
  });

  it('waits for the confirmation of both lines', async () => {
    const { opening, far } = await open();
    const port = await opening;
    await port.setLines({ dtr: false, rts: true });
    expect(far.peer.lines?.()).toEqual({ dtr: false, rts: true });
    expect(far.commands.slice(-2)).toEqual([
      [SET_CONTROL, 9],
      [SET_CONTROL, 11],
    ]);
    await port.close();
  });

  it('notes once that a server does not confirm its lines, and waits only a moment from then on', async () => {
    const { opening, far, clock, log } = await open({ mute: [SET_CONTROL] });
    await until(() => expect(far.commands.length).toBeGreaterThanOrEqual(7));
    clock.pass(3000);
    const port = await opening;
    log.mockClear();
    const moving = port.setLines({ dtr: false, rts: true });
    await until(() => expect(far.peer.lines?.()).toEqual({ dtr: false, rts: true }));
    clock.pass(1000);
    await moving;
    const again = port.setLines({ dtr: true, rts: false });
    clock.pass(100);
    await again;
    await until(() => expect(far.peer.lines?.()).toEqual({ dtr: true, rts: false }));
    expect(log).toHaveBeenCalledTimes(1);
    await port.close();
  });

  it('drops what the far port sent before it was purged', async () => {
    const { opening, far } = await open({ mute: [PURGE_DATA] });
    const port = await opening;
    const heard = listen(port);
    const flushing = port.flushInput();
    await until(() => expect(far.commands.at(-1)).toEqual([PURGE_DATA, 1]));
    far.peer.send(Uint8Array.of(1, 2, 255));
    far.sendCommand(PURGE_DATA + 100, 1);
    await flushing;
    far.peer.send(Uint8Array.of(9));
    expect(await heard.atLeast(1)).toEqual(Uint8Array.of(9));
    await port.close();
  });

  it('holds its bytes back while the server asks it to', async () => {
    const { opening, far } = await open();
    const port = await opening;
    const heard = listen(port);
    far.sendCommand(SUSPEND);
    far.peer.send(Uint8Array.of(1));
    await heard.atLeast(1);
    const writing = port.write(Uint8Array.of(7));
    let arrived = false;
    const received = far.peer.received(1).then((bytes) => {
      arrived = true;
      return bytes;
    });
    // An order for the lines goes past the held data, and its answer shows that the server has read so far.
    await port.setLines({ dtr: false, rts: false });
    expect(arrived).toBe(false);
    far.sendCommand(RESUME);
    await writing;
    expect(await received).toEqual(Uint8Array.of(7));
    await port.close();
  });

  it('tells its name when asked, and does not answer a name with a name', async () => {
    const { opening, far } = await open();
    const port = await opening;
    far.sendCommand(0);
    await until(() => expect(far.commands.at(-1)).toEqual([0, ...Buffer.from('benchflash')]));
    const count = far.commands.length;
    far.sendCommand(0, 0x65, 0x78);
    await port.setLines({ dtr: false, rts: false });
    expect(far.commands).toHaveLength(count + 2);
    await port.close();
  });
});

import { describe, expect, it } from 'vitest';
import { BEGUN_LIMIT_MS, UNASKED_LIMIT_MS } from '../../../../src/drivers/http/server/lifetime.ts';
import { ManualClock } from '../../../harness/manual-clock.ts';
import { until } from '../../until.ts';
import { type HostInTest, hostInTest, someContent, type TestOffer } from '../offers.ts';
import { ask, RawClient } from '../raw-client.ts';

const zip = someContent(60_000);
const target = someContent(70_000);

/** The bench is gone, and a second has passed. */
async function left(host: HostInTest, clock: ManualClock): Promise<void> {
  host.host.alone();
  await clock.advance(1_000);
}

/** Fetches a file; time goes on while it does, as the server needs it to. */
async function fetched(clock: ManualClock, port: number, folder: string, name: string): Promise<Buffer> {
  return (await clock.run(ask(port, `GET /${folder}/${name} HTTP/1.1`))).body;
}

async function started(offer: TestOffer) {
  const clock = new ManualClock();
  const host = hostInTest({ clock });
  return { clock, host, ...(await host.offer(offer)) };
}

describe('without its bench the server', () => {
  it('ends at once when nothing was offered or all is fetched', async () => {
    const clock = new ManualClock();
    const idle = hostInTest({ clock });
    await left(idle, clock);
    expect(idle.isOver).toBe(true);

    const done = await started({ style: 'mongoose', files: { 'a.zip': zip } });
    await fetched(done.clock, done.port, done.folder, 'a.zip');
    await until(() => expect(done.host.awake).toBe(0));
    await left(done.host, done.clock);
    expect(done.host.isOver).toBe(true);
  });

  it('waits for a unit that may just have been told to come, but not for long', async () => {
    const { clock, host } = await started({ style: 'haa', files: { 'a.bin': zip } });
    await left(host, clock);
    await clock.advance(UNASKED_LIMIT_MS - 10_000);
    expect(host.isOver).toBe(false);
    await clock.advance(11_000);
    expect(host.isOver).toBe(true);
  });

  it('does not wait for it when the bench has said that it ends', async () => {
    const { clock, host } = await started({ style: 'haa', files: { 'a.bin': zip } });
    await host.host.take({ type: 'leaving' });
    await left(host, clock);
    expect(host.isOver).toBe(true);
  });

  it('serves the second stage of a job whose first was fetched, keeps the computer awake, then ends', async () => {
    const job = await started({ style: 'takeover', files: { 'a.zip': zip, 'b.bin': target } });
    const { clock, host, port, folder } = job;
    await fetched(clock, port, folder, 'a.zip');
    await host.host.take({ type: 'leaving' });
    await left(host, clock);
    await clock.advance(BEGUN_LIMIT_MS - 60_000);
    expect([host.isOver, host.awake]).toEqual([false, 1]);
    expect((await fetched(clock, port, folder, 'b.bin')).equals(target)).toBe(true);
    await clock.until(() => host.isOver);
    expect(host.awake).toBe(0);
  });

  it('serves the second stage also where it is an offer of its own', async () => {
    const { clock, host, port, folder } = await started({
      style: 'mongoose',
      files: { 'a.zip': zip },
      unit: 'A',
    });
    const second = await host.offer({ style: 'takeover', files: { 'b.bin': target }, unit: 'A' });
    await fetched(clock, port, folder, 'a.zip');
    await host.host.take({ type: 'leaving' });
    await left(host, clock);
    await clock.advance(UNASKED_LIMIT_MS + 60_000);
    expect([host.isOver, host.awake]).toEqual([false, 1]);
    expect((await fetched(clock, port, second.folder, 'b.bin')).equals(target)).toBe(true);
    await clock.until(() => host.isOver);
  });

  it('does not wait for the small build that was only offered for the way', async () => {
    const { clock, host, port, folder } = await started({
      style: 'esp8266-update',
      files: { 't.bin': target, 't-minimal.bin': zip, 't.bin.gz': zip },
    });
    await fetched(clock, port, folder, 't.bin');
    await left(host, clock);
    expect(host.isOver).toBe(true);
  });

  it('gives up a job that stands still for half an hour', async () => {
    const { clock, host, port, folder } = await started({
      style: 'takeover',
      files: { 'a.zip': zip, 'b.bin': target },
    });
    await fetched(clock, port, folder, 'a.zip');
    await left(host, clock);
    await clock.advance(BEGUN_LIMIT_MS + 1_000);
    expect([host.isOver, host.awake]).toEqual([true, 0]);
  });

  it('goes on with a transfer of a withdrawn offer', async () => {
    const { clock, host, port, folder } = await started({ style: 'takeover', files: { 'a.zip': zip } });
    const client = await RawClient.to(port);
    client.say(`GET /${folder}/a.zip HTTP/1.1`);
    await clock.run(client.untilBytes(1));
    client.socket.pause();
    await host.withdraw(folder);
    await left(host, clock);
    await clock.advance(120_000);
    expect([host.isOver, host.awake]).toEqual([false, 1]);
    client.socket.resume();
    await clock.run(client.untilEnd());
    expect(client.body.equals(zip)).toBe(true);
    client.socket.end();
    await clock.until(() => host.isOver);
  });
});

describe('a client that does not behave', () => {
  it('has its time for a request, and no more', async () => {
    const { clock, port } = await started({ style: 'haa', files: { 'a.bin': zip } });
    const slow = await RawClient.to(port);
    const silent = await RawClient.to(port);
    const garbage = await RawClient.to(port);
    slow.socket.write('GET / HTTP/1.1\r\nX: ');
    garbage.socket.write('\u0016\u0003\u0001\r\n\r\n');
    await garbage.untilEnd();
    expect(garbage.status).toBe(400);
    for (let at = 0; at < 19; at++) {
      await clock.advance(1_000);
      slow.socket.write('x');
    }
    expect(slow.ended).toBe(false);
    await clock.run(Promise.all([slow.untilEnd(), silent.untilEnd()]));
    expect(slow.status).toBe(408);
    expect(silent.received).toHaveLength(0);
  });

  it('cannot send an endless head', async () => {
    const { clock, port } = await started({ style: 'haa', files: { 'a.bin': zip } });
    const client = await RawClient.to(port);
    client.socket.write(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(3_000)}`);
    await clock.run(client.untilEnd());
    expect(client.status).toBe(413);
  });

  it('with a thousand connections does not keep the unit out', async () => {
    const { clock, port, folder } = await started({ style: 'mongoose', files: { 'a.zip': zip } });
    const many = await Promise.all(Array.from({ length: 1_000 }, () => RawClient.to(port)));
    expect((await fetched(clock, port, folder, 'a.zip')).equals(zip)).toBe(true);
    await until(() =>
      expect(many.filter(({ socket }) => socket.closed || socket.readableEnded).length).toBeGreaterThan(400),
    );
  });

  it('with many transfers at once is put off, until the stalled ones can be taken for gone', async () => {
    const { clock, port, folder } = await started({ style: 'takeover', files: { 'a.zip': zip } });
    const stalled = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const client = await RawClient.to(port);
        client.say(`GET /${folder}/a.zip HTTP/1.1`);
        await clock.run(client.untilBytes(1));
        client.socket.pause();
        return client;
      }),
    );
    expect((await clock.run(ask(port, `GET /${folder}/a.zip HTTP/1.1`))).status).toBe(503);
    await clock.advance(61_000);
    expect((await fetched(clock, port, folder, 'a.zip')).equals(zip)).toBe(true);
    for (const { socket } of stalled) socket.resume();
    await until(() => expect(stalled.filter(({ error }) => error !== undefined).length).toBe(0));
  });
});

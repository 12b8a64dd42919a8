import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { ownAddresses } from '../../../src/drivers/http/interfaces.ts';
import { createNetwork } from '../../../src/drivers/http/network.ts';
import type { AnnouncedService } from '../../../src/drivers/http/port.ts';
import { until } from '../../drivers/until.ts';
import { answers, PeerProcess } from '../serial/peer-process.ts';

const script = fileURLToPath(new URL('announce.py', import.meta.url));
const own = ownAddresses()[0]?.address;
const missing = answers('python3', '-c', 'import zeroconf')
  ? own === undefined
    ? 'this computer is on no network'
    : undefined
  : 'the Python package zeroconf is not installed';

async function announce() {
  const peer = new PeerProcess('python3', [script, own!]);
  onTestFinished(() => peer.stop());
  await peer.said(/^announced$/m);
  const tell = async (word: string) => {
    peer.peer.send(new TextEncoder().encode(`${word}\n`));
    await peer.said(new RegExp(`^did ${word}$`, 'm'));
  };
  return { tell };
}

async function listen() {
  const found: AnnouncedService[] = [];
  const stop = await createNetwork({ clock: systemClock }).browse(
    ['_http._tcp', '_ewelink._tcp'],
    (service) => found.push(service),
  );
  onTestFinished(stop);
  /** The newest of each. */
  return () =>
    new Map(
      found
        .filter(({ name }) => /^(shellyplug-s-A1B2C3|eWeLink_1000abcdef|printer)$/.test(name))
        .map((service) => [service.name, service]),
    );
}

describe.skipIf(missing)(`zeroconf announces${missing ? ` (${missing})` : ''}`, () => {
  it('a Shelly and a Sonoff that are asked for', async () => {
    await announce();
    const found = await listen();
    await until(() => expect(found().size).toBe(2));
    expect(found().get('shellyplug-s-A1B2C3')).toEqual({
      type: '_http._tcp',
      name: 'shellyplug-s-A1B2C3',
      hostName: 'shellyplug-s-A1B2C3',
      at: { host: own, port: 80 },
      txt: {
        id: 'shellyplug-s-A1B2C3',
        arch: 'esp8266',
        fw_version: '1.0',
        fw_id: '20230109-114426/v1.12.2',
      },
    });
    expect(found().get('eWeLink_1000abcdef')).toMatchObject({
      type: '_ewelink._tcp',
      at: { host: own, port: 8081 },
      txt: { type: 'diy_plug', seq: '1', data1: `{${'x'.repeat(240)}`, data2: ' }' },
    });
  });

  it('to one who listens already, and what changes', async () => {
    const found = await listen();
    const { tell } = await announce();
    await until(() => expect(found().size).toBe(2));
    await tell('change');
    await until(() => expect(found().get('eWeLink_1000abcdef')?.txt.seq).toBe('2'));
    await tell('goodbye');
    await until(() => expect(found().has('shellyplug-s-A1B2C3')).toBe(true));
  });
});

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { parseLinks } from '../../src/core/link.ts';
import { openPracticeNetwork } from '../../src/main/networks.ts';
import { createPracticeBench, type OwnPracticeBench } from '../../src/virtual/create-practice-bench.ts';

const benches: OwnPracticeBench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

function practice(dataDir = mkdtempSync(join(tmpdir(), 'benchflash-network-'))): OwnPracticeBench {
  const bench = createPracticeBench({
    dataDir,
    clock: systemClock,
    openNetwork: (lan) => openPracticeNetwork(lan, systemClock),
  });
  benches.push(bench);
  return bench;
}

const [link] = parseLinks('virtual:shelly-plug-s');
const other = parseLinks('virtual:shelly-plug-s?unit=2')[0]!;
const text = async (bench: OwnPracticeBench, of: typeof link, path: string) => {
  const { network, at } = await bench.openNetwork(of!);
  return (await network.request({ to: at, method: 'GET', path })).text();
};

describe('plugs on the network of the practice bench', () => {
  it('are reached by the real client at their virtual addresses', async () => {
    const bench = practice();
    const one = await bench.openNetwork(link!);
    const two = await bench.openNetwork(other);
    expect(await text(bench, link, '/shelly')).toContain('"type":"SHPLG-S"');
    expect(one.at.port).toBe(80);
    expect(one.at.host).not.toBe(two.at.host);
    expect(await text(bench, link, '/shelly')).not.toBe(await text(bench, other, '/shelly'));
    expect(await one.network.ownAddressTowards(one.at.host)).toBe('127.0.0.1');
  });

  it('stay on their power while the program runs, and keep their flash for the next', async () => {
    const bench = practice();
    const first = await bench.openNetwork(link!);
    await first.network.request({ to: first.at, method: 'POST', path: '/settings?name=kitchen' });
    await first.close();
    expect(await text(bench, link, '/settings')).toContain('"name":"kitchen"');
    await bench.close();
    const dataDir = mkdtempSync(join(tmpdir(), 'benchflash-network-'));
    const before = practice(dataDir);
    const opened = await before.openNetwork(link!);
    await opened.network.request({ to: opened.at, method: 'POST', path: '/settings?name=cellar' });
    await before.close();
    expect(readFileSync(join(dataDir, 'virtual', 'shelly-plug-s-1.bin'))).toHaveLength(2_097_152);
    const after = practice(dataDir);
    expect(await text(after, link, '/settings')).toContain('"name":"cellar"');
    await after.close();
    const anew = practice(dataDir);
    const [fresh] = parseLinks('virtual:shelly-plug-s?fresh');
    expect(await text(anew, fresh, '/settings')).toContain('"name":null');
  });

  it('are held by one program at a time, and give their place free', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'benchflash-network-'));
    const bench = practice(dataDir);
    await bench.openNetwork(link!);
    await expect(practice(dataDir).openNetwork(link!)).rejects.toMatchObject({ code: 'PORT_BUSY' });
    await bench.close();
    await practice(dataDir).openNetwork(link!);
  });

  it('lose their power by hands, and are nobody until they are back', async () => {
    const bench = practice();
    const opened = await bench.openNetwork(link!);
    await opened.perform('power-cycle');
    await expect(
      opened.network.request({ to: opened.at, method: 'GET', path: '/shelly', connectLimitMs: 1 }),
    ).rejects.toMatchObject({ code: 'HTTP_NO_ANSWER' });
  });

  it('refuses devices that are not on it', async () => {
    const [lamp] = parseLinks('virtual:lamp');
    await expect(practice().openNetwork(lamp!)).rejects.toMatchObject({ code: 'LINK_UNKNOWN' });
    await expect(practice().openSerial(link!, { baudRate: 115_200 })).rejects.toMatchObject({
      code: 'LINK_UNKNOWN',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { buildText, readEspHome, updateByWeb } from '../../../src/protocols/esphome/index.ts';
import { hostAt } from '../../harness/scripted-lan.ts';
import { scriptedNetwork, type Answer } from '../../harness/scripted-network.ts';

const { signal } = new AbortController();
const IMAGE = new Uint8Array(1000).fill(0xe9);

async function upload(answer: Answer) {
  const { network, seen } = scriptedNetwork(() => answer);
  let begun = 0;
  const end = await updateByWeb(
    { network, at: hostAt('10.1.0.9'), signal },
    { fileName: 'f.bin', image: IMAGE, beforeData: async () => void (begun += 1), onSent: () => {} },
  ).catch((error: unknown) => error as BenchError);
  return { end, seen, begun };
}

describe('the web update', () => {
  it('sends one file as a form', async () => {
    const { end, seen, begun } = await upload('Update Successful!');
    expect(end).toEqual({ kind: 'accepted' });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      page: '/update',
      body: { field: 'update', fileName: 'f.bin', content: IMAGE },
    });
    expect(begun).toBe(1);
  });

  it.each([
    ['Update Failed: 4', 'ESPHOME_WEB_REFUSED'],
    [{ status: 404, body: '' }, 'ESPHOME_WEB_CLOSED'],
    [{ status: 401, body: '' }, 'PLUG_LOCKED'],
    [new BenchError('HTTP_REFUSED'), 'HTTP_REFUSED'],
    [
      new BenchError('HTTP_RESET', { detail: { connected: true, sentAll: false, sentBytes: 9 } }),
      'ESPHOME_UPLOAD_BROKEN',
    ],
  ] as const)('%j is %s', async (answer, code) => {
    expect((await upload(answer)).end).toMatchObject({ code });
  });

  it.each([
    ['<html>something</html>'],
    [new BenchError('HTTP_CLOSED', { detail: { connected: true, sentAll: true } })],
  ])('%j leaves it open', async (answer) => {
    expect((await upload(answer)).end).toMatchObject({ kind: 'unknown' });
  });
});

describe('an announcement', () => {
  const service = {
    type: '_esphomelib._tcp',
    name: 'plug-a1b2c3',
    hostName: 'plug-a1b2c3',
    at: hostAt('10.1.0.9', 6053),
    txt: {
      version: '2026.9.1',
      mac: 'A020A6A1B2C3',
      platform: 'ESP8266',
      board: 'esp01_1m',
      config_hash: 'd4c3b2a1',
    },
  };

  it('is read', () => {
    expect(readEspHome(service)).toEqual({
      name: 'plug-a1b2c3',
      host: '10.1.0.9',
      mac: 'a0:20:a6:a1:b2:c3',
      version: '2026.9.1',
      platform: 'ESP8266',
      board: 'esp01_1m',
      configHash: 'd4c3b2a1',
    });
  });

  it('of something else is none', () => {
    expect(readEspHome({ ...service, type: '_http._tcp' })).toBeUndefined();
  });

  it('tells another build by its version or its YAML', () => {
    const before = readEspHome(service)!;
    const other = (txt: Record<string, string>) =>
      readEspHome({ ...service, txt: { ...service.txt, ...txt }, at: hostAt('10.1.0.77') })!;
    expect(buildText(other({}))).toBe(buildText(before));
    expect(buildText(other({ config_hash: '0' }))).not.toBe(buildText(before));
    expect(buildText(other({ version: '2026.10.1' }))).not.toBe(buildText(before));
  });
});

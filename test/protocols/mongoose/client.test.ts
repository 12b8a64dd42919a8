import { describe, expect, it } from 'vitest';
import { isFileListing, MongooseUnit } from '../../../src/protocols/mongoose/index.ts';
import { hostAt, json, ScriptedLan, type Script } from '../../harness/scripted-lan.ts';

const { signal } = new AbortController();
const unit = (script: Script) => {
  const network = new ScriptedLan();
  network.hosts.set('10.1.0.9', script);
  return { network, client: new MongooseUnit({ network, at: hostAt('10.1.0.9'), signal }) };
};

describe('the intermediate firmware', () => {
  it('is re-pointed by one request that saves and restarts', async () => {
    const { client, network } = unit(() => json({ saved: true }));
    await client.setTakeoverUrl('http://10.1.0.2/t.bin');
    expect(network.requests[0]).toMatchObject({ method: 'POST', path: '/rpc/Config.Set' });
    expect(JSON.parse(network.requests[0]!.body as string)).toEqual({
      config: { mg2x: { url: 'http://10.1.0.2/t.bin' } },
      save: true,
      reboot: true,
    });
  });

  it.each([
    ['the part that was asked for', { url: 'http://10.1.0.2/t.bin' }],
    ['the whole configuration', { wifi: { sta: { pass: 'x' } }, mg2x: { url: 'http://10.1.0.2/t.bin' } }],
  ])('says its URL in %s', async (_what, config) => {
    const { client } = unit(() => json(config));
    expect(await client.takeoverUrl()).toBe('http://10.1.0.2/t.bin');
  });

  it('takes a zip, or says what is wrong with it', async () => {
    const zip = { name: 'a.zip', content: Uint8Array.of(0x50, 0x4b) };
    const taken = unit(() => ({ body: '1 Update applied, rebooting' }));
    expect(await taken.client.upload(zip)).toMatchObject({ taken: true });
    expect(taken.network.requests[0]?.body).toMatchObject({ fileName: 'a.zip', content: zip.content });
    const refused = unit(() => ({ status: 400, body: 'Invalid manifest\u0007' }));
    expect(await refused.client.upload(zip)).toEqual({ taken: false, text: 'Invalid manifest' });
  });

  it.each([
    [{ status: 404, body: 'Not Found' }, 'PLUG_BAD_ANSWER'],
    [{ status: 401, body: '' }, 'PLUG_LOCKED'],
    [{ body: '<html>' }, 'PLUG_BAD_ANSWER'],
  ])('an answer that is none is told as such', async (answer, code) => {
    await expect(unit(() => answer).client.setTakeoverUrl('http://a/b')).rejects.toMatchObject({ code });
    await expect(unit(() => answer).client.reboot()).rejects.toMatchObject({ code });
  });

  it('shows a listing', () => {
    expect(isFileListing('<html><head><title>Index of /</title>')).toBe(true);
    expect(isFileListing('<h1>Page index offers</h1>')).toBe(false);
  });
});

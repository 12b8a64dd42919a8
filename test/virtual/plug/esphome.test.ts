import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { esphome } from '../../../src/virtual/plug/esphome/esphome.ts';
import { newPracticeEspHome, practiceEspHome } from '../../../src/virtual/plug/esphome/esphome-images.ts';
import { ERROR_FAULTS } from '../../../src/virtual/plug/esphome/faults.ts';
import type { EspHomeConfig } from '../../../src/virtual/plug/esphome/config.ts';
import { LonePlug } from './harness/lone-plug.ts';
import { upload } from './harness/raw-http.ts';

const plugs: LonePlug[] = [];
afterEach(() => plugs.splice(0).forEach((plug) => plug.close()));

function plugWith(config: Partial<EspHomeConfig> = {}, faults: readonly string[] = []): LonePlug {
  const flash = new Uint8Array(1_048_576).fill(0xff);
  flash.set(practiceEspHome(config));
  const plug = new LonePlug({ firmwares: [esphome], flash, faults });
  plugs.push(plug);
  return plug;
}

/** A client written from the table of the reference, which stops at the first byte that it does not expect. */
class RawClient {
  private readonly socket: Socket;
  private bytes = Buffer.alloc(0);
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, bytes]);
      this.wake?.();
    });
    const end = () => {
      this.ended = true;
      this.wake?.();
    };
    socket.on('close', end).on('end', end).on('error', end);
  }

  static async open(plug: LonePlug): Promise<RawClient> {
    const socket = connect({ port: await plug.port(8266), host: '127.0.0.1' });
    await new Promise((resolve) => socket.once('connect', resolve));
    return new RawClient(socket);
  }

  send(...bytes: number[]): void {
    this.write(Uint8Array.from(bytes));
  }
  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }
  destroy(): void {
    this.socket.destroy();
  }

  /** Hex of the next bytes; shorter when it ended. */
  async hear(length: number): Promise<string> {
    while (this.bytes.length < length && !this.ended)
      await new Promise<void>((resolve) => (this.wake = resolve));
    const bytes = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return bytes.toString('hex');
  }
}

interface Update {
  readonly features?: number;
  readonly password?: string;
  readonly content?: Uint8Array;
  readonly md5?: string;
}

/** Everything heard, in order, as hex: a failure ends it. */
async function update(plug: LonePlug, options: Update = {}): Promise<string[]> {
  const { features = 7, password = '', content = newPracticeEspHome() } = options;
  const md5 = options.md5 ?? createHash('md5').update(content).digest('hex');
  const client = await RawClient.open(plug);
  const heard: string[] = [];
  const hear = async (length = 1) => {
    heard.push(await client.hear(length));
    return heard.at(-1)!;
  };
  client.send(0x6c, 0x26, 0xf7, 0x5c, 0x45);
  const version = await hear(2);
  if (!version.startsWith('00')) return heard;
  client.send(features);
  const isExtended = (await hear()) === '48';
  if (isExtended) await hear();
  const auth = await hear();
  if (auth === '01' || auth === '02') {
    const [kind, length] = auth === '01' ? (['md5', 32] as const) : (['sha256', 64] as const);
    const nonce = Buffer.from(await client.hear(length), 'hex').toString();
    const own = 'a'.repeat(length);
    client.write(own);
    client.write(
      createHash(kind)
        .update(password + nonce + own)
        .digest('hex'),
    );
    if ((await hear()) !== '41') return heard;
  } else if (auth !== '41') return heard;
  if (isExtended) client.send(0);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  client.write(size);
  if ((await hear()) !== '42') return heard;
  client.write(md5);
  if ((await hear()) !== '43') return heard;
  const acks = version === '0002' ? Math.ceil(content.length / 8192) : 0;
  client.write(content);
  const chunks = await client.hear(acks);
  if (chunks !== '47'.repeat(acks)) return [...heard, chunks];
  if ((await hear()) !== '44') return heard;
  if ((await hear()) !== '45') return heard;
  client.send(0);
  return heard;
}

const runsNew = async (plug: LonePlug, content = newPracticeEspHome()) => {
  await plug.started(2);
  expect(Buffer.from(plug.flash.subarray(0, content.length)).equals(Buffer.from(content))).toBe(true);
  await plug.until(() => plug.services.length > 0);
  expect(plug.services[0]!.txt.version).toBe('2026.10.1');
};

describe('the update port of ESPHome', () => {
  it.each([
    ['no password', {}, ['0002', '40', '41', '42', '43', '44', '45']],
    ['protocol 1', { otaVersion: 1 }, ['0001', '40', '41', '42', '43', '44', '45']],
    ['MD5', { auth: 'md5', otaPassword: 'secret' }, ['0002', '40', '01', '41', '42', '43', '44', '45']],
    [
      'SHA-256',
      { auth: 'sha256', otaPassword: 'secret' },
      ['0002', '40', '02', '41', '42', '43', '44', '45'],
    ],
    ['flags', { extended: true }, ['0002', '48', '00', '41', '42', '43', '44', '45']],
  ] as [string, Partial<EspHomeConfig>, string[]][])('takes an update: %s', async (_, config, said) => {
    const plug = plugWith(config);
    expect(await update(plug, { password: 'secret' })).toEqual(said);
    await runsNew(plug);
  });

  it('takes gzip where both know it', async () => {
    const content = new Uint8Array(gzipSync(newPracticeEspHome()));
    const plug = plugWith({ gzip: true });
    expect((await update(plug, { content }))[1]).toBe('46');
    await runsNew(plug);
    const flags = plugWith({ gzip: true, extended: true });
    expect((await update(flags, { content })).slice(1, 3)).toEqual(['48', '01']);
    await runsNew(flags);
    expect((await update(plugWith({ gzip: true }), { features: 0 }))[1]).toBe('40');
  });

  it('refuses a wrong password, a client without SHA-256, other magic bytes', async () => {
    expect((await update(plugWith({ auth: 'md5', otaPassword: 'a' }), { password: 'b' })).at(-1)).toBe('82');
    const sha = plugWith({ auth: 'sha256', otaPassword: 'a' });
    expect((await update(sha, { password: 'b' })).at(-1)).toBe('82');
    expect((await update(sha, { password: 'a', features: 1 })).at(-1)).toBe('82');
    const client = await RawClient.open(sha);
    client.send(1, 2, 3, 4, 5);
    expect(await client.hear(2)).toBe('80');
    expect((await update(sha, { password: 'a' })).at(-1)).toBe('45');
  });

  it('refuses what is too large, has another MD5, is no image or one for a larger chip', async () => {
    const large = practiceEspHome({}, { codeBytes: 786_432 });
    const plug = plugWith();
    expect((await update(plug, { content: large })).at(-1)).toBe('88');
    expect((await update(plug, { md5: '0'.repeat(32) })).at(-1)).toBe('8b');
    expect((await update(plug, { content: new Uint8Array(50_000) })).at(-1)).toBe('80');
    const four = newPracticeEspHome();
    four[3] = 0x40;
    expect((await update(plug, { content: four })).at(-1)).toBe('87');
    expect(plug.rtc.command).toBeUndefined();
    expect((await update(plug)).at(-1)).toBe('45');
  });

  it.each(ERROR_FAULTS.map(({ name }) => name))('says so with the fault %s', async (name) => {
    const plug = plugWith({ auth: 'md5', otaPassword: 'a' }, [`${name}-once`]);
    const byte = name === 'md5-refused' ? '8b' : name.slice(-2);
    expect((await update(plug, { password: 'a' })).at(-1)).toBe(byte);
    expect(plug.rtc.command).toBeUndefined();
    expect((await update(plug, { password: 'a' })).at(-1)).toBe('45');
    await runsNew(plug);
  });

  it('stalls before 44 with the fault, and nothing is staged', async () => {
    const plug = plugWith({}, ['stalls-before-receipt']);
    const content = newPracticeEspHome();
    const client = await RawClient.open(plug);
    client.send(0x6c, 0x26, 0xf7, 0x5c, 0x45, 0);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(content.length);
    client.write(size);
    client.write(createHash('md5').update(content).digest('hex'));
    client.write(content);
    const acks = Math.ceil(content.length / 8192);
    expect(await client.hear(6 + acks)).toBe(`000240414243${'47'.repeat(acks)}`);
    client.destroy();
    expect(plug.rtc.command).toBeUndefined();
    expect(plug.starts).toBe(1);
  });

  it('goes on as it was when the client leaves in the middle, and turns a second one away', async () => {
    const plug = plugWith();
    const first = await RawClient.open(plug);
    first.send(0x6c, 0x26, 0xf7, 0x5c, 0x45);
    expect(await first.hear(2)).toBe('0002');
    const second = await RawClient.open(plug);
    second.send(0x6c, 0x26, 0xf7, 0x5c, 0x45);
    expect(await second.hear(2)).toBe('');
    first.destroy();
    await expect.poll(async () => (await update(plug)).at(-1)).toBe('45');
    await runsNew(plug);
  });
});

describe('ESPHome on the network', () => {
  it('is announced with version, MAC and platform', async () => {
    const plug = plugWith({ name: 'cellar' });
    await plug.until(() => plug.services.length > 0);
    expect(plug.services[0]).toMatchObject({
      type: '_esphomelib._tcp',
      name: 'cellar',
      port: 6053,
      txt: { version: '2026.9.1', mac: 'a4cf12a1b2c3', platform: 'ESP8266', board: 'esp01_1m' },
    });
  });

  it('takes an upload to its page', async () => {
    const plug = plugWith();
    const port = await plug.port(80);
    const refused = await upload(port, '/update', Buffer.from('<html>'.repeat(500)), { field: 'update' });
    expect([refused.status, refused.text]).toEqual([200, 'Update Failed: ERROR[10]: Magic byte is not 0xE9']);
    const taken = await upload(port, '/update', newPracticeEspHome(), { field: 'update' });
    expect([taken.status, taken.text]).toEqual([200, 'Update Successful!']);
    await runsNew(plug);
  });

  it('opens its fallback access point without a network', async () => {
    const plug = plugWith({ ssid: 'elsewhere', name: 'cellar' });
    await plug.until(() => plug.accessPoint != null);
    expect(plug.accessPoint?.ssid).toBe('cellar Fallback Hotspot');
  });
});

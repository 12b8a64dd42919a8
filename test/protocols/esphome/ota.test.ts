import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { authProof, encodeChecksum, encodeSize, featureByte } from '../../../src/protocols/esphome/codec.ts';
import { answerError } from '../../../src/protocols/esphome/errors.ts';
import { greetUpdater, updateByOta, type OtaUpdate } from '../../../src/protocols/esphome/index.ts';
import { hostAt } from '../../harness/scripted-lan.ts';
import { paperUpdater, type Exchange } from './paper-updater.ts';

const IMAGE = new Uint8Array(20_000).map((_, at) => at % 251);
/** By Python's hashlib, of the same bytes. */
const IMAGE_MD5 = 'c968d3e881d1ec95343a421fe3e79a1a';
const NONCE_32 = '0123456789abcdef0123456789abcdef';
const OWN_32 = 'fedcba9876543210fedcba9876543210';
const ascii = (text: string): number[] => [...Buffer.from(text, 'ascii')];
const hexOf = (text: string): string => Buffer.from(text, 'ascii').toString('hex');

const { signal } = new AbortController();

interface Told {
  readonly progress: [number, number][];
  begun: number;
}

function send(updater: ReturnType<typeof paperUpdater>, more: Partial<OtaUpdate> = {}) {
  const told: Told = { progress: [], begun: 0 };
  const result = updateByOta(
    { network: updater.network, at: hostAt('10.1.0.9', 8266), signal },
    {
      image: IMAGE,
      mayCompress: false,
      randomHex: (bytes) => OWN_32.repeat(bytes / 16),
      beforeData: async () => void (told.begun += 1),
      onTaken: (bytes, totalBytes) => void told.progress.push([bytes, totalBytes]),
      ...more,
    },
  );
  return { result, told };
}

/** As the reference has it, without a password: size 20000 = 00004E20. */
const HELLO: Exchange = ['6c26f75c45', [0x00, 0x02]];
const OPEN: Exchange[] = [HELLO, [1, [0x40, 0x41]]];
const PREPARE: Exchange[] = [
  [4, [0x42]],
  [32, [0x43]],
];
const BLOCKS: Exchange[] = [
  [8192, [0x47]],
  [8192, [0x47]],
  [3616, [0x47, 0x44, 0x45]],
];
const WHOLE = [...OPEN, ...PREPARE, ...BLOCKS];

describe('bytes of the update protocol', () => {
  it('features, size and checksum are those of the reference', () => {
    expect(featureByte({ compression: true })).toBe(7);
    expect(featureByte({ compression: false })).toBe(6);
    expect(Buffer.from(encodeSize(0x0102_0304, { extended: false })).toString('hex')).toBe('01020304');
    expect(Buffer.from(encodeSize(20_000, { extended: true })).toString('hex')).toBe('0000004e20');
    expect(Buffer.from(encodeChecksum(IMAGE)).toString('ascii')).toBe(IMAGE_MD5);
  });

  it('the password is proved as Python computes it', () => {
    expect(authProof('md5', 'practice', NONCE_32, OWN_32)).toBe('b562265d545dfbbcbf0cacfe4bf71ee7');
    expect(authProof('sha256', 'practice', NONCE_32.repeat(2), OWN_32.repeat(2))).toBe(
      '289b4bc3d5834e6d25366f47d3c9d9e23e0e2fa7695139c719c7fa7465758b5f',
    );
  });
});

describe('an update', () => {
  it.each([false, true])('goes over byte for byte (answers in pieces: %s)', async (pieces) => {
    const updater = paperUpdater(WHOLE, { pieces });
    const { result, told } = send(updater);
    expect(await result).toEqual({ kind: 'accepted', compressed: false });
    const [hello, features, size, md5, ...data] = updater.heard;
    expect([hello, features, size, md5]).toEqual(['6c26f75c45', '06', '00004e20', hexOf(IMAGE_MD5)]);
    expect(data.join('')).toBe(`${Buffer.from(IMAGE).toString('hex')}00`);
    expect(told).toEqual({
      begun: 1,
      progress: [
        [8192, 20_000],
        [16_384, 20_000],
        [20_000, 20_000],
      ],
    });
    expect(updater.closed).toBe(true);
  });

  it('of version 1 has no acknowledgements', async () => {
    const updater = paperUpdater([
      ['6c26f75c45', [0x00, 0x01]],
      [1, [0x40, 0x41]],
      ...PREPARE,
      [20_000, [0x44, 0x45]],
    ]);
    expect(await send(updater).result).toEqual({ kind: 'accepted', compressed: false });
  });

  it('says what it is where the unit knows flags, and is packed where both want it', async () => {
    const bytes: Exchange[] = [HELLO, [1, [0x48, 0x01, 0x41]], [5, [0x42]], [32, [0x43]], [Infinity, []]];
    const updater = paperUpdater(bytes);
    expect((await send(updater, { mayCompress: true }).result).kind).toBe('unknown');
    expect(updater.heard[1]).toBe('07');
    expect(updater.heard[2]).toMatch(/^000000/);
    const packed = Number.parseInt(updater.heard[2]!, 16);
    expect(packed).toBeLessThan(IMAGE.length);
  });

  it('is packed whole and unharmed', async () => {
    const image = new Uint8Array(4000).fill(7);
    const probe = paperUpdater([HELLO, [1, [0x46, 0x41]], [4, [0x42]], [32, [0x43]], [Infinity, []]]);
    await send(probe, { mayCompress: true, image }).result.catch(() => undefined);
    const size = Number.parseInt(probe.heard[2]!, 16);
    const updater = paperUpdater([
      HELLO,
      [1, [0x46, 0x41]],
      [4, [0x42]],
      [32, [0x43]],
      [size, [0x47, 0x44, 0x45]],
    ]);
    expect(await send(updater, { mayCompress: true, image }).result).toEqual({
      kind: 'accepted',
      compressed: true,
    });
    expect(new Uint8Array(gunzipSync(Buffer.from(updater.heard[4]!, 'hex')))).toEqual(image);
  });

  it.each([
    ['md5', 0x01, NONCE_32, OWN_32, 'b562265d545dfbbcbf0cacfe4bf71ee7'],
    [
      'sha256',
      0x02,
      NONCE_32.repeat(2),
      OWN_32.repeat(2),
      '289b4bc3d5834e6d25366f47d3c9d9e23e0e2fa7695139c719c7fa7465758b5f',
    ],
  ] as const)('proves the password by %s', async (_, kind, nonce, own, proof) => {
    const updater = paperUpdater(
      [HELLO, [1, [0x40, kind, ...ascii(nonce)]], [own.length * 2, [0x41]], ...PREPARE, ...BLOCKS],
      { pieces: true },
    );
    expect((await send(updater, { password: 'practice' }).result).kind).toBe('accepted');
    expect(updater.heard[2]).toBe(hexOf(own + proof));
  });

  it('without a password stops before anything is written', async () => {
    const updater = paperUpdater([HELLO, [1, [0x40, 0x02, ...ascii(NONCE_32.repeat(2))]], [1, []]]);
    const { result, told } = send(updater);
    await expect(result).rejects.toMatchObject({ code: 'ESPHOME_PASSWORD_WANTED' });
    expect(told.begun).toBe(0);
    expect(updater.closed).toBe(true);
  });

  it('a nonce that is none is not answered with a proof', async () => {
    const updater = paperUpdater([HELLO, [1, [0x40, 0x01, ...ascii('"'.repeat(32))]], [1, []]]);
    await expect(send(updater, { password: 'practice' }).result).rejects.toMatchObject({
      code: 'ESPHOME_BAD_ANSWER',
    });
    expect(updater.heard).toHaveLength(2);
  });

  it.each([
    ['at the features', [HELLO, [1, [0x85]]], 'ESPHOME_NEEDS_RESET'],
    ['before the password', [HELLO, [1, [0x40, 0x82]]], 'ESPHOME_PASSWORD_WRONG'],
    ['at the size', [...OPEN, [4, [0x88]]], 'ESPHOME_NO_SPACE'],
    ['at the checksum', [...OPEN, [4, [0x42]], [32, [0x8b]]], 'ESPHOME_MD5'],
    ['in the middle', [...OPEN, ...PREPARE, [8192, [0x83]], [1, []]], 'ESPHOME_WRITE'],
    ['at the end', [...OPEN, ...PREPARE, ...BLOCKS.slice(0, 2), [3616, [0x47, 0x44, 0x84]]], 'ESPHOME_END'],
    ['with something else', [...OPEN, [4, [0x12]]], 'ESPHOME_BAD_ANSWER'],
  ] as [string, Exchange[], string][])('an error %s is told as %s', async (_, script, code) => {
    await expect(send(paperUpdater(script)).result).rejects.toMatchObject({ code });
  });

  it('that breaks in the middle is broken; the old firmware stays', async () => {
    const updater = paperUpdater([...OPEN, ...PREPARE, [8192, [0x47]]], { thenReset: true });
    await expect(send(updater).result).rejects.toMatchObject({
      code: 'ESPHOME_UPLOAD_BROKEN',
      detail: { sentBytes: 8192 },
    });
  });

  it('an error that came before the unit hung up is heard', async () => {
    const updater = paperUpdater(
      [
        ['6c26f75c45', [0x00, 0x01]],
        [1, [0x40, 0x41]],
        [4, [0x42]],
        [32, [0x43]],
        [8192, [0x83]],
      ],
      { thenReset: true },
    );
    await expect(send(updater).result).rejects.toMatchObject({ code: 'ESPHOME_WRITE' });
  });

  it.each([
    ['closes', [...OPEN, ...PREPARE, ...BLOCKS.slice(0, 2), [3616, [0x47]]], false],
    ['breaks', [...OPEN, ...PREPARE, ...BLOCKS.slice(0, 2), [3616, [0x47, 0x44]]], true],
    ['is silent', [...OPEN, ...PREPARE, ...BLOCKS.slice(0, 2), [3616, [0x47]], [1, []]], false],
  ] as [string, Exchange[], boolean][])(
    'that %s after the last byte is open',
    async (_, script, thenReset) => {
      expect((await send(paperUpdater(script, { thenReset })).result).kind).toBe('unknown');
    },
  );
});

describe('a greeting', () => {
  it('asks for nothing but the version', async () => {
    const updater = paperUpdater([HELLO]);
    const peer = { network: updater.network, at: hostAt('10.1.0.9', 3232), signal };
    expect(await greetUpdater(peer)).toEqual({ version: 2 });
    expect(updater.heard).toEqual(['6c26f75c45']);
    expect(updater.closed).toBe(true);
  });

  it.each([
    ['another version', [0x00, 0x03]],
    ['HTTP', ascii('HTTP/1.1 400')],
    ['an end', []],
  ])('%s is no updater', async (_, answer) => {
    const updater = paperUpdater([['6c26f75c45', answer]]);
    const peer = { network: updater.network, at: hostAt('10.1.0.9', 3232), signal };
    await expect(greetUpdater(peer)).rejects.toMatchObject({ code: 'ESPHOME_NO_UPDATER' });
  });
});

it.each([
  [0x80, 'ESPHOME_MAGIC'],
  [0x81, 'ESPHOME_PREPARE'],
  [0x82, 'ESPHOME_PASSWORD_WRONG'],
  [0x83, 'ESPHOME_WRITE'],
  [0x84, 'ESPHOME_END'],
  [0x85, 'ESPHOME_NEEDS_RESET'],
  [0x86, 'ESPHOME_CURRENT_FLASH_CONFIG'],
  [0x87, 'ESPHOME_NEW_FLASH_CONFIG'],
  [0x88, 'ESPHOME_NO_SPACE'],
  [0x89, 'ESPHOME_PARTITION_TOO_SMALL'],
  [0x8a, 'ESPHOME_NO_PARTITION'],
  [0x8b, 'ESPHOME_MD5'],
  [0x8c, 'ESPHOME_NO_SPACE_RP2040'],
  [0x8d, 'ESPHOME_SIGNATURE'],
  [0x8e, 'ESPHOME_IMAGE_KIND'],
  [0x8f, 'ESPHOME_PARTITION_TABLE'],
  [0x90, 'ESPHOME_PARTITION_TABLE'],
  [0x91, 'ESPHOME_UNKNOWN_ERROR'],
  [0xff, 'ESPHOME_UNKNOWN_ERROR'],
  [0x47, undefined],
])('error byte %# is its own code', (byte, code) => {
  expect(answerError(byte, 'here')?.code).toBe(code);
});

import CRC32 from 'crc-32';
import { describe, expect, it } from 'vitest';
import { Console } from './harness/console.ts';

/** CRC-16 of XMODEM, bit by bit: polynomial 0x1021, start zero. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const top = ((crc >> 15) ^ (byte >> bit)) & 1;
      crc = ((crc << 1) & 0xffff) ^ (top === 1 ? 0x1021 : 0);
    }
  return crc;
}

function block(number: number, data: Uint8Array): Uint8Array {
  const crc = crc16(data);
  return Uint8Array.from([
    data.length === 128 ? 1 : 2,
    number & 0xff,
    ~number & 0xff,
    ...data,
    crc >> 8,
    crc & 0xff,
  ]);
}

function header(name: string, size: number): Uint8Array {
  const data = new Uint8Array(128);
  data.set(Buffer.from(`${name}\0${size} 0 0`, 'latin1'));
  return block(0, data);
}

const content = Uint8Array.from({ length: 2500 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
const piece = (index: number) => {
  const data = new Uint8Array(1024).fill(0x1a);
  data.set(content.subarray(index * 1024, (index + 1) * 1024));
  return data;
};
const crcText = (CRC32.buf(content) >>> 0).toString(16).padStart(8, '0');
const ACK = '\x06';

async function uploading(query = ''): Promise<Console> {
  const camera = await Console.open(query);
  await camera.toPrompt();
  expect(await camera.run('loady 0x80600000')).toBe(
    '## Ready for binary (ymodem) download to 0x80600000 at 115200 bps...\nC',
  );
  return camera;
}

/** Header, and the `C` that comes two seconds after its ACK. */
async function begun(query = ''): Promise<Console> {
  const camera = await uploading(query);
  expect(await camera.send(header('part.bin', content.length))).toBe(ACK);
  await camera.clock.advance(2000);
  expect(camera.heard()).toBe('C');
  return camera;
}

async function finish(camera: Console): Promise<string> {
  expect(await camera.send('\x04')).toBe(`${ACK}C`);
  return camera.send(block(0, new Uint8Array(128)));
}

describe('loady', () => {
  it('takes a file, cuts the padding off and tells its size', async () => {
    const camera = await begun();
    for (let index = 0; index < 3; index++)
      expect(await camera.send(block(index + 1, piece(index)))).toBe(ACK);
    const end = await finish(camera);
    expect(end).toMatch(/^.xyzModem - CRC mode, 2\(SOH\)\/3\(STX\)\/0\(CAN\) packets, 2 retries\r\n/);
    expect(end).toContain('## Total Size      = 0x000009c4 = 2500 Bytes\r\nisvp_t20# ');
    expect(await camera.run('crc32 0x80600000 ${filesize}')).toContain(crcText);
  });

  it('asks for a damaged block anew, takes one that comes twice once', async () => {
    const camera = await begun();
    const damaged = block(1, piece(0));
    damaged[100]! ^= 1;
    expect(await camera.send(damaged)).toBe('C');
    expect(await camera.send(block(1, piece(0)))).toBe(ACK);
    expect(await camera.send(block(1, piece(0)))).toBe(ACK);
    expect(await camera.send(block(2, piece(1)))).toBe(ACK);
    expect(await camera.send(block(3, piece(2)))).toBe(ACK);
    expect(await finish(camera)).toContain('= 2500 Bytes');
    expect(await camera.run('crc32 0x80600000 9c4')).toContain(crcText);
  });

  it('spoils a block by itself where the fault says so', async () => {
    const camera = await begun('?fault=upload-errors');
    const answers = [];
    for (let index = 0; index < 2; index++) answers.push(await camera.send(block(index + 1, piece(index))));
    expect(answers).toContain('C');
  });

  it('three CANs end it before and within a file, Ctrl-C does not; the size is told all the same', async () => {
    const before = await uploading();
    expect(await before.send('\x03\x03\x03')).toBe('');
    expect(await before.send('\x18\x18\x18')).toMatch(
      /^Cancelled\r\nxyzModem - .*\r\n## Total Size {6}= 0x00000000 = 0 Bytes\r\nisvp_t20# $/,
    );
    const within = await begun();
    await within.send(block(1, piece(0)));
    expect(await within.send('\x18\x18\x18')).toMatch(
      /## Total Size {6}= 0x00000400 = 1024 Bytes\r\nisvp_t20# $/,
    );
    expect(await within.run('echo still here')).toBe('still here\n');
  });

  it('gives up when nobody sends: ten times C, then NAK, then the prompt', async () => {
    const camera = await uploading();
    await camera.clock.advance(60_000);
    const text = camera.heard().replaceAll('\x15', 'N');
    expect(text).toMatch(/^C{9}N{11}Timed out\r\n[^]*= 0 Bytes\r\nisvp_t20# $/);
  });
});

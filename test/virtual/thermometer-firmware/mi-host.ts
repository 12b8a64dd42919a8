import { createCipheriv, createECDH, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { bytesOf, hexOf, type TestCentral } from './unit.ts';

const CONTROL = '0010';
const DATA = '0019';
const READY = '00000101';
const SUCCESS = '00000100';

const le16 = (value: number) => hexOf(Uint8Array.of(value & 0xff, value >> 8));

/** Sends a parcel as an app does, 18 bytes a frame; sends again what is asked for. Returns the LOST that came. */
export async function sendParcel(central: TestCentral, type: string, hex: string): Promise<string[]> {
  const frames = hex.match(/.{1,36}/g)!.map((payload, index) => le16(index + 1) + payload);
  await central.write(DATA, `000000${type}${le16(frames.length)}`);
  await central.expects(DATA, READY);
  for (const each of frames) await central.write(DATA, each);
  const asked: string[] = [];
  for (let reply = await central.next(DATA); reply !== SUCCESS; reply = await central.next(DATA)) {
    expect(reply).toMatch(/^00000105/);
    asked.push(reply);
    const numbers = bytesOf(reply.slice(8));
    for (let at = 0; at < numbers.length; at += 2) await central.write(DATA, frames[numbers[at]! - 1]!);
  }
  return asked;
}

/** Takes a parcel; asks for what is missing when the last frame has come. */
export async function takeParcel(central: TestCentral, type: string): Promise<string> {
  const announced = await central.next(DATA);
  if (announced.startsWith('000002')) {
    expect(announced.slice(6, 8)).toBe(type);
    await central.write(DATA, '00000300');
    return announced.slice(8);
  }
  expect(announced.slice(0, 8)).toBe(`000000${type}`);
  const count = bytesOf(announced.slice(8))[0]!;
  const frames = new Map<number, string>();
  await central.write(DATA, READY);
  while (frames.size < count) {
    const frame = await central.next(DATA);
    const number = bytesOf(frame)[0]!;
    frames.set(number, frame.slice(4));
    const missing = Array.from({ length: count }, (_, index) => index + 1).filter(
      (each) => !frames.has(each),
    );
    if (number === count && missing.length > 0)
      await central.write(DATA, `00000105${missing.map(le16).join('')}`);
  }
  await central.write(DATA, SUCCESS);
  return [...frames]
    .toSorted(([one], [other]) => one - other)
    .map(([, payload]) => payload)
    .join('');
}

export interface Registered {
  /** Of the control point: `11000000` for success. */
  readonly answer: string;
  readonly token: string;
  readonly bindKey: string;
  /** The LOST that came. */
  readonly asked: readonly string[];
}

/** Registration up to firmware 1.0.0_0130, with the id that the unit gave or a fresh one. */
export async function register(central: TestCentral, deviceId: string): Promise<Registered> {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  await central.write(CONTROL, '15000000');
  const asked = await sendParcel(central, '03', hexOf(pair.getPublicKey()).slice(2));
  const deviceKey = await takeParcel(central, '03');
  const secret = pair.computeSecret(bytesOf(`04${deviceKey}`));
  const key = new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), 'mible-setup-info', 64));
  const cipher = createCipheriv('aes-128-ccm', key.subarray(28, 44), bytesOf('101112131415161718191a1b'), {
    authTagLength: 4,
  });
  cipher.setAAD(Buffer.from('devID'), { plaintextLength: 20 });
  const sealed = hexOf(cipher.update(bytesOf(deviceId))) + hexOf((cipher.final(), cipher.getAuthTag()));
  await sendParcel(central, '00', sealed);
  await central.write(CONTROL, '13000000');
  return {
    answer: await central.next(CONTROL),
    token: hexOf(key.subarray(0, 12)),
    bindKey: hexOf(key.subarray(12, 28)),
    asked,
  };
}

export interface LoggedIn {
  readonly answer: string;
  /** Whether the unit proved that it knows the token. */
  readonly deviceIsGenuine: boolean;
  readonly asked: readonly string[];
}

export async function login(central: TestCentral, token: string, single = false): Promise<LoggedIn> {
  const own = hexOf(randomBytes(16));
  await central.write(CONTROL, '24000000');
  const asked = await sendParcel(central, '0b', own);
  const theirs = await takeParcel(central, '0d');
  const shown = await takeParcel(central, '0c');
  const key = new Uint8Array(
    hkdfSync('sha256', bytesOf(token), bytesOf(own + theirs), 'mible-login-info', 64),
  );
  const mac = (from: number, data: string) =>
    createHmac('sha256', key.subarray(from, from + 16))
      .update(bytesOf(data))
      .digest('hex');
  const proof = mac(16, own + theirs);
  if (single) {
    // What public flashers do with such firmware: one long frame, announced.
    await central.write(DATA, '0000000a0100');
    await central.expects(DATA, READY);
    await central.write(DATA, `0100${proof}`);
    await central.expects(DATA, SUCCESS);
  } else await sendParcel(central, '0a', proof);
  return { answer: await central.next(CONTROL), deviceIsGenuine: shown === mac(0, theirs + own), asked };
}

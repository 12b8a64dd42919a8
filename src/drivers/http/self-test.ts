import type { Clock } from '../../core/clock.ts';
import { sha256Hex } from '../../core/digest.ts';
import type { FetchStyle, OfferedFile } from './firmware-server.ts';
import { PlainExchange } from './plain-exchange.ts';
import type { HostPort } from './port.ts';
import { SELF_TEST_HEADER } from './server/messages.ts';

export interface SelfTest {
  readonly at: HostPort;
  readonly folder: string;
  readonly files: readonly OfferedFile[];
  readonly style: FetchStyle;
  /** 12 hex digits. */
  readonly mac: string | undefined;
  /** The server reports nothing of requests that carry it. */
  readonly key: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Of the tail that is asked for. */
const TAIL_BYTES = 64;
/** HAA asks for one sector of flash at a time. */
const HAA_STEP_BYTES = 4_096;

/**
 * Fetches every file as the unit will, through the address by which the unit reaches it: the whole of it, as HTTP/1.0
 * as well, its first bytes and its tail; compares all. Resolves with the bytes per second; rejects with what is wrong.
 */
export async function selfTest(test: SelfTest): Promise<number> {
  let bytes = 0;
  let ms = 0;
  for (const file of test.files) {
    const started = test.clock.monotonicMs();
    bytes += await wholeFile(test, file);
    ms += test.clock.monotonicMs() - started;
    await oldFashioned(test, file);
    await parts(test, file);
  }
  return Math.round(bytes / (Math.max(ms, 1) / 1_000));
}

/** As its own client fetches it. Resolves with the bytes that came. */
async function wholeFile(test: SelfTest, file: OfferedFile): Promise<number> {
  const asksRange = test.style === 'mongoose' || test.style === 'sonoff-diy';
  const headers: Record<string, string> = { Connection: 'close', ...(asksRange && { Range: 'bytes=0-' }) };
  if (test.style === 'haa') return inSteps(test, file);
  const minor = test.style === 'esp8266-update' ? 0 : 1;
  await onConnection(test, async (exchange) => {
    const answer = await exchange.request(requestText(test, file, headers, { minor }));
    same(file, answer.body, file.content);
    const takes200 = test.style !== 'sonoff-diy';
    if (answer.status !== 206 && !(takes200 && answer.status === 200))
      throw new Error(`${file.name} is answered with status ${answer.status}`);
    await exchange.untilEnd();
  });
  return file.content.length;
}

/** Like HAA: sector by sector on one connection, then everything compared. */
async function inSteps(test: SelfTest, file: OfferedFile): Promise<number> {
  const steps: Buffer[] = [];
  await onConnection(test, async (exchange) => {
    for (let at = 0; at < file.content.length; at += HAA_STEP_BYTES) {
      const last = Math.min(at + HAA_STEP_BYTES, file.content.length) - 1;
      const { status, headers, body } = await exchange.request(
        requestText(test, file, { Range: `bytes=${at}-${at + HAA_STEP_BYTES - 1}` }),
      );
      const isAsWanted = headers.get('content-range') === `bytes ${at}-${last}/${file.content.length}`;
      if (status !== 206 || !isAsWanted) throw new Error(`${file.name} is not served in parts`);
      steps.push(body);
    }
  });
  same(file, Buffer.concat(steps), file.content);
  return file.content.length;
}

async function oldFashioned(test: SelfTest, file: OfferedFile): Promise<void> {
  await onConnection(test, async (exchange) => {
    const head = await exchange.request(requestText(test, file, {}, { minor: 0, method: 'HEAD' }), {
      hasBody: false,
    });
    if (head.headers.get('content-length') !== String(file.content.length))
      throw new Error(`${file.name} is announced with another length`);
    await exchange.untilEnd();
  });
  await onConnection(test, async (exchange) => {
    const { status, body } = await exchange.request(requestText(test, file, {}, { minor: 0 }));
    if (status !== 200) throw new Error(`${file.name} is answered with status ${status}`);
    same(file, body, file.content);
    await exchange.untilEnd();
  });
}

async function parts(test: SelfTest, file: OfferedFile): Promise<void> {
  const size = file.content.length;
  const tail = Math.max(0, size - TAIL_BYTES);
  const ranges = [
    { text: '0-', start: 0, end: size },
    { text: '0-1', start: 0, end: Math.min(2, size) },
    { text: `${tail}-${size - 1}`, start: tail, end: size },
  ];
  for (const { text, start, end } of ranges)
    await onConnection(test, async (exchange) => {
      const { status, body } = await exchange.request(requestText(test, file, { Range: `bytes=${text}` }));
      const isWhole = test.style === 'takeover';
      if (status !== (isWhole ? 200 : 206)) throw new Error(`${file.name} is answered with status ${status}`);
      same(file, body, isWhole ? file.content : file.content.subarray(start, end));
    });
}

async function onConnection(test: SelfTest, work: (exchange: PlainExchange) => Promise<void>): Promise<void> {
  const exchange = await PlainExchange.open(test.at, test.clock, test.signal);
  try {
    await work(exchange);
  } finally {
    exchange.close();
  }
}

function same(file: OfferedFile, got: Uint8Array, wanted: Uint8Array): void {
  if (got.length !== wanted.length || sha256Hex(got) !== sha256Hex(wanted))
    throw new Error(`${file.name} comes back changed (${got.length} of ${wanted.length} bytes)`);
}

function requestText(
  { at, folder, style, mac, key }: SelfTest,
  { name }: OfferedFile,
  headers: Readonly<Record<string, string>>,
  { minor = 1, method = 'GET' }: { readonly minor?: 0 | 1; readonly method?: string } = {},
): string {
  const lines = { ...unitHeaders(style, mac, at), ...headers, [SELF_TEST_HEADER]: key };
  return [
    `${method} /${folder}/${name} HTTP/1.${minor}`,
    ...Object.entries(lines).map(([header, value]) => `${header}: ${value}`),
    '\r\n',
  ].join('\r\n');
}

function unitHeaders(
  style: FetchStyle,
  mac: string | undefined,
  { host, port }: HostPort,
): Readonly<Record<string, string>> {
  switch (style) {
    case 'mongoose':
      return mac === undefined ? {} : { 'X-MGOS-Device-ID': `unit-${mac.slice(-6)} ${mac.toUpperCase()}` };
    case 'esp8266-update':
      return mac === undefined
        ? {}
        : { 'x-ESP8266-STA-MAC': mac.toUpperCase().match(/../g)?.join(':') ?? '' };
    case 'sonoff-diy':
      // Firmware 3.5 names this host, whatever URL it was given.
      return { Host: 'dl.itead.cn' };
    case 'takeover':
    case 'haa':
      return { Host: `${host}:${port}` };
  }
}

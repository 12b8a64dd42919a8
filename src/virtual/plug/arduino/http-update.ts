import type { Socket } from 'node:net';
import type { RunningPlug } from '../plug-firmware.ts';
import { freeSketchBytes, headerFlashBytes, sketchMd5, type Sketch } from './sketch.ts';
import { UPDATE_ERROR, type ArduinoUpdater } from './updater.ts';

/** Codes of the core's update client besides those of the updater, with its own words. */
const FAILURES = {
  tooLittleSpace: [-100, 'Not Enough space'],
  noSize: [-101, 'Server Did Not Report Size'],
  notFound: [-102, 'File Not Found (404)'],
  forbidden: [-103, 'Forbidden (403)'],
  wrongCode: [-104, 'Wrong HTTP Code'],
  faultyMd5: [-105, 'Faulty MD5'],
  badHeader: [-106, 'Verify Bin Header Failed'],
  wrongFlash: [-107, 'New Binary Does Not Fit Flash Size'],
} as const;

export type UpdateFailure = keyof typeof FAILURES | 'connection' | 'updater';

export type UpdateResult =
  | { readonly kind: 'staged' }
  /** The server said 304. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly why: UpdateFailure; readonly text: string };

export interface UpdateRequest {
  readonly url: string;
  readonly sketch: Sketch;
  readonly updater: ArduinoUpdater;
  /** What the build tells of itself: `2.2.2-dev(38a443e)`. */
  readonly sdkVersion: string;
  /** Newer cores tell the chip's number too. */
  readonly tellsChipId: boolean;
  readonly signal: AbortSignal;
}

/**
 * ESP8266httpUpdate of the Arduino core: one GET by HTTP/1.0, what comes is staged. Neither https nor names are known on
 * the practice network, and no redirect is followed.
 */
export async function httpUpdate(plug: RunningPlug, request: UpdateRequest): Promise<UpdateResult> {
  const target = /^http:\/\/([^/:?#]+)(?::(\d+))?(\/.*)?$/.exec(request.url);
  if (target == null) return failed('connection', 'connection failed');
  const [, host = '', portText = '80', path = '/'] = target;
  const port = Number(portText);
  let socket: Socket;
  try {
    socket = await plug.wifi.connect(host, port);
  } catch {
    return failed('connection', 'connection failed');
  }
  const onAbort = () => socket.destroy();
  request.signal.addEventListener('abort', onAbort, { once: true });
  socket.on('error', () => {});
  try {
    socket.write(requestText(plug, request, port === 80 ? host : `${host}:${port}`, path));
    return await take(socket, plug, request);
  } catch {
    return failed('connection', 'connection lost');
  } finally {
    request.signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

function requestText(plug: RunningPlug, request: UpdateRequest, host: string, path: string): string {
  const { chip } = plug;
  const { sketch } = request;
  const octets = chip.mac.toUpperCase();
  const first = Number.parseInt(octets.slice(0, 2), 16) | 0x02;
  const chipId = Number.parseInt(octets.slice(9).replaceAll(':', ''), 16);
  const facts: [string, string | number][] = [
    ...(request.tellsChipId ? ([['Chip-ID', chipId]] as [string, number][]) : []),
    ['STA-MAC', octets],
    ['AP-MAC', first.toString(16).toUpperCase().padStart(2, '0') + octets.slice(2)],
    ['free-space', freeSketchBytes(sketch.sizeBytes)],
    ['sketch-size', sketch.sizeBytes],
    ['sketch-md5', sketchMd5(plug.flash, sketch)],
    ['chip-size', chip.flashBytes],
    ['sdk-version', request.sdkVersion],
    ['mode', 'sketch'],
  ];
  return [
    `GET ${path} HTTP/1.0`,
    `Host: ${host}`,
    'User-Agent: ESP8266-http-Update',
    'Connection: close',
    ...facts.map(([name, value]) => `x-ESP8266-${name}: ${value}`),
    '\r\n',
  ].join('\r\n');
}

async function take(socket: Socket, plug: RunningPlug, request: UpdateRequest): Promise<UpdateResult> {
  const { updater, sketch } = request;
  const stream = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let bytes = Buffer.alloc(0);
  const more = async () => {
    const next = await stream.next();
    if (next.done === true) return false;
    bytes = Buffer.concat([bytes, next.value]);
    return true;
  };
  while (!bytes.includes('\r\n\r\n')) if (!(await more())) return failed('connection', 'connection lost');
  const end = bytes.indexOf('\r\n\r\n');
  const [status = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  bytes = bytes.subarray(end + 4);
  const header = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();

  switch (Number(status.split(' ')[1])) {
    case 200:
      break;
    case 304:
      return { kind: 'none' };
    case 403:
      return failed('forbidden');
    case 404:
      return failed('notFound');
    default:
      return failed('wrongCode');
  }
  const length = Number(header('content-length') ?? 0);
  if (!(length > 0)) return failed('noSize');
  if (length > freeSketchBytes(sketch.sizeBytes)) return failed('tooLittleSpace');
  while (bytes.length < 4) if (!(await more())) return failed('badHeader');
  if (bytes[0] !== 0xe9 && bytes[0] !== 0x1f) return failed('badHeader');
  if (bytes[0] === 0xe9 && (headerFlashBytes(bytes[3]! >>> 4) ?? 0) > plug.chip.flashBytes)
    return failed('wrongFlash');
  if (!updater.begin(length)) return updaterFailed(updater);
  const md5 = header('x-md5');
  if (md5 != null && md5 !== '' && !updater.setMd5(md5)) {
    updater.forget();
    return failed('faultyMd5');
  }
  let left = length;
  do {
    const piece = bytes.subarray(0, left);
    bytes = bytes.subarray(piece.length);
    if ((await updater.write(piece)) !== piece.length) break;
    left -= piece.length;
  } while (left > 0 && (await more()));
  if (await updater.end()) return { kind: 'staged' };
  return updaterFailed(updater);
}

function updaterFailed(updater: ArduinoUpdater): UpdateResult {
  const text = {
    [UPDATE_ERROR.space]: 'Not Enough Space',
    [UPDATE_ERROR.md5]: 'MD5 Check Failed',
    [UPDATE_ERROR.flashConfig]: 'Flash config wrong',
  }[updater.error];
  return failed('updater', `Update error: ${text ?? 'Stream Read Timeout'}`);
}

const failed = (why: UpdateFailure, text?: string): UpdateResult => ({
  kind: 'failed',
  why,
  text: text ?? FAILURES[why as keyof typeof FAILURES][1],
});

import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Sketch } from '../arduino/sketch.ts';
import { noteStaged, type UpdateFault } from '../arduino/update-faults.ts';
import { ArduinoUpdater, UPDATE_ERROR } from '../arduino/updater.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import type { EspHomeConfig } from './config.ts';
import { forcedError, type OtaStage } from './faults.ts';

const MAGIC = [0x6c, 0x26, 0xf7, 0x5c, 0x45];
const FEATURE = { gzip: 0x01, sha256: 0x02, extended: 0x04 } as const;
const SAYS = {
  ok: 0x00,
  askMd5: 0x01,
  askSha256: 0x02,
  header: 0x40,
  authOk: 0x41,
  prepared: 0x42,
  md5Ok: 0x43,
  received: 0x44,
  ended: 0x45,
  gzip: 0x46,
  chunk: 0x47,
  flags: 0x48,
} as const;
const FAILS = {
  magic: 0x80,
  auth: 0x82,
  writing: 0x83,
  end: 0x84,
  currentFlash: 0x86,
  newFlash: 0x87,
  space: 0x88,
  md5: 0x8b,
  kind: 0x8e,
  unknown: 0xff,
} as const;
const BLOCK_BYTES = 8192;
const HANDSHAKE_LIMIT_MS = 20_000;
const DATA_LIMIT_MS = 90_000;

/** Ends the conversation with its byte. */
class OtaFailure extends Error {
  readonly byte: number;

  constructor(byte: number) {
    super(`ota error ${byte.toString(16)}`);
    this.byte = byte;
  }
}

/**
 * One update over the native port of ESPHome, protocol versions 1 and 2 (reference section 8.1). True: an image is
 * staged, and the client has said that it knows.
 */
export async function serveOta(
  socket: Socket,
  plug: RunningPlug,
  sketch: Sketch,
  config: EspHomeConfig,
): Promise<boolean> {
  const wire = new OtaWire(socket, plug);
  const updater = new ArduinoUpdater(plug, sketch);
  try {
    await converse(wire, plug, updater, config);
    return true;
  } catch (error) {
    updater.forget();
    if (error instanceof OtaFailure) {
      plug.log(`update refused: ${error.byte.toString(16)}`);
      socket.end(Uint8Array.of(error.byte));
    } else socket.destroy();
    return false;
  }
}

async function converse(
  wire: OtaWire,
  plug: RunningPlug,
  updater: ArduinoUpdater,
  config: EspHomeConfig,
): Promise<void> {
  const stage = (name: OtaStage) => {
    const forced = forcedError(name, (fault) => plug.fault(fault));
    if (forced != null) throw new OtaFailure(forced);
  };
  const magic = await wire.read(MAGIC.length);
  stage('magic');
  if (!MAGIC.every((byte, index) => magic[index] === byte)) throw new OtaFailure(FAILS.magic);
  wire.say(SAYS.ok, config.otaVersion);

  const [features = 0] = await wire.read(1);
  const takesGzip = config.gzip && (features & FEATURE.gzip) !== 0;
  const isExtended = config.extended && (features & FEATURE.extended) !== 0;
  if (isExtended) wire.say(SAYS.flags, takesGzip ? FEATURE.gzip : 0);
  else wire.say(takesGzip ? SAYS.gzip : SAYS.header);

  stage('auth');
  await authenticate(wire, config, features);

  wire.limitMs = DATA_LIMIT_MS;
  if (isExtended) {
    const [kind] = await wire.read(1);
    if (kind !== 0) throw new OtaFailure(FAILS.kind);
  }
  const size = Buffer.from(await wire.read(4)).readUInt32BE();
  stage('prepare');
  if (!updater.begin(size)) throw new OtaFailure(byteOf(updater.error));
  wire.say(SAYS.prepared);
  const md5 = Buffer.from(await wire.read(32)).toString('latin1');
  stage('checksum');
  updater.setMd5(md5);
  wire.say(SAYS.md5Ok);

  let acknowledged = 0;
  for (let taken = 0; taken < size;) {
    const bytes = await wire.readSome(size - taken);
    stage('data');
    if ((await updater.write(bytes)) !== bytes.length) throw new OtaFailure(FAILS.writing);
    taken += bytes.length;
    if (taken > size / 2 && plug.fault('drops-upload' satisfies UpdateFault)) throw new Error('dropped');
    if (config.otaVersion < 2) continue;
    for (; acknowledged + BLOCK_BYTES <= taken || (taken === size && acknowledged < size);)
      [acknowledged] = [acknowledged + BLOCK_BYTES, wire.say(SAYS.chunk)];
  }
  if (plug.fault('stalls-before-receipt')) await wire.readSome(1);
  wire.say(SAYS.received);
  stage('end');
  if (!(await updater.end())) throw new OtaFailure(byteOf(updater.error));
  noteStaged(plug);
  wire.say(SAYS.ended);
  // It restarts even if the last word does not come.
  await wire.read(1).catch(() => {});
  wire.end();
}

/** New builds know SHA-256 only, and refuse who does not. */
async function authenticate(wire: OtaWire, config: EspHomeConfig, features: number): Promise<void> {
  if (config.auth === 'none') return wire.say(SAYS.authOk);
  const isSha = config.auth === 'sha256';
  if (isSha && (features & FEATURE.sha256) === 0) throw new OtaFailure(FAILS.auth);
  const nonce = randomBytes(isSha ? 32 : 16).toString('hex');
  wire.say(isSha ? SAYS.askSha256 : SAYS.askMd5, ...Buffer.from(nonce));
  const answer = Buffer.from(await wire.read(nonce.length * 2)).toString('latin1');
  const clientNonce = answer.slice(0, nonce.length);
  const expected = createHash(config.auth)
    .update(config.otaPassword + nonce + clientNonce)
    .digest('hex');
  if (answer.slice(nonce.length) !== expected) throw new OtaFailure(FAILS.auth);
  wire.say(SAYS.authOk);
}

const byteOf = (error: number): number =>
  ({
    [UPDATE_ERROR.space]: FAILS.space,
    [UPDATE_ERROR.md5]: FAILS.md5,
    [UPDATE_ERROR.flashConfig]: FAILS.currentFlash,
    [UPDATE_ERROR.newFlashConfig]: FAILS.newFlash,
    [UPDATE_ERROR.magic]: FAILS.magic,
  })[error] ?? FAILS.end;

/** Bytes of one connection. */
class OtaWire {
  limitMs = HANDSHAKE_LIMIT_MS;
  private readonly socket: Socket;
  private readonly plug: RunningPlug;
  private readonly source: AsyncIterator<Buffer>;
  private bytes = Buffer.alloc(0);

  constructor(socket: Socket, plug: RunningPlug) {
    this.socket = socket;
    this.plug = plug;
    this.source = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  say(...bytes: readonly number[]): void {
    this.socket.write(Uint8Array.from(bytes));
  }

  end(): void {
    this.socket.end();
  }

  async read(length: number): Promise<Uint8Array> {
    while (this.bytes.length < length) await this.more();
    return this.used(length);
  }

  /** What is there, at least a byte. */
  async readSome(most: number): Promise<Uint8Array> {
    if (this.bytes.length === 0) await this.more();
    return this.used(Math.min(most, this.bytes.length));
  }

  private used(length: number): Uint8Array {
    const bytes = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return bytes;
  }

  private async more(): Promise<void> {
    const cancel = this.plug.clock.after(this.limitMs, () => this.socket.destroy());
    try {
      const next = await this.source.next();
      if (next.done === true) throw new Error('the client has gone');
      this.bytes = Buffer.concat([this.bytes, next.value]);
    } finally {
      cancel();
    }
  }
}

import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** How an updater greets and what it wants; the bytes of its answers are those of the reference. */
export interface Manner {
  readonly version: 1 | 2;
  /** `plain`: 40. `gzip`: 46. `flags`: 48 and this byte. */
  readonly features: 'plain' | 'gzip' | { readonly flags: number };
  readonly auth?: 'md5' | 'sha256';
}

export interface Recorded {
  readonly magic: string;
  readonly features: string;
  readonly ownNonce: string;
  readonly proof: string;
  /** Kind of update, of the extended form only. */
  readonly kind: string;
  readonly size: number;
  readonly md5: string;
  readonly content: Buffer;
  readonly last: string;
}

export const NONCES = { md5: '0123456789abcdef'.repeat(2), sha256: '0123456789abcdef'.repeat(4) } as const;

/** Writes down what a client sends, and says nothing but what makes it go on. */
export async function recordingUpdater(manner: Manner) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const recorded = (async (): Promise<Recorded> => {
    const [socket] = (await once(server, 'connection')) as [Socket];
    return record(socket, manner);
  })();
  return { port: (server.address() as AddressInfo).port, recorded };
}

async function record(socket: Socket, { version, features, auth }: Manner): Promise<Recorded> {
  socket.setNoDelay(true);
  const take = async (count: number): Promise<Buffer> => {
    for (;;) {
      const bytes = socket.read(count) as Buffer | null;
      if (bytes !== null) return bytes;
      await once(socket, 'readable');
    }
  };
  const say = (...bytes: number[]) => void socket.write(Uint8Array.from(bytes));
  const magic = (await take(5)).toString('hex');
  say(0x00, version);
  const asked = (await take(1)).toString('hex');
  const isExtended = typeof features === 'object';
  if (isExtended) say(0x48, features.flags);
  else say(features === 'gzip' ? 0x46 : 0x40);
  let ownNonce = '';
  let proof = '';
  if (auth !== undefined) {
    const nonce = NONCES[auth];
    socket.write(Buffer.concat([Uint8Array.of(auth === 'md5' ? 0x01 : 0x02), Buffer.from(nonce)]));
    ownNonce = (await take(nonce.length)).toString();
    proof = (await take(nonce.length)).toString();
  }
  say(0x41);
  const kind = isExtended ? (await take(1)).toString('hex') : '';
  const size = (await take(4)).readUInt32BE(0);
  say(0x42);
  const md5 = (await take(32)).toString();
  say(0x43);
  const blocks: Buffer[] = [];
  for (let taken = 0; taken < size;) {
    const block = await take(Math.min(8192, size - taken));
    taken += block.length;
    blocks.push(block);
    if (version === 2) say(0x47);
  }
  say(0x44, 0x45);
  const last = (await take(1)).toString('hex');
  socket.end();
  return {
    magic,
    features: asked,
    ownNonce,
    proof,
    kind,
    size,
    md5,
    content: Buffer.concat(blocks),
    last,
  };
}

import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createNetwork } from '../../../src/drivers/http/network.ts';
import { answers, PeerProcess } from '../serial/peer-process.ts';

const script = fileURLToPath(new URL('form_server.py', import.meta.url));
const network = createNetwork({ clock: systemClock });
/** As large as what a 4 MiB unit takes. */
const CONTENT = randomBytes(3_500_000);

describe.each(['werkzeug', 'aiohttp'])('%s as the server', (library) => {
  const missing = !answers('python3', '-c', `import ${library}`);

  async function start() {
    const server = new PeerProcess('python3', [script, library]);
    onTestFinished(() => server.stop());
    const [, port] = await server.said(/^port (\d+)$/m);
    return { host: '127.0.0.1', port: Number(port) };
  }

  it.skipIf(missing)('gets a form with a file byte by byte', async () => {
    const to = await start();
    const sent: number[] = [];
    const answer = await network.request({
      to,
      method: 'POST',
      path: `/u2?fsz=${CONTENT.length}`,
      login: { user: 'admin', password: 'secret' },
      body: {
        field: 'u2',
        fileName: 'tasmota lite.bin',
        content: CONTENT,
        fields: { commit_timeout: '300' },
      },
      onSent: (bytes) => sent.push(bytes),
    });
    expect([answer.status, JSON.parse(answer.text())]).toEqual([
      200,
      {
        fields: { commit_timeout: '300' },
        name: 'tasmota lite.bin',
        bytes: CONTENT.length,
        sha256: createHash('sha256').update(CONTENT).digest('hex'),
      },
    ]);
    expect(sent.at(-1)).toBeGreaterThan(CONTENT.length);
  });

  it.skipIf(missing)('is read over kept and closed connections, and refuses a wrong password', async () => {
    const to = await start();
    const get = async (facts: object) => {
      const answer = await network.request({ to, method: 'GET', path: '/', ...facts });
      return [answer.status, answer.text()];
    };
    for (const keepAlive of [true, true, false]) expect(await get({ keepAlive })).toEqual([200, 'ok']);
    expect(await get({ login: { user: 'admin', password: 'wrong' } })).toEqual([401, 'no']);
  });
});

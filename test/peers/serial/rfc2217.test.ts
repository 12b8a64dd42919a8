import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { serialPortContract } from '../../drivers/serial/contract.ts';
import { answers, PeerProcess } from './peer-process.ts';

const missing = answers('python3', '-c', 'import serial.rfc2217')
  ? undefined
  : 'the Python package pyserial is not installed';
const script = fileURLToPath(new URL('rfc2217_server.py', import.meta.url));

async function connect(baudRate = 115_200) {
  const server = new PeerProcess('python3', [script]);
  const [, number] = await server.said(/^port (\d+)$/m);
  const link = { kind: 'rfc2217', text: `rfc2217://127.0.0.1:${number}` } as const;
  return { server, port: await openSerialPort(link, { baudRate }) };
}

describe.skipIf(missing)(`pyserial as the server of rfc2217://${missing ? ` (${missing})` : ''}`, () => {
  serialPortContract('rfc2217:// to pyserial', async () => {
    const { server, port } = await connect();
    return { port, peer: server.peer, dispose: () => server.stop() };
  });

  it('is agreed on rate and lines', async () => {
    const { server, port } = await connect(460_800);
    expect(port).toMatchObject({ hasBaudRate: true, hasControlLines: true, baudRate: 460_800 });
    await server.said(/^rate 460800$/m);
    await port.setBaudRate(74_880);
    await server.said(/^rate 74880$/m);
    await port.setLines({ dtr: false, rts: true });
    await server.said(/^dtr False\nrts True$/m);
    await port.setLines({ dtr: true, rts: false });
    await server.said(/^dtr True\nrts False$/m);
    await port.close();
    await server.stop();
  });
});

import { openNodeSerialPort } from '../../../src/drivers/serial/node-serial-port.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { serialPortContract } from './contract.ts';
import { FakeBinding } from './fake-binding.ts';
import { Rfc2217TestServer } from './rfc2217-test-server.ts';
import { rawPeer, TcpPeer } from './tcp-peer.ts';

const baudRate = 115_200;

serialPortContract('node-serialport over a fake adapter', async () => {
  const binding = new FakeBinding();
  const port = await openNodeSerialPort('/dev/fake', { baudRate, binding });
  return { port, peer: binding.peer, dispose: async () => undefined };
});

serialPortContract('node-serialport over a fake adapter without lines', async () => {
  const binding = new FakeBinding({ hasLines: false });
  const port = await openNodeSerialPort('/dev/fake', { baudRate, binding });
  return { port, peer: binding.peer, dispose: async () => undefined };
});

serialPortContract('socket://', async () => {
  const server = await TcpPeer.start();
  const port = await openSerialPort({ kind: 'socket', text: `socket://${server.address}` }, { baudRate });
  const peer = rawPeer(await server.client());
  return { port, peer, dispose: () => server.stop() };
});

serialPortContract('rfc2217://', async () => {
  const server = await TcpPeer.start();
  const serving = server.client().then((socket) => new Rfc2217TestServer(socket));
  const port = await openSerialPort({ kind: 'rfc2217', text: `rfc2217://${server.address}` }, { baudRate });
  return { port, peer: (await serving).peer, dispose: () => server.stop() };
});

serialPortContract('rfc2217:// at a telnet server without that option', async () => {
  const server = await TcpPeer.start();
  const serving = server.client().then((socket) => new Rfc2217TestServer(socket, { refusesComPort: true }));
  const port = await openSerialPort({ kind: 'rfc2217', text: `rfc2217://${server.address}` }, { baudRate });
  return { port, peer: (await serving).peer, dispose: () => server.stop() };
});

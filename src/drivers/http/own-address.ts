import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';

/** Any will do: nothing is sent. */
const DISCARD_PORT = 9;

/** This computer's own address towards a host, by the system's routes. Rejects as `connect` does: ENETUNREACH. */
export async function ownAddressTowards(host: string): Promise<string> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(DISCARD_PORT, address, () => resolve(socket.address().address));
    });
  } finally {
    socket.close();
  }
}

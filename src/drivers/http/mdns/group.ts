import { createSocket, type Socket } from 'node:dgram';
import { ownAddresses } from '../interfaces.ts';
import type { JoinMdnsGroup } from './browse.ts';

const GROUP = '224.0.0.251';
const PORT = 5353;
/** A packet that has come by a router has less (RFC 6762, 11). */
const TTL = 255;

/**
 * The real group. A socket for each address of this computer, since a system sends to a group on one interface only.
 * The port is shared with whatever resolver the system runs; where that forbids it, units answer to us alone.
 */
export const joinMdnsGroup: JoinMdnsGroup = (onMessage) => {
  const sockets = new Map<string, Socket>();
  const open = (address: string, port: number) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    sockets.set(address, socket);
    let isBound = false;
    socket.on('error', () => {
      if (sockets.get(address) === socket) sockets.delete(address);
      socket.close();
      if (!isBound && port === PORT) open(address, 0);
    });
    socket.on('message', onMessage);
    socket.bind(port, () => {
      isBound = true;
      try {
        if (port === PORT) socket.addMembership(GROUP, address);
        socket.setMulticastInterface(address);
        socket.setMulticastTTL(TTL);
      } catch (error) {
        // The interface went away meanwhile, or has no multicast.
        socket.emit('error', error);
      }
    });
  };
  const follow = () => {
    const own = new Set(ownAddresses().map(({ address }) => address));
    for (const [address, socket] of sockets)
      if (!own.has(address)) {
        sockets.delete(address);
        socket.close();
      }
    for (const address of own) if (!sockets.has(address)) open(address, PORT);
  };

  return {
    send(bytes) {
      follow();
      for (const socket of sockets.values())
        // Binding takes a moment; `send` waits for it. Where it cannot be sent, the next question may.
        socket.send(bytes, PORT, GROUP, () => undefined);
    },
    close() {
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
};

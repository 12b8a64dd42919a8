import type { Socket } from 'node:net';
import type { Slot } from '../serial/slot.ts';

/** Bytes on their way to the unit beyond which a client has to wait. */
const QUEUE_LIMIT_BYTES = 32_768;

/** Passes bytes both ways as they are; returns what takes the unit's bytes. */
export function serveRawConnection(socket: Socket, slot: Slot): (bytes: Uint8Array) => void {
  const write = unitWriter(socket, slot);
  socket.on('data', write);
  return (bytes) => void socket.write(bytes);
}

/** Writes to the unit, and holds the client back while much of it is still on the wire. */
export function unitWriter(socket: Socket, slot: Slot): (bytes: Uint8Array) => void {
  let queuedBytes = 0;
  return (bytes) => {
    queuedBytes += bytes.length;
    if (queuedBytes > QUEUE_LIMIT_BYTES) socket.pause();
    void slot.wire.write(bytes).then(() => {
      queuedBytes -= bytes.length;
      if (queuedBytes <= QUEUE_LIMIT_BYTES) socket.resume();
    });
  };
}

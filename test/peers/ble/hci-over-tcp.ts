import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import type { Noble } from '../../../src/drivers/ble/noble/noble-types.ts';

const EVENT = 0x04;
const ACL_DATA = 0x02;

/** Stands where noble has the HCI socket of the kernel: HCI H4 packets over TCP, to any controller. */
class HciOverTcp extends EventEmitter {
  static port = 0;
  #socket: Socket | undefined;
  #held = Buffer.alloc(0);
  up = true;

  bindRaw(): void {}
  setFilter(): void {}
  isDevUp(): boolean {
    return this.up;
  }
  start(): void {
    this.#socket ??= connect(HciOverTcp.port, '127.0.0.1').on('data', (data) => this.#received(data));
  }
  stop(): void {
    this.#socket?.destroy();
  }
  write(packet: Buffer): void {
    this.#socket?.write(packet);
  }

  #received(data: Buffer): void {
    this.#held = Buffer.concat([this.#held, data]);
    for (;;) {
      const size = packetSize(this.#held);
      if (size === undefined || this.#held.length < size) return;
      const packet = this.#held.subarray(0, size);
      this.#held = this.#held.subarray(size);
      this.emit('data', Buffer.from(packet));
    }
  }
}

function packetSize(data: Buffer): number | undefined {
  if (data.length < 5) return undefined;
  if (data[0] === EVENT) return 3 + data[2]!;
  if (data[0] === ACL_DATA) return 5 + data.readUInt16LE(3);
  throw new Error(`The controller sent a packet of type ${data[0]}.`);
}

const require = createRequire(import.meta.url);

/** Noble with its own HCI and GATT code, on the controller at this port. */
export function nobleOverTcp(port: number): { readonly noble: Noble; readonly socket: HciOverTcp } {
  HciOverTcp.port = port;
  let socket: HciOverTcp | undefined;
  class Made extends HciOverTcp {
    constructor() {
      super();
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- noble makes it and keeps it to itself
      socket = this;
    }
  }
  const path = require.resolve('@abandonware/bluetooth-hci-socket');
  require.cache[path] = { exports: Made, loaded: true } as NodeJS.Module;
  const hciPath = require.resolve('@abandonware/noble/lib/hci-socket/hci.js');
  delete require.cache[hciPath];
  const bindingsPath = require.resolve('@abandonware/noble/lib/hci-socket/bindings.js');
  delete require.cache[bindingsPath];
  const Bindings = require(bindingsPath) as new (options: object) => EventEmitter;
  const withBindings = require('@abandonware/noble/with-bindings.js') as (bindings: EventEmitter) => Noble;
  const noble = withBindings(new Bindings({}));
  if (!socket) throw new Error('noble made no HCI socket.');
  return { noble, socket };
}

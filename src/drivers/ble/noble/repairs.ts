import type { Noble, NoblePeripheral } from './noble-types.ts';

/**
 * What noble 1.9.2-26 does to the program around it, or keeps for too long, put right. Each part is there with some
 * bindings only.
 */

/**
 * Noble writes warnings to the console, which would end up in the middle of the screen or of a JSON stream. Lines
 * that its files write go to `log` instead; calls to the console are rare, so looking at the stack costs nothing.
 */
/* eslint-disable no-console -- this is about what others write there */
export function quietConsole(log: (text: string) => void): void {
  for (const method of ['log', 'warn'] as const) {
    const original = console[method].bind(console);
    console[method] = (...words: unknown[]) => {
      const [, , caller = ''] = (new Error().stack ?? '').split('\n');
      if (/[\\/]@abandonware[\\/]/.test(caller)) log(words.map(String).join(' ').trim());
      else original(...words);
    };
  }
}

/* eslint-enable no-console */

/** To be called when the bindings have been started. */
export function repairBindings({ _bindings: bindings }: Noble): void {
  // Being the last listener it ends the process at the first Ctrl-C, in the middle of a flash.
  if (bindings.onSigIntBinded) process.removeListener('SIGINT', bindings.onSigIntBinded);
  // A packet for a link that was lost in the same moment makes it reject with a TypeError that nobody catches.
  const hci = bindings._hci;
  if (hci?.flushAcl) {
    const flush = hci.flushAcl.bind(hci);
    // Such a packet has left the queue by then: those behind it are sent by going on.
    const flushAll = async (): Promise<void> => flush().catch(flushAll);
    hci.flushAcl = flushAll;
  }
}

/** The adapter went off: attempts that it will never answer would keep every later one in noble's queue. */
export function forgetAttempts({ _bindings: bindings }: Noble): void {
  if (bindings._pendingConnectionUuid != null) bindings._pendingConnectionUuid = null;
  if (bindings._connectionQueue) bindings._connectionQueue = [];
}

/**
 * A connection to this peer has ended, perhaps because it starts other firmware. What noble gathered of its
 * advertisements over time (an old name lives on in there until another one is sent) and of its services is dropped;
 * the next advertisement makes a new peripheral. Over a raw HCI socket nothing else is cached. CoreBluetooth's own
 * GATT cache on macOS is out of reach; WinRT is asked uncached by noble.
 */
export function forgetPeer({ _peripherals, _bindings }: Noble, { id, address }: NoblePeripheral): void {
  delete _peripherals[id];
  delete _bindings._gap?._discoveries?.[address];
}

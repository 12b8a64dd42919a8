import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { Air } from '../../../src/virtual/air/air.ts';
import { Slot } from '../../../src/virtual/serial/slot.ts';
import { VirtualPort } from '../../../src/virtual/serial/virtual-port.ts';
import type { SerialUnitOptions, VirtualDevice } from '../../../src/virtual/virtual-device.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { collector, type Peer, serialPortContract } from './contract.ts';

const baudRate = 115_200;

/** A virtual port whose unit is a plain end of the wire, held by the test. */
function virtualPort(options: { clock: typeof systemClock; paceBaud?: number; hasControlLines: boolean }) {
  let unit: SerialUnitOptions | undefined;
  let lines = { dtr: false, rts: false };
  const add: ((bytes: Uint8Array) => void)[] = [];
  const received = collector((listener) => add.push(listener));
  const device: VirtualDevice = {
    name: 'plain',
    title: 'Plain end of a wire',
    faults: [],
    states: [],
    wirings: [],
    practiceImages: () => [],
    createSerialUnit(given) {
      unit = given;
      return {
        receive: (bytes) => add.forEach((listener) => listener(bytes)),
        perform: () => undefined,
        setLines: (moved) => void (lines = moved),
        hasControlLines: options.hasControlLines,
        baudRate,
        opened: () => undefined,
        close: () => undefined,
      };
    },
  };
  const slot: Slot = new Slot({
    device,
    clock: options.clock,
    hostBaud: baudRate,
    paceBaud: options.paceBaud,
    state: undefined,
    wiring: undefined,
    faultsOf: () => [],
    lastUnit: undefined,
    memory: { unit: 1, freshened: new Set(), struck: new Map() },
    storageOf: () => ({
      content: undefined,
      notes: {},
      adopt: () => undefined,
      touched: () => undefined,
      flush: () => undefined,
      close: () => undefined,
    }),
    air: new Air(),
    heard: (bytes) => port.heard(bytes),
    unplug: () => port.lose(),
  });
  const port: VirtualPort = new VirtualPort('virtual:plain#1', baudRate, slot, () => slot.close());
  slot.opened();
  const peer: Peer = {
    send: (bytes) => void unit?.wire.send(bytes, options.clock.monotonicMs(), port.baudRate),
    received: (count) => received.atLeast(count),
    stall: () => undefined,
    cut: () => unit?.unplug(),
    lines: () => lines,
  };
  return { port, peer, dispose: async () => undefined };
}

for (const hasControlLines of [true, false]) {
  serialPortContract(
    `virtual, ${hasControlLines ? 'with' : 'without'} lines`,
    async () => virtualPort({ clock: systemClock, hasControlLines }),
    { neverBlocks: true },
  );
}

describe('a paced virtual port', () => {
  it.each(['lost', 'closed'])('ends a write when it is %s in the middle of it', async (how) => {
    const { port, peer } = virtualPort({
      clock: new ManualClock(),
      paceBaud: baudRate,
      hasControlLines: true,
    });
    const failed = expect(port.write(new Uint8Array(10_000))).rejects.toMatchObject({ code: 'LINK_LOST' });
    if (how === 'lost') peer.cut();
    else await port.close();
    await failed;
  });
});

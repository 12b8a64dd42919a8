import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { Link, VirtualLink } from '../core/link.ts';
import type { OpenOptions } from '../drivers/serial/port.ts';
import type { PracticeBench, PracticePort } from './practice-bench.ts';
import { findVirtualDevice, virtualDevices } from './registry.ts';
import { Slot, type SlotMemory } from './serial/slot.ts';
import { VirtualPort } from './serial/virtual-port.ts';
import { flashFile } from './store/flash-file.ts';
import { lockUnit } from './store/unit-lock.ts';

export interface PracticeBenchOptions {
  /** Flash content lies in `virtual/` below it. */
  readonly dataDir: string;
  readonly clock: Clock;
}

/** The bench of virtual devices behind `virtual:` links. Units lie unpowered until hands act (see `wiring`). */
export function createPracticeBench({ dataDir, clock }: PracticeBenchOptions): PracticeBench {
  const memories = new Map<string, SlotMemory>();
  const directory = join(dataDir, 'virtual');

  const open = (link: Link, { baudRate, signal }: OpenOptions): PracticePort => {
    const { virtual } = link;
    if (virtual == null)
      throw new BenchError('LINK_UNKNOWN', { message: `${link.text} is not a virtual link.` });
    signal?.throwIfAborted();
    const device = findVirtualDevice(virtual.device);
    const memory: SlotMemory = memories.get(link.text) ?? {
      unit: virtual.unit,
      freshened: new Set(),
      struck: new Map(),
    };
    try {
      mkdirSync(directory, { recursive: true });
    } catch (cause) {
      throw new BenchError('DATA_DIR_UNUSABLE', { cause });
    }
    const slot = new Slot({
      device,
      clock,
      hostBaud: baudRate,
      paceBaud: virtual.paceBaud,
      state: virtual.state,
      wiring: virtual.wiring,
      faultsOf: (unit) => faultsOf(virtual, unit),
      lastUnit: virtual.jigUnits == null ? undefined : virtual.unit + virtual.jigUnits - 1,
      memory,
      storageOf: (unit) =>
        lockedFlashFile(device.name, unit, virtual.fresh && !memory.freshened.has(unit), memory),
      heard: (bytes) => port.heard(bytes),
      unplug: () => port.lose(),
    });
    const port = new VirtualPort(link.text, baudRate, slot);
    memories.set(link.text, memory);
    slot.opened();
    return port;
  };

  const lockedFlashFile = (device: string, unit: number, fresh: boolean, memory: SlotMemory) => {
    const base = join(directory, `${device}-${unit}`);
    const release = lockUnit(`${base}.lock`, `virtual:${device}#${unit}`);
    try {
      const storage = flashFile({ path: `${base}.bin`, notesPath: `${base}.json`, fresh, clock, release });
      if (fresh) memory.freshened.add(unit);
      return storage;
    } catch (error) {
      release();
      throw error;
    }
  };

  return {
    devices: virtualDevices.map((device) => device.name),
    check: checkNames,
    openSerial: async (link, options) => Promise.resolve(open(link, options)),
  };
}

/** Every name of a virtual link must be known before a batch is made of it. */
function checkNames({ text, virtual }: Link): void {
  if (virtual == null) return;
  const device = findVirtualDevice(virtual.device);
  const faults = [...virtual.faults, ...Object.values(virtual.unitFaults).flat()].map((name) =>
    name.replace(/-once$/, ''),
  );
  const asked = [
    { what: 'fault', names: faults, known: device.faults },
    { what: 'state', names: virtual.state == null ? [] : [virtual.state], known: device.states },
    { what: 'wiring', names: virtual.wiring == null ? [] : [virtual.wiring], known: device.wirings },
  ];
  for (const { what, names, known } of asked) {
    const unknown = names.find((name) => !known.some((choice) => choice.name === name));
    if (unknown != null)
      throw new BenchError('USAGE', {
        message: `${text}: there is no ${what} "${unknown}" for this virtual device.`,
        advice: `Known: ${known.map(({ name }) => name).join(', ')}.`,
      });
  }
}

/** A unit that came by `swapped-unit` has no faults of its own. */
function faultsOf(virtual: VirtualLink, unit: number): readonly string[] {
  if (virtual.jigUnits != null) return virtual.unitFaults[unit] ?? [];
  return unit === virtual.unit ? virtual.faults : [];
}

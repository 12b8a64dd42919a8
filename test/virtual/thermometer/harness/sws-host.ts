import { Air } from '../../../../src/virtual/air/air.ts';
import type { VirtualPeripheral } from '../../../../src/virtual/air/peripheral.ts';
import { Slot, type SlotMemory } from '../../../../src/virtual/serial/slot.ts';
import { memoryStorage, type LastingStorage } from '../../../../src/virtual/store/storage.ts';
import type { ThermometerBody } from '../../../../src/virtual/thermometer/body.ts';
import { thermometer } from '../../../../src/virtual/thermometer/thermometer.ts';
import { concat } from '../../harness/wire-bench.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

/** Encoding A by hand from section 2 of the reference: one SWS bit a character, 10 characters a byte. */
export function encodeA(
  ...bytes: readonly { readonly byte: number; readonly command?: boolean }[]
): Uint8Array {
  return Uint8Array.from(
    bytes.flatMap(({ byte, command }) => bitsOf(byte, command).map((bit) => (bit ? 0x80 : 0xfe))),
  );
}

/** Encoding B: two SWS bits a character. */
export function encodeB(
  ...bytes: readonly { readonly byte: number; readonly command?: boolean }[]
): Uint8Array {
  const bits = bytes.flatMap(({ byte, command }) => bitsOf(byte, command));
  return Uint8Array.from({ length: bits.length / 2 }, (_, index) => {
    const [first, second] = [bits[index * 2], bits[index * 2 + 1]];
    return (second ? 0x00 : 0xe0) | (first ? 0x08 : 0x0f);
  });
}

const bitsOf = (byte: number, command = false): boolean[] => [
  command,
  ...[7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((byte >> bit) & 1) === 1),
  false,
];

type Encode = typeof encodeA;
const START = { byte: 0x5a, command: true };
const END = { byte: 0xff, command: true };
const addressed = (address: number, kind: number) =>
  [address >> 16, (address >> 8) & 0xff, address & 0xff, kind].map((byte) => ({ byte }));

export const writeFrame = (address: number, data: readonly number[], encode: Encode = encodeA): Uint8Array =>
  encode(START, ...addressed(address, 0x00), ...data.map((byte) => ({ byte })), END);
export const readHeader = (address: number): Uint8Array => encodeA(START, ...addressed(address, 0x80));
export const endFrame = (): Uint8Array => encodeA(END);
export const STOP_CPU = writeFrame(0x602, [0x05]);
export const SOFT_RESET = writeFrame(0x6f, [0x20]);

/** Decode rule of section 5: bit 5 of the first character, bit 4 of the others, low is 1. */
export function decodeReply(characters: Uint8Array): number | undefined {
  if (characters.length !== 9 || characters[8]! < 0xfe) return undefined;
  let value = 0;
  for (let index = 0; index < 8; index++)
    value = (value << 1) | (characters[index]! & (index === 0 ? 0x20 : 0x10) ? 0 : 1);
  return value;
}

/** Divider for encoding A at 24 MHz, section 3. */
export const dividerFor = (baudRate: number): number => Math.round((2 * 24_000_000) / baudRate);

export interface HostOptions {
  readonly unit?: number;
  readonly lastUnit?: number;
  readonly faults?: readonly string[];
  readonly state?: string;
  readonly wiring?: string;
  /** Undefined: raw TCP. */
  readonly baudRate?: number | undefined;
  readonly paceBaud?: number;
  readonly clock?: ManualClock;
  /** When the firmware that runs listens to its pin; never, if missing. */
  readonly awake?: (atMs: number) => boolean;
  readonly peripheral?: VirtualPeripheral;
  readonly content?: Uint8Array;
  readonly notes?: LastingStorage['notes'];
}

/** A place of the bench with a thermometer whose firmware is silent, and a host that speaks SWS byte for byte. */
export class SwsHost {
  readonly clock: ManualClock;
  readonly slot: Slot;
  readonly air = new Air();
  readonly log: string[] = [];
  readonly starts: ThermometerBody[] = [];
  readonly storages = new Map<number, LastingStorage>();
  unplugged = false;
  stops = 0;
  baudRate: number | undefined;
  private received: Uint8Array[] = [];

  constructor(options: HostOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.baudRate = 'baudRate' in options ? options.baudRate : 460_800;
    const memory: SlotMemory = { unit: options.unit ?? 1, freshened: new Set(), struck: new Map() };
    const device = thermometer((body) => {
      this.starts.push(body);
      return {
        title: 'a silent firmware',
        peripheral: options.peripheral,
        swsAwake: options.awake ?? (() => false),
        stop: () => this.stops++,
      };
    });
    this.slot = new Slot({
      device,
      clock: this.clock,
      hostBaud: this.baudRate,
      paceBaud: options.paceBaud,
      state: options.state,
      wiring: options.wiring,
      faultsOf: (unit) => (unit === (options.unit ?? 1) ? (options.faults ?? []) : []),
      lastUnit: options.lastUnit,
      memory,
      storageOf: (unit) => this.storageOf(unit, options),
      air: this.air,
      heard: (bytes) => this.received.push(bytes),
      unplug: () => {
        this.unplugged = true;
        this.slot.close();
      },
      log: (text) => this.log.push(text),
    });
    this.slot.opened();
  }

  get body(): ThermometerBody {
    return this.starts.at(-1)!;
  }

  /** Flash of the unit that started last. */
  get cells(): Uint8Array {
    return this.body.flash.cells;
  }

  /** Sends, and gives what came back meanwhile. Only where no time is modelled. */
  exchange(bytes: Uint8Array): Uint8Array {
    void this.slot.wire.write(bytes);
    this.slot.wire.deliverDue();
    return this.takeReceived();
  }

  takeReceived(): Uint8Array {
    return concat(...this.received.splice(0));
  }

  write(address: number, ...data: number[]): Uint8Array {
    return this.exchange(writeFrame(address, data));
  }

  /** Battery out and in, the activation right after it, and the divider for this rate. */
  activate(): void {
    this.slot.perform('cycle-battery');
    this.exchange(STOP_CPU);
    this.write(0xb2, dividerFor(this.baudRate ?? 460_800));
  }

  /** `undefined` for each byte whose answer is not nine good characters. */
  read(address: number, count = 1): (number | undefined)[] {
    this.exchange(readHeader(address));
    const bytes = Array.from({ length: count }, () => decodeReply(this.exchange(Uint8Array.of(0xfe))));
    this.exchange(endFrame());
    return bytes;
  }

  /** One SPI command, its answer clocked with zeros. */
  flash(command: readonly number[], answerBytes = 0): (number | undefined)[] {
    this.write(0xb3, 0x80);
    this.write(0x0d, 0x00);
    this.write(0x0c, ...command, ...(answerBytes > 0 ? [0] : []));
    if (answerBytes > 0) this.write(0x0d, 0x0a);
    const answer = answerBytes > 0 ? this.read(0x0c, answerBytes) : [];
    this.write(0x0d, 0x01);
    this.write(0xb3, 0x00);
    return answer;
  }

  /** As a client should: asks until the flash is done. Returns how often it was busy. */
  waitReady(): number {
    for (let polls = 0; polls < 100; polls++) if ((this.flash([0x05], 1)[0]! & 1) === 0) return polls;
    return Infinity;
  }

  erase(address: number): void {
    this.flash([0x06]);
    this.flash([0x20, address >> 16, (address >> 8) & 0xff, address & 0xff]);
  }

  program(address: number, data: readonly number[]): void {
    this.flash([0x06]);
    this.flash([0x02, address >> 16, (address >> 8) & 0xff, address & 0xff, ...data]);
  }

  private storageOf(unit: number, { content, notes }: HostOptions): LastingStorage {
    const storage = this.storages.get(unit) ?? { ...memoryStorage(content), ...(notes && { notes }) };
    this.storages.set(unit, storage);
    return storage;
  }
}

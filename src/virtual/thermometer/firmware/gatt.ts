import type { VirtualService } from '../../air/peripheral.ts';

export type GattProperty = VirtualService['characteristics'][number]['properties'][number];

/** One characteristic and what the firmware does with it. */
export interface Characteristic {
  readonly uuid: string;
  readonly properties: readonly GattProperty[];
  /** Undefined: the firmware never answers. */
  read?(): Uint8Array | undefined;
  /** May take its time: flash is erased, for one. */
  write?(bytes: Uint8Array): void | Promise<void>;
  subscribed?(on: boolean): void;
}

export interface Service {
  readonly uuid: string;
  readonly characteristics: readonly Characteristic[];
}

/** The connection, as the firmware sees it. */
export interface Link {
  /** Aborted when the link is gone. */
  readonly ended: AbortSignal;
  notify(service: string, characteristic: string, bytes: Uint8Array): void;
  /** Calls back after `ms`, unless the link is gone by then. Returns the function that cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** The firmware lets the link fall. */
  drop(): void;
  /** The link falls and the chip restarts. */
  restart(): void;
  /** The chip restarts as soon as the central has gone. */
  restartWhenGone(): void;
  /** The firmware asks the central for this MTU, bytes; every central here agrees. */
  requestMtu(bytes: number): void;
}

/** A value that only can be read. */
export function constant(uuid: string, value: Uint8Array): Characteristic {
  return { uuid, properties: ['read'], read: () => value };
}

/** Long UUIDs of Telink's OTA service and of Xiaomi's thermometer service. */
export const UUID = {
  deviceInformation: '180a',
  battery: '180f',
  environment: '181a',
  mi: 'fe95',
  miVersion: '0004',
  miControl: '0010',
  miData: '0019',
  ota: '000102030405060708090a0b0c0d1912',
  otaData: '000102030405060708090a0b0c0d2b12',
  stock: 'ebe0ccb07a0a4b0c8a1a6ff2997da3a6',
  commands: '1f10',
  command: '1f1f',
  bthome: 'fcd2',
} as const;

/** A characteristic of the stock service by the two digits that tell it from the others. */
export const stockUuid = (digits: string): string => `ebe0cc${digits}7a0a4b0c8a1a6ff2997da3a6`;

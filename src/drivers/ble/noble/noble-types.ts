import type { EventEmitter } from 'node:events';

/** The part of noble's objects that benchflash touches. */
export interface Noble extends EventEmitter {
  /** Reading it starts the bindings, and throws what they throw. */
  readonly state: NobleState;
  /** The adapter's own address once it is known. */
  readonly address: string;
  startScanning(serviceUuids: readonly string[], allowDuplicates: boolean): void;
  stopScanning(): void;
  readonly _bindings: NobleBindings;
  readonly _peripherals: Record<string, NoblePeripheral | undefined>;
}

export type NobleState =
  'unknown' | 'resetting' | 'unsupported' | 'unauthorized' | 'poweredOff' | 'poweredOn';

/** What noble keeps inside, as far as it has to be repaired; each part is there with some bindings only. */
export interface NobleBindings {
  /** Missing on macOS and Windows, where noble's own call of it throws. */
  readonly cancelConnect?: unknown;
  readonly onSigIntBinded?: () => void;
  _pendingConnectionUuid?: string | null;
  _connectionQueue?: unknown[];
  readonly _gap?: { readonly _discoveries?: Record<string, unknown> };
  readonly _hci?: { flushAcl?: () => Promise<void> };
}

export interface NoblePeripheral extends EventEmitter {
  readonly id: string;
  /** Empty or `unknown` where the system hides it. */
  readonly address: string;
  readonly connectable: boolean;
  readonly advertisement: NobleAdvertisement;
  readonly rssi: number;
  mtu: number | null;
  state: 'error' | 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  /** Options are understood on Linux only. */
  connect(options?: object): void;
  cancelConnect(): void;
  disconnect(): void;
  discoverServices(uuids: readonly string[]): void;
}

export interface NobleAdvertisement {
  readonly localName?: string;
  readonly serviceUuids?: readonly string[];
  readonly serviceData?: readonly { readonly uuid: string; readonly data: Uint8Array }[];
}

export interface NobleService extends EventEmitter {
  readonly uuid: string;
  discoverCharacteristics(uuids: readonly string[]): void;
}

export interface NobleCharacteristic extends EventEmitter {
  readonly uuid: string;
  readonly properties: readonly string[];
  read(): void;
  write(data: Uint8Array, withoutResponse: boolean): void;
  notify(on: boolean): void;
}

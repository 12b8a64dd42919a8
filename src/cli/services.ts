import type { AnyFlow } from '../../flows/flow.ts';
import type { Bench } from '../bench/view.ts';
import type { JobStore } from '../config/jobs.ts';
import type { SettingsStore } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { InspectedFile } from '../firmware/inspect.ts';
import type { DataDir } from '../records/data-dir.ts';
import type { GlobalOptions } from './global-options.ts';

/**
 * What commands need that only the composition root may build. Every method makes its part when it is called, so
 * that a command loads nothing it does not use.
 */
export interface CommandServices {
  readonly version: string;
  readonly clock: Clock;
  flows(): Promise<readonly AnyFlow[]>;
  /** `own` throws DATA_DIR_OWNED where another process has it; `look` reads beside it. */
  records(options: GlobalOptions, access: 'own' | 'look'): Promise<DataDir>;
  dataDirectory(options: GlobalOptions): Promise<string>;
  jobs(options: GlobalOptions): Promise<JobStore>;
  settings(options: GlobalOptions): Promise<SettingsStore>;
  /** The bench without a screen: nobody is there to answer questions. */
  bench(options: GlobalOptions, access: 'own' | 'look'): Promise<OpenedBench>;
  inspectFile(path: string): Promise<InspectedFile>;
  ports(options: GlobalOptions): Promise<readonly ScannedPort[]>;
  /** Calls back with the ports there are, then on every plug and unplug; returns the function that ends it. */
  watchPorts(options: GlobalOptions, onChange: (changes: PortScanChanges) => void): Promise<() => void>;
  /** Whether Bluetooth can be used, tried out. */
  bluetooth(): Promise<BluetoothState>;
  /**
   * Calls back with every advertisement that is heard; returns the radio's name and the function that ends it. Throws
   * BLUETOOTH_UNAVAILABLE or BLUETOOTH_OFF.
   */
  hear(onHeard: (device: HeardDevice) => void): Promise<{ readonly radio: string; stop(): Promise<void> }>;
  /** Calls back with each device on the network that can be flashed, again when it says something new. */
  networkDevices(onFound: (device: NetworkDevice) => void): Promise<FollowedNetwork>;
  /** What of this computer matters to flows over the network. */
  network(): Promise<NetworkState>;
  virtual(): Promise<VirtualDevices>;
  /** Whether the computer can be kept awake, tried out: what holds it, or why nothing does. */
  keepsAwake(): Promise<{ readonly by: string } | { readonly why: string }>;
  /** Opens the full-screen bench; resolves with the exit code. */
  screen(options: GlobalOptions, start: ScreenStart): Promise<number>;
}

export interface OpenedBench {
  readonly bench: Bench;
  readonly records: DataDir;
  /** Cancels what runs at safe points, closes links and records. */
  close(): Promise<void>;
}

export type ScreenStart =
  | { readonly kind: 'start' }
  /** The practice bench with a batch of so many units. */
  | { readonly kind: 'demo'; readonly slots: number };

/** One serial port of this computer as `scan` shows it. */
export interface ScannedPort {
  /** The link to use now. */
  readonly link: string;
  /** Names the adapter for good, and is a link too. */
  readonly key: string;
  readonly label: string;
  readonly chip: string;
  readonly dependableBaudRate: number;
  /** What the chip means for a job, one sentence each. */
  readonly advice: readonly string[];
  readonly usb?: {
    readonly vendorId: string;
    readonly productId: string;
    readonly product?: string;
    readonly serialNumber?: string;
    readonly location?: string;
  };
}

/** One Bluetooth device as `scan` shows it, as it was heard last. */
export interface HeardDevice {
  /** The link to use; missing where the system hides MACs. */
  readonly link?: string;
  readonly address: string;
  /** What it calls itself, safe to show. */
  readonly name?: string;
  readonly rssiDbm: number;
  readonly connectable: boolean;
  /** UUIDs of the services it announces or sends data of. */
  readonly services: readonly string[];
  /** What it is, where that is known. */
  readonly description?: string;
}

/** One device on the network as it announces itself. Texts are safe to show. */
export interface NetworkDevice {
  /** The link to use; missing where none can name it. */
  readonly link?: string;
  readonly address: string;
  readonly port: number;
  /** As it announces itself; missing for one that does not. */
  readonly name?: string;
  /** What answers there when it is asked; where nothing known does, what it announces. */
  readonly model: string;
  /** As it announces it; part of `model` where it was asked. */
  readonly firmware?: string;
  /**
   * Which firmware answers at its page: `shelly-gen1`, `tasmota`, …, or `unknown`; `nothing` where a link was typed and
   * nobody answers there. Missing where it was not asked, or is no plug that is known.
   */
  readonly answers?: string;
  /** Its page wants a password. */
  readonly locked?: boolean;
  /** Lower case with colons. */
  readonly mac?: string;
  /** Its last six digits; known more often. */
  readonly macTail?: string;
}

/** The network while it is looked at. */
export interface FollowedNetwork {
  /**
   * Tries every address of the private subnets of this computer, and asks those that answer. Resolves with how many
   * answered, whatever they are. Throws NO_ROUTE.
   */
  sweep(): Promise<{ readonly answered: number }>;
  /** Asks what answers at an `http://` link, and tells of it, of silence too. */
  ask(link: string): Promise<void>;
  /** Resolves when nobody is being asked. */
  idle(): Promise<void>;
  stop(): void;
}

export interface NetworkState {
  readonly addresses: readonly {
    readonly interfaceName: string;
    readonly address: string;
    readonly prefixBits: number;
    readonly isPrivate: boolean;
  }[];
  /** Whether the access point of a unit can be joined, and if not, what stands in the way first. */
  readonly wifi:
    | { readonly state: 'usable' | 'in-use'; readonly name: string }
    | { readonly state: 'no-nmcli' | 'not-running' | 'no-interface' }
    | { readonly state: 'unavailable'; readonly name: string; readonly word: string };
  /** Missing where the system does not tell. */
  readonly power?: { readonly onBattery: boolean; readonly batteryPercent?: number };
}

/**
 * What was found out about Bluetooth, in this order: its library loads, there is an adapter, it is on, this user may
 * use it. Where one of them is not so, nothing is known of those behind it.
 */
export type BluetoothState =
  | { readonly state: 'usable'; readonly radio: string }
  | {
      readonly state: 'no-library' | 'no-adapter' | 'off' | 'no-permission';
      /** A sentence. */
      readonly finding: string;
      readonly fix: string;
    };

export interface PortScanChanges {
  readonly added: readonly ScannedPort[];
  readonly removed: readonly ScannedPort[];
}

/** The virtual devices as the command line serves them. */
export interface VirtualDevices {
  readonly devices: readonly VirtualDeviceInfo[];
  /** Throws USAGE for an unknown device, fault or state. */
  serve(request: ServeRequest): Promise<{ readonly url: string; close(): Promise<void> }>;
  makePracticeImages(
    device: string,
    folder: string,
  ): Promise<readonly { readonly path: string; readonly bytes: number; readonly title: string }[]>;
}

export interface VirtualDeviceInfo {
  readonly name: string;
  readonly title: string;
  readonly faults: readonly { readonly name: string; readonly text: string }[];
  readonly states: readonly { readonly name: string; readonly text: string }[];
}

export interface ServeRequest {
  readonly device: string;
  readonly scheme: 'tcp' | 'rfc2217' | 'http';
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly unit: number;
  readonly state?: string;
  readonly image?: string;
  readonly card?: string;
  readonly faults: readonly string[];
  readonly paceBaud?: number;
  readonly log: (text: string) => void;
}

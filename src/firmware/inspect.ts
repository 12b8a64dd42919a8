/** What a firmware file is, as found by its content. A name or extension proves nothing. */
export type FirmwareKind =
  | 'esp32-app'
  | 'esp32-bootloader'
  | 'esp32-partition-table'
  | 'esp32-otadata'
  /** Bootloader, table and application in one file, to be written from 0x0 (0x1000 variants name their offset in `parts`). */
  | 'esp32-merged'
  /** A whole flash: 1, 2, 4, 8 or 16 MiB with a partition table and data. */
  | 'esp32-full-flash'
  | 'esp8266-image'
  | 'esp8266-full-flash'
  | 'unknown';

export type EspChipName =
  'ESP8266' | 'ESP32' | 'ESP32-S2' | 'ESP32-S3' | 'ESP32-C2' | 'ESP32-C3' | 'ESP32-C6' | 'ESP32-H2';

export interface FirmwareProblem {
  /** `error`: the file must not be written. `warning`: say it before the flash. */
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

export interface AppDescriptor {
  readonly project: string;
  readonly version: string;
  readonly idfVersion: string;
  readonly date: string;
  readonly time: string;
  /** Lower-case hex of the 32-byte ELF hash; all zero when the build left it out. */
  readonly elfSha256: string;
}

export type FlashMode = 'qio' | 'qout' | 'dio' | 'dout';

/** One piece of a file and where it belongs in flash. */
export interface FirmwarePart {
  readonly kind: 'app' | 'bootloader' | 'partition-table' | 'otadata' | 'esp8266-image' | 'data';
  readonly title: string;
  /** Where it belongs in flash; undefined when only the unit's own partition table can tell (a lone application). */
  readonly flashOffset: number | undefined;
  /** A view into the (decompressed) file. */
  readonly bytes: Uint8Array;
  readonly flashMode?: FlashMode;
  /** Flash size its header claims, in bytes. */
  readonly headerFlashSizeBytes?: number;
  readonly descriptor?: AppDescriptor;
}

export interface InspectedFile {
  readonly path: string;
  readonly kind: FirmwareKind;
  /** Chip it was built for; undefined when the content does not tell (an otadata block). */
  readonly chip: EspChipName | undefined;
  /** One line: `ESP32 application hello-world v3.3`, `Tasmota 9.2.0 for ESP8266, 1 MB, DOUT`. */
  readonly title: string;
  /** Label and value pairs for `inspect`, secrets redacted. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly problems: readonly FirmwareProblem[];
  readonly parts: readonly FirmwarePart[];
  /** Of the file as it lies on disk. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Content after gunzip; the same array as on disk when it was not compressed. */
  readonly content: Uint8Array;
  readonly compressed: boolean;
  /** For full-flash backups. */
  readonly backup?: {
    readonly runs: string | undefined;
    readonly wifiCredentials: 'found' | 'none' | 'unknown';
    /** SSIDs as found, password never. */
    readonly ssids: readonly string[];
  };
}

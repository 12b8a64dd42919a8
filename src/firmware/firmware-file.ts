import type { ShellyModel } from './shelly-models.ts';
import type { TasmotaMarker } from './tasmota-marker.ts';
import type { TelinkFirmware } from './telink-image.ts';
import type { TelinkModel } from './telink-models.ts';
import type { TelinkUnit } from './telink-unit.ts';

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
  /** Update archive of Mongoose OS for a Shelly of the first generation: goes over the network only. */
  | 'mongoose-zip'
  /** Settings backup of Tasmota (`/dl`): no firmware, goes back over the settings page. */
  | 'tasmota-settings'
  /** The signature that HAA wants beside each file of its update (`.bin.sec`). */
  | 'haa-signature'
  /** One firmware for a thermometer with a Telink chip, as it lies in a bank. */
  | 'telink-image'
  /** Such an image in a Zigbee update file; its part is the bare image. */
  | 'telink-zigbee-ota'
  /** The whole flash of a thermometer with a Telink chip. */
  | 'telink-full-flash'
  /** Of a thermometer's flash what is unique to the unit: see telink-unique-areas.ts. */
  | 'telink-unique-areas'
  /** The whole chip of a Xiaomi Dafang camera, 16 MiB; the parts of it that a bricked one lacks are warnings. */
  | 'dafang-full-flash'
  | 'dafang-boot'
  | 'dafang-kernel'
  /** Header, kernel, root, driver and appfs. */
  | 'dafang-demo'
  | 'dafang-para'
  /** File systems that do not tell whose they are. */
  | 'squashfs'
  | 'jffs2'
  | 'unknown';

/** Files that no flow can write: named, so that nobody calls them garbage. */
export type ForeignFormat =
  | 'zip'
  | 'tuya-ug'
  | 'signature'
  | 'uf2'
  | 'elf'
  | 'intel-hex'
  | 'html'
  | 'json'
  | 'text'
  | 'pdf'
  | 'xz'
  | 'nvs'
  | 'blank'
  | 'empty';

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

/** Which firmware an image is, told by its own strings and descriptors. */
export interface Product {
  /** `Tasmota`, `ESPHome`, `ESPurna`, `HAA installer`, `Mongoose OS`, ... */
  readonly name: string;
  /** As the image says it, e.g. `9.2.0`, `2024.6.0`. */
  readonly version?: string;
  /** Of Tasmota: `tasmota`, `minimal`, `lite`, `sensors`, `safeboot`, ... */
  readonly variant?: string;
}

/** One piece of a file and where it belongs in flash. */
export interface FirmwarePart {
  readonly kind:
    'app' | 'bootloader' | 'partition-table' | 'otadata' | 'esp8266-image' | 'telink-image' | 'data';
  readonly title: string;
  /** Where it belongs in flash; undefined when only the unit's own partition table can tell (a lone application). */
  readonly flashOffset: number | undefined;
  /** A view into the (decompressed) file. */
  readonly bytes: Uint8Array;
  readonly flashMode?: FlashMode;
  /** Flash clock its header asks for, MHz. */
  readonly flashFreqMHz?: number;
  /** Flash size its header claims, in bytes. */
  readonly headerFlashSizeBytes?: number;
  readonly descriptor?: AppDescriptor;
  readonly chip?: EspChipName;
  /** Chip revisions x100 the image accepts, e.g. 300 for v3.0; of ESP32 and later. */
  readonly minRevision?: number;
  readonly maxRevision?: number;
  readonly product?: Product;
  /** Label of the partition of the file's own table that this piece fills. */
  readonly partition?: string;
  /** True for a data area that holds only 0xFF: nothing to compare, nothing to erase. */
  readonly blank?: boolean;
  /** True when the image does not verify (cut short, wrong checksum or SHA-256). */
  readonly damaged?: boolean;
  /** True when a secure boot signature follows the image: its header must not be patched. */
  readonly signed?: boolean;
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
  /** The file as it lies on disk, where it is compressed: by the network it goes out like this. */
  readonly packed?: Uint8Array;
  /** The table inside (partition table, merged image, full flash), with its problems already in `problems`. */
  readonly partitionTable?: PartitionTable;
  readonly product?: Product;
  /** Of the parts of a merged image or a whole flash: the application that starts, if it is whole. */
  readonly starts?: FirmwarePart;
  /** Only with kind `unknown`: what it is instead. */
  readonly foreign?: ForeignFormat;
  /** For full-flash backups. */
  readonly backup?: BackupFacts;
  /** Of single ESP8266 images: what they are made of. */
  readonly esp8266?: Esp8266Facts;
  /** Of update archives of Mongoose OS whose manifest can be read. */
  readonly mongoose?: MongooseFacts;
  /** Of Telink files: the image in it, or of a whole flash the one that starts. */
  readonly telink?: TelinkFacts;
}

/**
 * `eboot`: Arduino builds (Tasmota, ESPHome, ESPurna). `haa-rboot`, `mongoose-rboot`: as named. `v2-app`: an
 * application that needs a boot loader in flash already. `one-image`: all in one, or a boot loader alone.
 */
export type Esp8266Layout = 'eboot' | 'haa-rboot' | 'mongoose-rboot' | 'v2-app' | 'one-image';

/** What a plug's firmware file for the ESP8266 is made of; offsets are those of the unpacked file. */
export interface Esp8266Facts {
  readonly layout: Esp8266Layout;
  /** Of the image behind the boot loader. */
  readonly appOffset?: number;
  /** `arduino`: behind the image. `haa`: in a `.sec` file beside it. Signed images are never patched. */
  readonly signature: 'none' | 'arduino' | 'haa';
  /** The one that an old Tasmota finds. */
  readonly tasmotaMarker?: TasmotaMarker;
  /** Where there is no other: it stands between the words of 4 bytes and is not seen. */
  readonly unalignedMarker?: TasmotaMarker;
  /** Of Mongoose OS: the sector of the boot loader's configuration; on a model of the other group it is a brick. */
  readonly bootConfigOffset?: number;
}

/** An update archive of Mongoose OS; texts are those of its manifest, sanitised. */
export interface MongooseFacts {
  readonly app: string;
  readonly version: string;
  readonly buildId: string;
  readonly platform: string;
  /** The one model that takes an archive of this name; undefined when it is none of the table. */
  readonly model?: ShellyModel;
  /** Of its own manifest, or of the model. */
  readonly bootConfigOffset?: number;
  /** `takeover`: holds the strings of mgos-to-tasmota, or the URL of an image. `unknown` is said as such. */
  readonly role: 'takeover' | 'stock' | 'unknown';
  /** What a takeover's intermediate fetches by itself, where exactly one URL is found. */
  readonly targetUrl?: string;
  /** Longest URL that `withTakeoverUrl` can put there instead. */
  readonly targetRoomBytes?: number;
}

/** Which thermometer firmware a file holds, told by its content. */
export interface TelinkFacts {
  /** Undefined: a device benchflash does not know. */
  readonly model: TelinkModel | undefined;
  readonly firmware: TelinkFirmware;
  /** As the image says it: `1.0.0_0130`, `5.8`. */
  readonly version: string | undefined;
  /** With its checksum, without a signature behind it. */
  readonly imageBytes: number;
  readonly manufacturer: number;
  readonly imageType: number;
  readonly fileVersion: number;
  /** The maker's signature follows: stock 2.1.x takes only such files over the air. */
  readonly isSigned: boolean;
  /** Whether it fits one bank, which is all that an ordinary update over the air can take. */
  readonly fitsOta: boolean;
  /** Of a whole flash whose model is known. */
  readonly unit?: TelinkUnit;
}

export interface BackupFacts {
  /** Title of the application that starts from it; undefined when none can be named. */
  readonly runs: string | undefined;
  /** `unknown` where the place or form of credentials is not known: treat as found. */
  readonly wifiCredentials: 'found' | 'none' | 'unknown';
  /** SSIDs as found, password never. */
  readonly ssids: readonly string[];
  /** Other things in it that must stay secret, one sentence each. */
  readonly secrets: readonly string[];
  /** True when no data area holds anything: a padded factory image rather than the dump of a used unit. */
  readonly blankData: boolean;
}

export interface Partition {
  readonly label: string;
  /** 0 application, 1 data, others are the vendor's own. */
  readonly type: number;
  readonly subtype: number;
  /** In flash, bytes. */
  readonly offset: number;
  readonly size: number;
  readonly encrypted: boolean;
  readonly readOnly: boolean;
}

export interface PartitionTable {
  readonly partitions: readonly Partition[];
  readonly md5: 'valid' | 'wrong' | 'missing';
  readonly problems: readonly FirmwareProblem[];
}

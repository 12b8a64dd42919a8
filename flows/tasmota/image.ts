import { BenchError } from '../../src/core/errors.ts';
import { sha256Hex } from '../../src/core/digest.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { productText } from '../../src/firmware/products.ts';
import { parseVersion, type TasmotaVersion } from '../../src/protocols/tasmota/index.ts';
import { newFirmwareOf, type NewFirmware } from '../network-plug/index.ts';

/** An image as it is sent to a unit. */
export interface PlugImage {
  readonly slot: string;
  /** Where it came from; of a patched copy the original. */
  readonly path: string;
  /** Last part of its path; of a patched copy its own. */
  readonly name: string;
  /** As it goes over: packed where the file is. */
  readonly bytes: Uint8Array;
  /** Lower-case hex, of `bytes`. */
  readonly sha256: string;
  readonly packed: boolean;
  readonly file: InspectedFile;
  readonly becomes: NewFirmware;
  /** Of Tasmota images that say it. */
  readonly version?: TasmotaVersion;
  /** What was changed against the file, one sentence each. */
  readonly changes: readonly string[];
}

const MIN_BYTES = 64 * 1024;

/** Why this file cannot be sent to a Tasmota as the image of a plug, one sentence, or undefined when it can. */
export function refusesImage(file: InspectedFile): string | undefined {
  const broken = file.problems.find(({ severity }) => severity === 'error');
  if (broken != null) return broken.text;
  if (file.kind !== 'esp8266-image') return `This is no image for an ESP8266 plug: ${file.title}.`;
  const layout = file.esp8266?.layout;
  if (layout !== 'eboot' && layout !== 'haa-rboot')
    return 'It has no boot loader in front of its application as Tasmota takes it (eboot or that of HAA).';
  if (file.content.length < MIN_BYTES)
    return `It has only ${file.content.length} bytes: this is no whole firmware.`;
  if (newFirmwareOf(file.product) == null)
    return `Nothing is known by which ${file.product == null ? 'this firmware' : productText(file.product)} could be recognised once it runs.`;
  return undefined;
}

export const isMinimal = (file: InspectedFile): boolean =>
  file.product?.name === 'Tasmota' && file.product.variant === 'minimal';

/** The image in a file that its slot has accepted. */
export function imageOf(slot: string, file: InspectedFile): PlugImage {
  const becomes = newFirmwareOf(file.product);
  const why = refusesImage(file);
  if (why != null || becomes == null)
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${file.path}: ${why ?? 'it cannot be recognised'}`,
    });
  const bytes = file.packed ?? file.content;
  const version = becomes.firmware === 'tasmota' ? versionOf(becomes) : undefined;
  return {
    slot,
    path: file.path,
    name: file.path.replace(/^.*[\\/]/, ''),
    bytes,
    sha256: sha256Hex(bytes),
    packed: file.compressed,
    file,
    becomes,
    ...(version != null && { version }),
    changes: [],
  };
}

const versionOf = ({ version, variant }: NewFirmware): TasmotaVersion | undefined =>
  version == null ? undefined : parseVersion(variant == null ? version : `${version}(${variant})`);

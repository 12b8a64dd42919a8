import { BenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import {
  LYWSD03MMC,
  modelOfHardwareId,
  MODEL_TEXTS,
  type TelinkModel,
} from '../../src/firmware/telink-models.ts';
import type { FullWire } from '../../src/protocols/telink/sws/index.ts';

/** What runs, as far as a few reads tell: reading whole images would take minutes. */
export interface RunningFirmware {
  /** `stock 1.0.0_0130`, `pvvx`, `unknown firmware`; undefined where no bank starts. */
  readonly text: string | undefined;
  readonly model: TelinkModel | undefined;
}

const HEADER_BYTES = 0x20;
const MAGIC = 'KNLT';
const MANUFACTURER_TELINK = 0x1141;
const PVVX_TYPE = 0x0200;
/** Lower half of the file version of pvvx's BLE images; Zigbee builds have numbers of their own there. */
const PVVX_FILE_VERSION = 0x9999;

/** Where published images say their model and version, by the size in their header. */
const TEXTS: Readonly<Record<number, { readonly offset: number; readonly length: number }>> = {
  // atc1441
  64324: { offset: 0x2b90, length: 32 },
  // LYWSD03MMC 1.0.0_0109, 1.0.0_0130, 2.1.1_0159 for B1.6 and for all
  85668: { offset: 0x14e14, length: 64 },
  92868: { offset: 0x16a2c, length: 64 },
  104260: { offset: 0x1962c, length: 32 },
  104404: { offset: 0x196cc, length: 32 },
  // MHO-C401 1.0.0_0016
  87332: { offset: 0x1547c, length: 64 },
  // pvvx 5.8
  86340: { offset: 0x14c6c, length: 32 },
};

/** The bank that starts: the first whose header is marked. */
export async function readRunningFirmware(wire: FullWire, signal: AbortSignal): Promise<RunningFirmware> {
  for (const { offset } of LYWSD03MMC.banks) {
    const header = await wire.read(offset, HEADER_BYTES, { signal });
    if (latin1(header.subarray(8, 12)) === MAGIC) return describe(wire, offset, header, signal);
  }
  return { text: undefined, model: undefined };
}

async function describe(
  wire: FullWire,
  bank: number,
  header: Uint8Array,
  signal: AbortSignal,
): Promise<RunningFirmware> {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const place = TEXTS[view.getUint32(0x18, true)];
  const text = place == null ? '' : latin1(await wire.read(bank + place.offset, place.length, { signal }));
  if (view.getUint16(0x12, true) === MANUFACTURER_TELINK) {
    const type = view.getUint16(0x14, true);
    const model = (type & 0xff00) === PVVX_TYPE ? modelOfHardwareId(type & 0xff) : undefined;
    const version = /V(\d{1,2}\.\d{1,2})/.exec(text)?.[1];
    const name = view.getUint16(4, true) === PVVX_FILE_VERSION ? 'pvvx' : 'Zigbee';
    return { text: version == null ? name : `${name} ${version}`, model };
  }
  const stock = /\d\.\d\.\d_\d{4}/.exec(text)?.[0];
  const model = MODEL_TEXTS.find(([needle]) => text.includes(needle))?.[1];
  if (stock != null) return { text: `stock ${stock}`, model };
  if (/ATC_[0-9A-F]{6}/.test(text)) return { text: 'atc1441', model: LYWSD03MMC.model };
  return { text: 'unknown firmware', model };
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Hardware texts at 0x55000: dumps of three models (telink-swire reference, section 7, and the dumps it was read from). */
const HARDWARE_OF: readonly (readonly [pattern: RegExp, model: TelinkModel])[] = [
  [/^B\d\.\d/, 'LYWSD03MMC'],
  [/^V_\d\dG/, 'MHO-C401'],
];

/**
 * Refuses a sibling model: its MAC, keys and trim lie elsewhere. Returns what speaks for the model that this flow knows,
 * or undefined where nothing speaks at all (an erased flash). Throws MODEL_WITHOUT_PROFILE.
 */
export function judgeModel(
  hardware: string | undefined,
  { model: runs, text }: RunningFirmware,
): string | undefined {
  const byHardware = HARDWARE_OF.find(([pattern]) => pattern.test(hardware ?? ''))?.[1];
  const other = [byHardware, runs].find((model) => model != null && model !== LYWSD03MMC.model);
  // The hardware counts: firmware of a sibling may have been written to this model by mistake, and must be replaceable.
  if (other != null && byHardware !== LYWSD03MMC.model)
    throw new BenchError('MODEL_WITHOUT_PROFILE', {
      message: `This is a ${other} by its ${byHardware === other ? `hardware text "${sanitize(hardware ?? '')}"` : `firmware (${text})`}; this flow knows the flash of the ${LYWSD03MMC.model} only.`,
      detail: { model: other },
    });
  if (byHardware != null) return `hardware text ${sanitize(hardware!)}`;
  return runs == null ? undefined : `firmware ${text}`;
}

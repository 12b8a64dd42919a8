import { hex, sizeText } from './bytes.ts';
import type { FirmwareProblem, FlashMode, InspectedFile } from './firmware-file.ts';
import { changeTexts, whyNotPatched, type ImageChanges } from './patched-copy.ts';
import { modelText, type ShellyModel } from './shelly-models.ts';
import { ANY_VERSION, MARKER_BYTES, parseTasmotaVersion, tasmotaVersionText } from './tasmota-marker.ts';

/**
 * A way over the network into an ESP8266 plug. `sonoff-diy`: `ota_flash` of Sonoff's DIY mode. `takeover`: target of
 * the intermediate firmware on a Shelly. `tasmota-upload`: upload page or OTA URL of a Tasmota that runs. `tuya`:
 * target of tuya-convert.
 */
export type FlashPath = 'sonoff-diy' | 'takeover' | 'tasmota-upload' | 'tuya';

export const FLASH_PATHS: readonly FlashPath[] = ['sonoff-diy', 'takeover', 'tasmota-upload', 'tuya'];

/** What the rules must know of the unit; what is missing is not checked. */
export interface PathUnit {
  /** Of the real flash chip. */
  readonly flashSizeBytes?: number;
  /** True for parts that start only DOUT images (ESP8285). */
  readonly needsDout?: boolean;
  /** Of a Shelly of the first generation, whatever runs on it now. */
  readonly model?: ShellyModel;
  /** What Tasmota says of itself: `9.2.0(tasmota)`. */
  readonly runningVersion?: string;
  /** What Tasmota has free for an upload, bytes (StatusMEM Free x 1024). */
  readonly freeBytes?: number;
  /** Tasmota's `SetOption78 1`: the marker is not asked for. */
  readonly ignoresMarker?: boolean;
  /** The first of two uploads: the full image follows. Only then may it be a minimal build. */
  readonly isIntermediate?: boolean;
}

export interface PathVerdict {
  /** Errors: must not be sent as it is. */
  readonly problems: readonly FirmwareProblem[];
  /** Where every error would be gone from a patched copy (see patched-copy.ts): the changes, and in words. */
  readonly patch?: { readonly changes: ImageChanges; readonly words: readonly string[] };
}

/** The vendor's limit: 508 KiB (itead, DIY protocol). */
export const SONOFF_DIY_BYTES = 520_192;
/** tuya-convert's intermediate and the slot of mgos-to-tasmota; above it units were bricked (tuya-convert#362). */
export const TAKEOVER_BYTES = 524_288;
/** Under this no real firmware was ever seen: a stub, a page, a piece. */
const PLAUSIBLE_BYTES = 0x1_0000;
const SECTOR_BYTES = 0x1000;
/** From this Tasmota on gzip files are unpacked by the boot loader. */
const TAKES_GZIP = 0x0802_0000;
/** Between these versions the marker is looked for, and must say at least the first. */
const MARKER_FROM = 0x0701_0206;
const MARKER_UNTIL = 0x0a00_0000;
const MARKER_MINIMUM = 0x0701_0006;

/** The image as it is, or as it would be after the changes so far. */
interface Candidate {
  readonly file: InspectedFile;
  readonly sizeBytes: number;
  readonly flashMode: FlashMode | undefined;
  readonly headerFlashSizeBytes: number | undefined;
  readonly markerVersion: number | undefined;
}

interface Objection extends FirmwareProblem {
  /** What would meet it. */
  readonly fix?: ImageChanges;
}

type Rule = (candidate: Candidate, unit: PathUnit) => Objection | undefined;

/** Whether this file may go that way, and why not. Pure; says nothing of a unit it was told nothing of. */
export function fitsPath(file: InspectedFile, path: FlashPath, unit: PathUnit = {}): PathVerdict {
  const ownErrors = file.problems.filter(({ severity }) => severity === 'error');
  if (file.kind !== 'esp8266-image' || file.esp8266 == null)
    return { problems: ownErrors.length > 0 ? ownErrors : [error(`${file.title} is no ESP8266 image.`)] };
  if (ownErrors.length > 0) return { problems: ownErrors };
  const objections = judge(candidateOf(file), path, unit);
  return { problems: objections.map(withoutFix), ...patchFor(file, path, unit, objections) };
}

const withoutFix = ({ severity, text }: Objection): FirmwareProblem => ({ severity, text });

const judge = (candidate: Candidate, path: FlashPath, unit: PathUnit): Objection[] =>
  RULES[path].map((rule) => rule(candidate, unit)).filter((objection) => objection != null);

function patchFor(
  file: InspectedFile,
  path: FlashPath,
  unit: PathUnit,
  objections: readonly Objection[],
): Pick<PathVerdict, 'patch'> {
  const errors = objections.filter(({ severity }) => severity === 'error');
  if (errors.length === 0 || errors.some(({ fix }) => fix == null) || whyNotPatched(file) != null) return {};
  const changes: ImageChanges = Object.assign({}, ...errors.map(({ fix }) => fix)) as ImageChanges;
  const left = judge(candidateOf(file, changes), path, unit);
  if (left.some(({ severity }) => severity === 'error')) return {};
  return { patch: { changes, words: changeTexts(changes, file) } };
}

function candidateOf(file: InspectedFile, changes: ImageChanges = {}): Candidate {
  const [part] = file.parts;
  const addsMarker = changes.tasmotaMarker === true;
  return {
    file,
    // Packed anew a gzip file may differ by a few bytes; no limit is that close to one that fits.
    sizeBytes: addsMarker ? Math.ceil(file.sizeBytes / 4) * 4 + MARKER_BYTES : file.sizeBytes,
    flashMode: changes.flashMode ?? part?.flashMode,
    headerFlashSizeBytes: changes.headerFlashSizeBytes ?? part?.headerFlashSizeBytes,
    markerVersion: addsMarker ? ANY_VERSION : file.esp8266?.tasmotaMarker?.version,
  };
}

const error = (text: string, fix?: ImageChanges): Objection => ({
  severity: 'error',
  text,
  ...(fix != null && { fix }),
});
const warning = (text: string): Objection => ({ severity: 'warning', text });

const sizeLimit =
  (limitBytes: number, whose: string): Rule =>
  ({ sizeBytes }) =>
    sizeBytes <= limitBytes
      ? undefined
      : error(
          `The image has ${sizeBytes} bytes; ${whose} takes at most ${limitBytes}, and more would brick the unit.`,
        );

const plausible: Rule = ({ sizeBytes, file }) =>
  sizeBytes >= PLAUSIBLE_BYTES || file.compressed
    ? undefined
    : warning(
        `The image has only ${sizeBytes} bytes: real firmware has ${sizeText(PLAUSIBLE_BYTES)} and more.`,
      );

const notMinimal: Rule = ({ file }) =>
  file.product?.variant === 'minimal' || file.product?.variant === 'safeboot'
    ? error(
        `${file.product.name} ${file.product.variant} has no page to give it a Wi-Fi: as the last image it leaves the unit out of reach. Choose a full image.`,
      )
    : undefined;

const notGzip: Rule = ({ file }) =>
  file.compressed
    ? error(
        'A gzip file is written as it is on this way, and nothing would unpack it. Give the unpacked image.',
      )
    : undefined;

const ownBootLoader: Rule = ({ file }) => {
  const layout = file.esp8266?.layout;
  if (layout === 'eboot' || layout === 'haa-rboot') return undefined;
  if (layout === 'mongoose-rboot')
    return error('The image is the way back from Tasmota to stock; this unit is not there yet.');
  return error('The image has no boot loader with an application behind it (E9 at 0x0 and at 0x1000).');
};

const onlyEboot: Rule = (candidate) =>
  candidate.file.esp8266?.layout === 'eboot'
    ? undefined
    : error('Sonoff DIY takes only Arduino images: boot loader at 0x0, application at 0x1000.');

const headerSize: Rule = ({ headerFlashSizeBytes }, { flashSizeBytes }) => {
  if (flashSizeBytes == null || (headerFlashSizeBytes ?? Infinity) <= flashSizeBytes) return undefined;
  const claimed =
    headerFlashSizeBytes == null ? 'a size that ESP8266 does not have' : sizeText(headerFlashSizeBytes);
  return error(
    `The header of the image speaks of a flash of ${claimed}, this unit has ${sizeText(flashSizeBytes)}.`,
    { headerFlashSizeBytes: flashSizeBytes },
  );
};

const dout: Rule = ({ flashMode }, { needsDout }) =>
  needsDout !== true || flashMode === 'dout'
    ? undefined
    : error(
        `The image asks for flash mode ${flashMode?.toUpperCase() ?? 'unknown'}; this unit starts only with DOUT.`,
        { flashMode: 'dout' },
      );

const alwaysDout: Rule = (candidate) => dout(candidate, { needsDout: true });

/** Updaters write the running mode into a plain image, but leave what is packed as it is. */
const doutOfGzip: Rule = (candidate, unit) => (candidate.file.compressed ? dout(candidate, unit) : undefined);

/** Under that the count of blocks in the intermediate runs below zero, and the unit is bricked. */
const reachesBeyondBootConfig: Rule = ({ sizeBytes }, { model }) => {
  const least = (model?.bootConfigOffset ?? 0x7000) + SECTOR_BYTES;
  return sizeBytes > least
    ? undefined
    : error(
        `The image has ${sizeBytes} bytes: the intermediate firmware bricks the unit with ${least} or fewer.`,
      );
};

const bootConfigGroup: Rule = ({ file }, { model }) => {
  const offset = file.esp8266?.bootConfigOffset;
  if (file.esp8266?.layout !== 'mongoose-rboot') return undefined;
  if (offset == null)
    return error(
      'Where the image keeps its boot configuration is not found: on the wrong model it is a brick.',
    );
  if (model == null)
    return error(
      `The image is the way back to stock for models with their boot configuration at ${hex(offset)}; which model this unit is must be known first.`,
    );
  return model.bootConfigOffset === offset
    ? undefined
    : error(
        `The image keeps its boot configuration at ${hex(offset)}, but ${modelText(model)} has it at ${hex(model.bootConfigOffset)}: it would brick the unit.`,
      );
};

const notMinimalAtLast: Rule = (candidate, unit) =>
  unit.isIntermediate === true ? undefined : notMinimal(candidate, unit);

const freeSpace: Rule = ({ sizeBytes }, { freeBytes }) => {
  if (freeBytes == null) return undefined;
  // The updater asks for whole sectors, and leaves one between what runs and what is staged.
  const usable = Math.max(0, Math.floor((freeBytes - SECTOR_BYTES) / SECTOR_BYTES) * SECTOR_BYTES);
  return sizeBytes <= usable
    ? undefined
    : error(
        `The image has ${sizeBytes} bytes, beside what runs there is room for ${usable}: go by way of a minimal build, or use the .bin.gz.`,
      );
};

const gzipIsKnown: Rule = ({ file }, { runningVersion }) => {
  if (!file.compressed || runningVersion == null) return undefined;
  const version = parseTasmotaVersion(runningVersion);
  if (version == null)
    return warning(`Whether ${runningVersion} takes gzip files is not known; 8.2 and later do.`);
  return version >= TAKES_GZIP
    ? undefined
    : error(`Tasmota ${tasmotaVersionText(version)} takes no gzip files (8.2 and later do): give the .bin.`);
};

const marker: Rule = ({ markerVersion, file }, { runningVersion, ignoresMarker }) => {
  const running = runningVersion == null ? undefined : parseTasmotaVersion(runningVersion);
  if (running == null || ignoresMarker === true || file.compressed) return undefined;
  if (running < MARKER_FROM || running >= MARKER_UNTIL) return undefined;
  if (markerVersion != null && markerVersion >= MARKER_MINIMUM) return undefined;
  const what =
    markerVersion != null
      ? `says ${tasmotaVersionText(markerVersion)}, which is too old`
      : file.esp8266?.unalignedMarker != null
        ? `stands at ${hex(file.esp8266.unalignedMarker.offset)}, which is no multiple of 4`
        : 'is missing';
  const text = `Tasmota ${tasmotaVersionText(running)} refuses the image (error 14): the compatibility marker ${what}.`;
  // A second marker behind one that is read first would not be seen; and the way back to stock fills its flash.
  return markerVersion != null || file.esp8266?.layout === 'mongoose-rboot'
    ? error(`${text} SetOption78 1 turns the test off.`)
    : error(text, { tasmotaMarker: true });
};

const RULES: Readonly<Record<FlashPath, readonly Rule[]>> = {
  'sonoff-diy': [
    notGzip,
    onlyEboot,
    notMinimal,
    sizeLimit(SONOFF_DIY_BYTES, 'Sonoff DIY'),
    plausible,
    alwaysDout,
    headerSize,
  ],
  takeover: [
    notGzip,
    ownBootLoader,
    notMinimal,
    sizeLimit(TAKEOVER_BYTES, 'the takeover'),
    reachesBeyondBootConfig,
    plausible,
    headerSize,
    dout,
  ],
  'tasmota-upload': [
    gzipIsKnown,
    notMinimalAtLast,
    bootConfigGroup,
    freeSpace,
    marker,
    plausible,
    headerSize,
    doutOfGzip,
  ],
  tuya: [
    notGzip,
    ownBootLoader,
    notMinimal,
    sizeLimit(TAKEOVER_BYTES, 'tuya-convert'),
    plausible,
    headerSize,
    dout,
  ],
};

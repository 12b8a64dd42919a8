import { concatUint8Arrays } from 'uint8array-extras';
import type { ErrorCode } from '../../core/errors.ts';
import { deviceText } from '../../core/text.ts';
import { isBootLoop, isReadable, readBootSigns } from './boot-signs.ts';
import { OP } from './opcodes.ts';
import { decodeResponse } from './packet.ts';
import { FrameDecoder } from './slip.ts';
import type { LineFinding } from './types.ts';

/** Text kept with a finding, characters. */
const TEXT_LIMIT = 4096;
const OPCODES: ReadonlySet<number> = new Set(Object.values(OP));
/** Fewer bytes than this are the click of a power switch, not a signal. */
const MIN_SIGNAL_BYTES = 4;
/** Invalid-header lines that make a loop without a restart in between: the ROM repeats them until its watchdog bites. */
const LOOP_INVALID_LINES = 3;

export interface DiagnoseContext {
  /** Rate the bytes were heard at. */
  readonly baudRate: number;
}

/** What bytes heard on the line mean while no loader answered. Pure. */
export function diagnose(bytes: Uint8Array, context: DiagnoseContext): LineFinding {
  const text = deviceText(bytes).slice(-TEXT_LIMIT);
  const finding = (kind: LineFinding['kind'], message: string): LineFinding => ({ kind, message, text });
  if (bytes.length < MIN_SIGNAL_BYTES) return finding('nothing', 'nothing heard yet');

  const { frames, after } = framesIn(bytes);
  if (frames.some(isStubSync)) return finding('stub-running', 'a stub loader is running already');
  if (frames.some((frame) => frame[0] === 0 && frame[1] === OP.sync))
    return finding(
      'echo',
      'what we send comes straight back: TX and RX are joined, or both wires sit on one pin',
    );
  if (frames.some(isAnswer)) {
    // What came after the last answer may say more: the unit started anew.
    const since = diagnose(after, context);
    if (since.kind !== 'nothing' && since.kind !== 'garbage') return since;
    return finding(
      'loader-fell-silent',
      'a loader answered and then fell silent: power dipped, or a wire is loose',
    );
  }

  const signs = readBootSigns(text);
  const last = signs.starts.at(-1);
  if (signs.waitsForDownload || last?.into === 'download')
    return finding('download-deaf', 'the unit waits for download, but does not hear us: check TX to its RX');
  if (last?.into === 'waiting-for-host')
    return finding('normal-boot', 'the unit waits for an SDIO host: GPIO15 was high, it must be low');
  if (isBootLoop(signs) || signs.invalidCount >= LOOP_INVALID_LINES)
    return finding('boot-loop', 'the unit restarts over and over: GPIO0 was not low');
  if (last != null) return finding('normal-boot', 'normal boot text: GPIO0 was not low when power came');
  if (isReadable(text))
    return finding('normal-boot', 'the firmware is talking: GPIO0 was not low when power came');
  return finding('garbage', `bytes that are no text at ${context.baudRate} baud`);
}

/** All frames, and what came outside frames after the last answer of a loader. */
function framesIn(bytes: Uint8Array): { frames: readonly Uint8Array[]; after: Uint8Array } {
  const frames: Uint8Array[] = [];
  let after: Uint8Array[] = [];
  new FrameDecoder({
    frame: (payload) => {
      frames.push(payload);
      if (isAnswer(payload)) after = [];
    },
    noise: (run) => after.push(run.slice()),
  }).push(bytes);
  return { frames, after: concatUint8Arrays(after) };
}

/** Header, direction, a known command, a length that is right: noise does not look like that. */
function isAnswer(frame: Uint8Array): boolean {
  const response = decodeResponse(frame);
  if (response == null || response.body.length < 2 || !OPCODES.has(response.op)) return false;
  return response.body.length === (frame[2]! | (frame[3]! << 8));
}

function isStubSync(frame: Uint8Array): boolean {
  const response = decodeResponse(frame);
  return response?.op === OP.sync && response.value === 0 && response.body.length >= 2;
}

/** The error that a contact ends with when this was all that was heard. */
export const CODE_OF_FINDING: Readonly<Record<LineFinding['kind'], ErrorCode>> = {
  nothing: 'NOTHING_HEARD',
  echo: 'NOTHING_HEARD',
  'download-deaf': 'HOST_TX_NOT_HEARD',
  'normal-boot': 'GPIO0_HIGH',
  'boot-loop': 'BOOT_LOOP_HEARD',
  garbage: 'GARBAGE_HEARD',
  'stub-running': 'LOADER_SILENT',
  'loader-fell-silent': 'LOADER_SILENT',
};

import { BenchError } from '../../src/core/errors.ts';
import {
  compareVersions,
  isOtherVariant,
  losesSettings,
  versionBetween,
  versionText,
  type TasmotaStatus,
  type TasmotaVersion,
} from '../../src/protocols/tasmota/index.ts';
import { fitted, hasRoom, refuseWithoutRoom, roomOf } from './fitting.ts';
import type { PlugImage } from './image.ts';

export interface RouteWishes {
  readonly target: PlugImage;
  readonly minimal: PlugImage | undefined;
  /** `auto`: through minimal where the target needs it, for its room or for its proof. */
  readonly way: 'auto' | 'direct' | 'minimal';
  readonly mayPatch: boolean;
}

export interface Route {
  /** In this order; the last one is the target. */
  readonly images: readonly PlugImage[];
  /** What runs says the same of itself as the target, and nothing in between will tell them apart. */
  readonly isAlike: boolean;
  /** Why it goes as it goes; one line. */
  readonly why: string;
}

/**
 * How this unit gets from what it runs to the target, before anything is written. Throws TASMOTA_NOT_ESP8266,
 * TASMOTA_STEP_NEEDED, TASMOTA_DOWNGRADE, TASMOTA_MINIMAL_NEEDED, and what `fitted` throws.
 */
export function chooseRoute(unit: TasmotaStatus, { target, minimal, way, mayPatch }: RouteWishes): Route {
  refuseOtherChip(unit);
  for (const image of [minimal, target]) if (image?.version != null) refuseStep(unit.version, image.version);
  const runsMinimal = unit.version.variant === 'minimal';
  const sent = way === 'minimal' && !runsMinimal ? target : fitted(target, unit, mayPatch);
  const isAlike = saysTheSame(unit.version, target);
  const lacksRoom = !hasRoom(sent, unit);
  const reason = runsMinimal
    ? undefined
    : way === 'minimal'
      ? 'as the job says'
      : lacksRoom
        ? `the target has ${sent.bytes.length} bytes, and there is room for ${roomOf(unit)}`
        : isAlike && way === 'auto' && minimal != null
          ? 'what runs says the same of itself as the target: the return from minimal is the proof'
          : undefined;
  if (reason == null) {
    if (lacksRoom) throw noRoom(sent, unit, 'even beside minimal');
    return {
      images: [sent],
      isAlike,
      why: runsMinimal ? 'it runs minimal and is brought on' : 'in one step',
    };
  }
  if (way === 'direct') throw noRoom(sent, unit, 'and this job goes in one step (way=direct)');
  if (minimal == null)
    throw new BenchError('TASMOTA_MINIMAL_NEEDED', {
      message: `Through minimal: ${reason}; no minimal is in hand.`,
    });
  const first = fitted(minimal, unit, mayPatch);
  if (!hasRoom(first, unit)) throw noRoom(first, unit, 'and this is minimal itself');
  // It is minimal that will look at the target.
  const last = fitted(target, { ...unit, versionText: minimal.version?.text ?? unit.versionText }, mayPatch);
  refuseWithoutRoom(last, first);
  return { images: [first, last], isAlike: false, why: `through minimal: ${reason}` };
}

function refuseOtherChip({ hardware, versionText: said }: TasmotaStatus): void {
  if (hardware == null || /^ESP82/i.test(hardware)) return;
  throw new BenchError('TASMOTA_NOT_ESP8266', { message: `The unit runs ${said} on an ${hardware}.` });
}

/** Settings are carried from one milestone to the next, up and never down. */
function refuseStep(running: TasmotaVersion, target: TasmotaVersion): void {
  if (losesSettings(running, target))
    throw new BenchError('TASMOTA_DOWNGRADE', {
      message: `The unit runs ${versionText(running)}; ${versionText(target)} does not understand its settings and would lose its Wi-Fi.`,
    });
  const next = versionBetween(running, target);
  if (next != null)
    throw new BenchError('TASMOTA_STEP_NEEDED', {
      message: `The unit runs ${versionText(running)}: ${versionText(next)} comes before ${versionText(target)}.`,
      advice: `Flash Tasmota ${next.text} first, then this image.`,
    });
}

const saysTheSame = (running: TasmotaVersion, { becomes, version }: PlugImage): boolean =>
  becomes.firmware === 'tasmota' &&
  (version == null || (compareVersions(running, version) === 0 && !isOtherVariant(running, version)));

const noRoom = ({ bytes }: PlugImage, unit: TasmotaStatus, besides: string): BenchError =>
  new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
    message: `The image has ${bytes.length} bytes, there is room for ${roomOf(unit)}, ${besides}.`,
    advice: 'Take its .bin.gz (8.2 and later), or a smaller build.',
  });

import { sanitize } from '../../core/text.ts';

/** What Tasmota calls itself: `9.2.0(lite)`. */
export interface TasmotaVersion {
  /** Major, minor, patch. */
  readonly numbers: readonly [number, number, number];
  /** `9.2.0`. */
  readonly text: string;
  /** The word in brackets: `lite`, `minimal`, `tasmota`, `sonoff` (before 8); missing before 6. */
  readonly variant?: string;
}

/** Undefined for what is no version. A build's `release-` or short commit hash before the variant is dropped. */
export function parseVersion(text: string): TasmotaVersion | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\.\d{1,4}|[a-z])?(?:\(([\w.-]{1,40})\))?$/.exec(
    sanitize(text).trim(),
  );
  if (found == null) return undefined;
  const numbers = [Number(found[1]), Number(found[2]), Number(found[3])] as const;
  const variant = found[4]?.replace(/^(?:release|[0-9a-f]{6,12})-/, '');
  return { numbers, text: numbers.join('.'), ...(variant != null && { variant }) };
}

/** Below zero: `a` is the older one. */
export function compareVersions(a: TasmotaVersion, b: TasmotaVersion): number {
  for (let index = 0; index < 3; index++) {
    const difference = a.numbers[index]! - b.numbers[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

export const versionText = ({ text, variant }: TasmotaVersion): string =>
  variant == null ? `Tasmota ${text}` : `Tasmota ${text} (${variant})`;

/** True where both name a variant and it is another one. Before 8 the standard build was called `sonoff`. */
export const isOtherVariant = (a: TasmotaVersion, b: TasmotaVersion): boolean =>
  a.variant != null && b.variant != null && standard(a.variant) !== standard(b.variant);

const standard = (variant: string): string => (variant === 'sonoff' ? 'tasmota' : variant);

/**
 * What settings have to be carried through, each from the one before (tasmota/docs `Upgrading.md`): every one of them
 * rewrites them into a form that the next understands.
 */
const MILESTONES = ['3.9.22', '4.2.0', '5.14.0', '6.7.1', '7.2.0', '8.5.1', '9.1.0'].map((text) =>
  parseVersion(text)!,
);

/** The version that has to come first on the way from `running` to `target`; undefined where it is one step. */
export function versionBetween(running: TasmotaVersion, target: TasmotaVersion): TasmotaVersion | undefined {
  const next = MILESTONES.find((milestone) => compareVersions(milestone, running) > 0);
  return next != null && compareVersions(next, target) < 0 ? next : undefined;
}

/** Whether `target` would have to read settings in a form that came after it. */
export const losesSettings = (running: TasmotaVersion, target: TasmotaVersion): boolean =>
  MILESTONES.some(
    (milestone) => compareVersions(target, milestone) < 0 && compareVersions(running, milestone) >= 0,
  );

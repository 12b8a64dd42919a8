import { last6 } from '../../core/identity.ts';
import type { HeardNow, HeardView } from '../services.ts';
import { linksOf } from './draft.ts';
import type { Draft } from './draft.ts';

/**
 * How long the radio listens before what it hears first counts as new, s: a thermometer with a weak signal is missed a
 * few times in a row, and sends every 2.5 s at the slowest.
 */
export const NEIGHBOUR_SECONDS = 10;
/** A unit that was not heard for this long is called silent, s. */
export const SILENT_SECONDS = 15;

/** The page waits for units that start now: what was on the air before is a neighbour and never joins by itself. */
export interface Arming {
  /** By address. */
  readonly neighbours: readonly string[];
}

export const armedBy = ({ units }: HeardNow): Arming => ({ neighbours: units.map(({ address }) => address) });

/** What an armed page makes of what is heard now. The same arming where it learned nothing new. */
export function listenArmed(
  arming: Arming,
  heard: HeardNow,
): { readonly arming: Arming; readonly joins: readonly HeardView[] } {
  const known = new Set(arming.neighbours);
  const fresh = heard.units.filter(({ address }) => !known.has(address));
  if (fresh.length === 0) return { arming, joins: [] };
  return {
    arming: { neighbours: [...arming.neighbours, ...fresh.map(({ address }) => address)] },
    joins:
      heard.listenedSeconds < NEIGHBOUR_SECONDS
        ? []
        : fresh.filter(({ link, ageSeconds }) => link !== undefined && ageSeconds < SILENT_SECONDS),
  };
}

/** The number that a link has in the batch, from 1; it is what is written on the unit. */
export function numberOf(draft: Draft, link: string | undefined): number | undefined {
  const at = link === undefined ? -1 : linksOf(draft, []).findIndex(({ text }) => text === link);
  return at < 0 ? undefined : at + 1;
}

export const numberText = (number: number): string => String(number).padStart(2, '0');

/** What a typed or scanned text means as a unit by radio: its MAC, or the last six digits of one that is heard. */
export function unitOfText(
  text: string,
  heard: HeardNow,
): { readonly link: string } | { readonly problem: string } | undefined {
  const digits = text
    .trim()
    .replace(/^ble:/i, '')
    .replaceAll(/[:\-.\s]/g, '')
    .toLowerCase();
  if (/^[0-9a-f]{12}$/.test(digits)) return { link: `ble:${(digits.match(/../g) ?? []).join(':')}` };
  if (!/^[0-9a-f]{6}$/.test(digits)) return undefined;
  const fitting = heard.units.filter(({ mac }) => mac !== undefined && last6(mac) === digits);
  const [only] = fitting;
  if (only?.link !== undefined && fitting.length === 1) return { link: only.link };
  return {
    problem:
      fitting.length > 1
        ? `${fitting.length} units on the air end in ${digits}: type the whole MAC.`
        : `No unit on the air ends in ${digits}: type the whole MAC.`,
  };
}

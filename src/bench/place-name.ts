import { last6 } from '../core/identity.ts';
import type { Link } from '../core/link.ts';

/** What a place is called that nobody gave a name: it must not be mistaken for one of another batch. */
export function placeName({ kind, text }: Link, number: number): string {
  if (kind === 'virtual') return text.slice('virtual:'.length);
  // What is written on a unit beside its number.
  if (kind === 'ble') return last6(text);
  if (kind === 'http' || kind === 'esphome') return text.slice(`${kind}://`.length);
  return `slot ${number}`;
}

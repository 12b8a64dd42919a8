import type { TelinkFacts } from '../../src/firmware/inspect.ts';
import type { HeardUnit } from '../../src/protocols/adverts/index.ts';

/** How firmware can be told on the air: the vendor's, or one of the free ones (pvvx, atc1441). */
export type AirIdentity = 'stock' | 'free';

/** What a unit with this image sends; undefined where it sends nothing, or nothing that can be told apart (Zigbee). */
export function airIdentityOf({ firmware }: Pick<TelinkFacts, 'firmware'>): AirIdentity | undefined {
  switch (firmware) {
    case 'stock':
      return 'stock';
    case 'pvvx':
    case 'atc1441':
      return 'free';
    default:
      return undefined;
  }
}

/**
 * Whether what was heard of a unit speaks for this firmware. BTHome counts as free: stock never sends it, and a unit
 * that keeps its own name from earlier settings has nothing else that says so.
 */
export function speaksFor({ firmware, format }: HeardUnit, identity: AirIdentity): boolean {
  if (identity === 'stock') return firmware?.family === 'stock';
  return firmware?.family === 'free' || format === 'bthome-v2' || format === 'bthome-v1';
}

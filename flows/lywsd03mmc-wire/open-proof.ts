import type { AirIdentity } from '../lywsd03mmc/air-identity.ts';

/** What a run that ended UNSURE knew: enough to go on listening for its proof, and to write nothing. */
export type OpenProof = {
  /** What the unit runs once it is heard. */
  readonly firmware: string | undefined;
} &
  /** The unit is known by its MAC. */
  (
    | { readonly kind: 'known'; readonly mac: string; readonly airIdentity: AirIdentity }
    /** TX only: whoever was not sending the new firmware before the reset, and does now. */
    | { readonly kind: 'unknown'; readonly airIdentity: AirIdentity; readonly before: ReadonlySet<string> }
  );

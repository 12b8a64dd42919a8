import type { WiringPage } from '../flow.ts';

/** Which Shelly of the first generation a flow is for: all that differs between them. */
export interface ShellyDevice {
  readonly id: string;
  readonly title: string;
  readonly device: string;
  readonly summary: string;
  /** Answers of `/shelly` that this flow takes; undefined: every model of the table. */
  readonly types?: readonly string[];
  /** How a unit is opened and wired that network does not reach any more. */
  readonly recoveryPages: readonly WiringPage[];
}

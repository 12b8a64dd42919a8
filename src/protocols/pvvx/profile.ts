import type { ComfortLimits, PvvxClient } from './client.ts';
import type { PvvxConfig } from './config.ts';

/** What one tray of units is set to. What is left out stays as the unit has it. */
export interface PvvxProfile {
  readonly config?: PvvxConfig;
  readonly comfort?: ComfortLimits;
  /** 16 bytes. */
  readonly bindKey?: Uint8Array;
  /** At most 19 printable characters. */
  readonly name?: string;
  /** Seconds since 1970 in the zone of the place, asked at the moment it is set. */
  readonly localEpochSeconds?: () => number;
}

/**
 * Applies a profile, each setting proved by the unit's answer. The name comes last: the unit restarts under it when
 * the connection ends. Returns what was set, in the operator's words.
 */
export async function applyProfile(client: PvvxClient, profile: PvvxProfile): Promise<readonly string[]> {
  const applied: string[] = [];
  const { config, comfort, bindKey, name, localEpochSeconds } = profile;
  if (config != null && Object.keys(config).length > 0) {
    await client.setConfig(config);
    applied.push('settings');
  }
  if (comfort != null) {
    await client.setComfort(comfort);
    applied.push('comfort limits');
  }
  if (bindKey != null) {
    await client.setBindKey(bindKey);
    applied.push('bind key');
  }
  if (localEpochSeconds != null) {
    await client.setClock(localEpochSeconds());
    applied.push('clock');
  }
  if (name != null) {
    await client.setName(name);
    applied.push('name');
  }
  return applied;
}

import { BenchError, type ErrorCode } from '../../core/errors.ts';
import { profileOf, type ThermometerProfile } from './models.ts';
import type { PeerKind } from './peer.ts';

/** What is known of a unit before it is touched; what is missing is not judged. */
export interface UnitFacts {
  readonly model?: string;
  readonly kind?: PeerKind;
  /** Of the firmware that runs: `1.0.0_0130`, `5.8`. */
  readonly version?: string;
  readonly hardware?: string;
  /** From pvvx firmware: it runs on other models under the same services and names. */
  readonly pvvxHardwareId?: number;
  readonly batteryPercent?: number;
  readonly bound?: boolean;
  /** A token of this unit is in the records or was given. */
  readonly hasToken?: boolean;
  /** The operator accepted by name that a bound unit is activated anew. */
  readonly rebind?: boolean;
}

export type FlashVerdict =
  /** `access`: what comes before the update. */
  | {
      readonly kind: 'can-be-flashed';
      readonly access: 'none' | 'login' | 'activation';
      readonly text: string;
    }
  /** Bound to an account, and no token of it is known: `rebind` or a token opens it. */
  | { readonly kind: 'needs-token'; readonly text: string }
  | { readonly kind: 'battery-low'; readonly percent: number; readonly text: string }
  | {
      readonly kind:
        'needs-cloud-keys' | 'wants-signed' | 'hardware-unknown' | 'model-without-profile' | 'not-now';
      readonly text: string;
      /** The flow to go on with. */
      readonly next?: string;
    };

const WIRE = 'lywsd03mmc-wire';
/** Free firmware: any image goes over it without a login. */
const FREE: ReadonlySet<PeerKind> = new Set(['pvvx', 'atc1441', 'zigbee-build']);

/** Whether a unit can be flashed over the air. Firmware that can never be flashed is told before a cell that could be changed. */
export function judgeUnit(facts: UnitFacts): FlashVerdict {
  const { model = 'LYWSD03MMC', kind } = facts;
  const profile = profileOf(model);
  if (profile == null || kind === 'qingping')
    return {
      kind: 'model-without-profile',
      text: `${profile == null ? model : 'Qingping'}: benchflash has no profile for this model yet.`,
    };
  const { pvvxHardwareId } = facts;
  if (pvvxHardwareId != null && !profile.pvvxHardwareIds.includes(pvvxHardwareId))
    return {
      kind: 'model-without-profile',
      text: `Its firmware names hardware ${pvvxHardwareId}, which is no ${profile.model}: benchflash has no profile for it yet.`,
    };
  const hardware = facts.hardware?.trim();
  if (hardware != null && hardware !== '' && !knowsHardware(profile, hardware))
    return {
      kind: 'hardware-unknown',
      text: `Hardware ${hardware} is not known: other firmware may leave its display dark.`,
      next: WIRE,
    };
  const access = judgeAccess(profile, facts);
  if (access.kind !== 'can-be-flashed' && access.kind !== 'needs-token') return access;
  const { batteryPercent } = facts;
  if (batteryPercent != null && batteryPercent < profile.minBatteryPercent)
    return {
      kind: 'battery-low',
      percent: batteryPercent,
      text: `The cell has ${batteryPercent} %; an update over the air needs ${profile.minBatteryPercent} %. Change the cell.`,
    };
  return access;
}

function judgeAccess(
  profile: ThermometerProfile,
  { kind, version, bound, hasToken, rebind }: UnitFacts,
): FlashVerdict {
  if (kind != null && FREE.has(kind))
    return { kind: 'can-be-flashed', access: 'none', text: 'Can be flashed.' };
  if (kind === 'unknown')
    return {
      kind: 'not-now',
      text: 'It shows no update service: unknown firmware, or this computer remembers old services.',
    };
  const stock = profile.stock.find(({ pattern }) => pattern.test(version ?? ''));
  if (stock?.takesUnsigned === false)
    return {
      kind: 'wants-signed',
      text: `Stock ${version} takes no unsigned firmware over the air.`,
      next: WIRE,
    };
  if (hasToken === true)
    return { kind: 'can-be-flashed', access: 'login', text: 'Can be flashed: its keys are known.' };
  if (stock?.activation === 'cloud')
    return {
      kind: 'needs-cloud-keys',
      text: `Stock ${version} is activated by the vendor's cloud only; without its keys it takes nothing.`,
      next: WIRE,
    };
  if (bound === true && rebind !== true)
    return { kind: 'needs-token', text: "Bound to somebody's account: give its token, or accept rebind." };
  if (kind === 'needs-login')
    return {
      kind: 'not-now',
      text: 'It shows its update service after a login only, and its token is not known.',
    };
  return { kind: 'can-be-flashed', access: 'activation', text: 'Can be flashed after activation.' };
}

/** `B1.4` or, from flash, `B1.4F1.0-CFMK…`: what follows must not make another number of it. */
const knowsHardware = (profile: ThermometerProfile, hardware: string): boolean =>
  profile.hardware.some(
    (revision) => hardware.startsWith(revision) && !/^\d/.test(hardware.slice(revision.length)),
  );

const CODES: { readonly [K in Exclude<FlashVerdict['kind'], 'can-be-flashed'>]: ErrorCode } = {
  'needs-token': 'MI_ALREADY_BOUND',
  'battery-low': 'BATTERY_LOW',
  'needs-cloud-keys': 'MI_NEEDS_CLOUD_KEYS',
  'wants-signed': 'STOCK_WANTS_SIGNED',
  'hardware-unknown': 'HARDWARE_UNKNOWN',
  'model-without-profile': 'MODEL_WITHOUT_PROFILE',
  'not-now': 'GATT_SERVICE_MISSING',
};

/** The verdict as the error that ends a run; undefined for a unit that can be flashed. */
export function verdictError(verdict: FlashVerdict): BenchError | undefined {
  if (verdict.kind === 'can-be-flashed') return undefined;
  const next = 'next' in verdict ? verdict.next : undefined;
  return new BenchError(CODES[verdict.kind], {
    message: verdict.text,
    ...(next == null ? {} : { next }),
  });
}

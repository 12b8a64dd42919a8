import { isBenchError } from '../../src/core/errors.ts';
import type { BleRadio, GattConnection } from '../../src/drivers/ble/radio.ts';
import { awaitUnit, type HeardUnit, type Sightings } from '../../src/protocols/adverts/index.ts';
import type { TalkContext } from '../../src/protocols/ble/context.ts';
import { readPeer, type PeerIdentity } from '../../src/protocols/thermometer/index.ts';
import { isSameFirmware, runningFirmware, runsAs, type RunningFirmware } from './running-firmware.ts';

export interface AirProofRequest {
  readonly radio: Pick<BleRadio, 'listen' | 'connect'>;
  readonly sightings: Sightings;
  /** Of the very unit; its MAC, where the operating system does not hide it. */
  readonly address: string;
  readonly expected: RunningFirmware;
  /** What ran before, as a connection told; undefined where nobody asked. */
  readonly before: RunningFirmware | undefined;
  readonly context: TalkContext;
  /** How long is listened in all, ms; waiting for a free connection does not count. */
  readonly limitMs: number;
}

/** What the air says after a flash. Where a connection is given it is open: the caller ends it. */
export type AirProof =
  /** `alike`: what ran before would say just this. */
  | {
      readonly kind: 'new' | 'alike';
      readonly connection: GattConnection;
      readonly peer: PeerIdentity;
      readonly heard: HeardUnit;
    }
  | { readonly kind: 'old' | 'other'; readonly running: RunningFirmware; readonly heard: HeardUnit }
  /** Not heard; or heard (`heard`), but it took no connection over which it could be asked. */
  | { readonly kind: 'silent'; readonly heard?: HeardUnit; readonly why?: string };

/**
 * How long a unit that still runs the old firmware is given until it is asked once more, ms: a link can be lost for
 * another reason than the restart, which takes 1 to 7 s.
 */
const SECOND_LOOK_MS = 7_000;
/** How often a unit is asked that is heard and cannot be asked: each time the radio itself tries three times. */
const MOST_QUESTIONS = 4;

/**
 * Listens for one unit and asks it what it runs, until it says the expected firmware or the limit is over. What it
 * advertises is no proof by itself: names are remembered, and other firmware sends the same formats.
 */
export async function proveByRadio(request: AirProofRequest): Promise<AirProof> {
  const { radio, sightings, address, before, context } = request;
  const { clock, signal, log } = context;
  let leftMs = request.limitMs;
  let silent: AirProof = { kind: 'silent' };
  let sawOld = false;
  for (let asked = 0; leftMs > 0 && asked < MOST_QUESTIONS; asked++) {
    const fits = (unit: HeardUnit) => unit.address === address;
    const startedMs = clock.monotonicMs();
    const heard = await awaitUnit(radio, sightings, fits, { clock, signal, limitMs: leftMs });
    leftMs -= clock.monotonicMs() - startedMs;
    if (heard == null) break;
    let said: AirProof;
    try {
      said = await ask(request, heard);
    } catch (error) {
      if (!isBenchError(error, 'BLE_CONNECT_FAILED', 'BLE_LINK_LOST', 'BLE_NO_ANSWER')) throw error;
      log('info', `Heard, but not asked what it runs: ${error.message}`);
      said = { kind: 'silent', heard, why: error.message };
    }
    if (said.kind === 'silent') {
      silent = said;
      continue;
    }
    if (said.kind !== 'other' || before == null || !isSameFirmware(before, said.running)) return said;
    if (sawOld) return { ...said, kind: 'old' };
    sawOld = true;
    log('info', 'It still runs the old firmware; it is asked once more.');
    await clock.sleep(SECOND_LOOK_MS, signal);
  }
  return silent;
}

async function ask(request: AirProofRequest, heard: HeardUnit): Promise<AirProof> {
  const { radio, address, expected, before, context } = request;
  const { signal, log } = context;
  const connection = await radio.connect(address, { signal, log, soon: true });
  let keep = false;
  try {
    const peer = await readPeer(connection);
    const running = runningFirmware(peer);
    keep = runsAs(expected, running);
    if (keep) {
      const isAlike = before == null || runsAs(expected, before);
      return { kind: isAlike ? 'alike' : 'new', connection, peer, heard };
    }
    // A version that could not be read is no other version.
    if (running.kind === expected.kind && running.version == null)
      return { kind: 'silent', heard, why: 'it did not say its version' };
    return { kind: 'other', running, heard };
  } finally {
    if (!keep) await connection.disconnect();
  }
}

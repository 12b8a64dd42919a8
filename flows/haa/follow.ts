import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { sanitize } from '../../src/core/text.ts';
import type { Network, WifiStation } from '../../src/drivers/http/port.ts';
import type { RunContext } from '../flow.ts';
import { hearAccessPoint, mayUnplug } from '../network-plug/index.ts';
import type { HapSighting, HapWatch, NamedUnit } from './hap-watch.ts';
import { HAA_INSTALLER } from './installer.ts';
import { activity, type LogEar } from './log-ear.ts';

export interface FollowOptions {
  readonly unit: NamedUnit;
  readonly ear: LogEar;
  readonly hap: HapWatch;
  readonly station: WifiStation | undefined;
  readonly patienceMs: number;
  /** Whether the unit has come for anything from the mirror; undefined without one. */
  readonly cameForMirror: (() => boolean) | undefined;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 1_000;
/** A restart after Save takes 7 s; a set-up page that is heard after this is open anew, ms. */
const PAGE_IS_NEW_AFTER_MS = 20_000;
const SCAN_EVERY_MS = 15_000;
const CONNECT_LIMIT_MS = 5_000;

/**
 * Follows a unit through the minutes in which it says little, until HAA itself is there. Writes nothing. What proves it
 * is HAA as HomeKit sees it, under the name with the end of this unit's MAC: installers announce nothing. Its log alone
 * is its own word from before its last restart.
 */
export async function followToHaa(
  run: RunContext,
  network: Network,
  options: FollowOptions,
): Promise<Verdict> {
  const { ear, hap, patienceMs, unit, signal } = options;
  const startedMs = run.clock.monotonicMs();
  let scannedMs = startedMs;
  for (;;) {
    const passedMs = run.clock.monotonicMs() - startedMs;
    if (passedMs >= patienceMs) return verdictAfter(options);
    run.progress({
      label: activity(ear),
      done: Math.round(passedMs / 1000),
      total: Math.round(patienceMs / 1000),
      unit: 'seconds',
    });
    const sighting = await hap.sighting();
    if (sighting != null) {
      const proof = await proved(run, network, options, sighting);
      if (proof != null) return proof;
    }
    if (ear.installed != null) run.pilotThrough(`HAA ${ear.installed.version ?? ''} was installed`.trim());
    const { station } = options;
    if (
      station != null &&
      unit.mac != null &&
      passedMs > PAGE_IS_NEW_AFTER_MS &&
      run.clock.monotonicMs() - scannedMs > SCAN_EVERY_MS
    ) {
      const heard = await hearAccessPoint(run, station, {
        mac: unit.mac,
        wanted: HAA_INSTALLER,
        signal,
      });
      scannedMs = run.clock.monotonicMs();
      if (heard?.by === 'bssid') return verdictAtPage(options, sanitize(heard.ap.ssid));
    }
    await run.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** What was announced must also take a connection: announcements outlive who made them. */
async function proved(
  run: RunContext,
  network: Network,
  { unit, ear, signal }: FollowOptions,
  { at, name, mac }: HapSighting,
): Promise<Verdict | undefined> {
  try {
    const connection = await network.connect(at, { limitMs: CONNECT_LIMIT_MS, signal });
    await connection.close();
  } catch (error) {
    if (!(error instanceof BenchError) || signal.aborted) throw error;
    run.log('info', `${name} is announced and takes no connection: ${error.message}`);
    return undefined;
  }
  mayUnplug(run);
  const version = ear.haa?.version ?? ear.installed?.version;
  const firmware = version == null ? 'HAA' : `HAA ${version}`;
  const own = unit.mac ?? mac;
  if (own == null) return undefined;
  await run.identify({ mac: own, firmware, name });
  run.pilotThrough(`${name} is there for HomeKit`);
  return {
    outcome: 'PASS',
    message: `The unit runs ${firmware} and is there for HomeKit as ${name}.`,
    proof: ['heard', 'answered'],
    evidence: `${name} at ${at.host}:${at.port}, ${mac == null ? 'its name ends as the MAC of the unit does' : `MAC ${mac} by the ARP table of this computer`}`,
    ...(version == null && { notDone: ['its version was not heard: it says it only in its log'] }),
  };
}

function verdictAtPage({ ear, cameForMirror }: FollowOptions, name: string): Verdict {
  const facts = { proof: ['heard'], evidence: `access point ${name}` } as const;
  if (ear.failed != null || ear.heard || cameForMirror?.() === true)
    return verdictFrom(
      new BenchError('HAA_STRANDED', {
        message:
          ear.failed == null
            ? 'The unit got onto its Wi-Fi, did not keep what it fetched (its signature is not what the installer wants), and shows its set-up page again.'
            : `The installer could not fetch what it needs (${ear.failed}) and shows its set-up page again.`,
        advice:
          'Put right what it fetches from (all files of one release, or the way to the internet), then retry.',
      }),
      facts,
    );
  return verdictFrom(
    new BenchError('WIFI_NOT_TAKEN', {
      message: `The unit shows its set-up page again (${name}): it did not get onto the Wi-Fi.`,
      advice: 'Check name and password of the Wi-Fi (2.4 GHz?), then retry.',
    }),
    facts,
  );
}

function verdictAfter({ ear, cameForMirror, patienceMs }: FollowOptions): Verdict {
  const minutes = `${Math.round(patienceMs / 6_000) / 10} min`;
  if (ear.failed != null)
    return verdictFrom(
      new BenchError('HAA_STRANDED', {
        message: `The installer runs and could not fetch what it needs (${ear.failed}).`,
      }),
      { proof: ['heard'], evidence: activity(ear) },
    );
  if (ear.installed == null && cameForMirror?.() === false)
    return verdictFrom(new BenchError('HAA_MIRROR_UNREACHED'), ear.heard ? { proof: ['heard'] } : {});
  return verdictFrom(
    new BenchError('HAA_NOT_HEARD', {
      message: `HAA itself was not heard in ${minutes}.${ear.installed == null ? '' : ' Its installer says that it is installed.'}`,
    }),
    ear.heard ? { proof: ['heard'], evidence: activity(ear) } : {},
  );
}

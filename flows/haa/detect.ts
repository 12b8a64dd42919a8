import { BenchError } from '../../src/core/errors.ts';
import { last6 } from '../../src/core/identity.ts';
import { done, type StepResult } from '../flow.ts';
import { findUnit, namedBy, stationMac, type FoundUnit } from './find-unit.ts';
import { HapWatch, namedUnit } from './hap-watch.ts';
import { LogEar } from './log-ear.ts';
import type { HaaRun, HaaSession } from './session.ts';

/** An installer that goes round without a set-up page says so at least once in this, ms. */
const LISTEN_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
/** Once its router is off an installer gives up its Wi-Fi after 240 s, and needs a restart then, ms. */
const RESCUE_LIMIT_MS = 8 * 60_000;
const SCAN_EVERY_MS = 1_000;

/** Finds the set-up page of the unit; one that goes round without a page is brought back to it. Writes nothing. */
export async function detect(session: HaaSession, run: HaaRun): Promise<StepResult> {
  const { link } = session;
  session.station = await link.network.wifi();
  run.progress({ label: 'looking for the set-up page of HAA', done: 0, unit: 'tries' });
  const found = (await findUnit(run, link, session.station)) ?? (await withoutPage(session, run));
  session.found = found;
  await run.identify({
    mac: found.mac,
    firmware: 'HAA installer',
    ...(found.name != null && { name: found.name }),
  });
  return done;
}

/** The page is not there: is the unit at work, is it stranded, or is it HAA already? Throws unless it comes back. */
async function withoutPage(session: HaaSession, run: HaaRun): Promise<FoundUnit> {
  const { link } = session;
  const mac = await knownMac(session);
  if (mac == null) throw new BenchError('HAA_PORTAL_GONE');
  const ear = await LogEar.open(run, link.network, last6(mac));
  const hap = new HapWatch(link.network, namedUnit(mac));
  try {
    await hap.open();
    const endMs = run.clock.monotonicMs() + LISTEN_MS;
    run.log('info', `No set-up page; ${mac} is listened for in the network.`);
    while (run.clock.monotonicMs() < endMs && ear.failed == null) {
      run.progress({ label: 'listening for the unit in the network', done: 0, unit: 'seconds' });
      const sighting = await hap.sighting();
      if (sighting != null) {
        await run.identify({ mac, firmware: 'HAA', name: sighting.name });
        throw new BenchError('TARGET_RUNS_ALREADY', {
          message: `HAA runs on this unit already: ${sighting.name} is there for HomeKit.`,
          advice: 'Set it up in HomeKit; to give it another script, hold its button as its script says.',
        });
      }
      await run.clock.sleep(LOOK_EVERY_MS, run.signal);
    }
    if (ear.failed == null) throw new BenchError(ear.heard ? 'HAA_BUSY' : 'HAA_PORTAL_GONE');
    return await rescue(session, run, mac, ear.failed);
  } finally {
    ear.close();
    hap.close();
  }
}

/** Of a unit that is in the network under an address of its own; an access point's name tells only its end. */
async function knownMac({ link }: HaaSession): Promise<string | undefined> {
  if (namedBy(link.at.host) != null) return undefined;
  const mac = await link.network.macOf(link.at.host);
  return mac == null ? undefined : stationMac(mac);
}

/**
 * Without its Wi-Fi the installer restarts into its set-up page; the operator takes the Wi-Fi away. One unit at a time:
 * a router that is switched on for one would be there again for the others.
 */
function rescue(session: HaaSession, run: HaaRun, mac: string, failed: string): Promise<FoundUnit> {
  const { link, station } = session;
  const stranded = (more: { readonly message: string; readonly advice?: string }) =>
    new BenchError('HAA_STRANDED', more);
  if (station == null)
    throw stranded({ message: `The installer runs and could not fetch what it needs (${failed}).` });
  return run.inTurn('Wi-Fi router of the units', async () => {
    await run.identify({ mac, firmware: 'HAA installer, stranded' });
    const prompt = run.operator.act({
      act: 'router-off',
      title: 'Switch off the Wi-Fi router of the units: this one opens its set-up page without it',
    });
    const startedMs = run.clock.monotonicMs();
    const limitMs = prompt.limitMs ?? RESCUE_LIMIT_MS;
    const named = { ...link, at: { host: `haa-${last6(mac)}`, port: link.at.port } };
    for (;;) {
      const passedMs = run.clock.monotonicMs() - startedMs;
      const found = await findUnit(run, named, station);
      const isIt = found?.mac === mac;
      if (!isIt && passedMs < limitMs) {
        prompt.update(
          `${failed} failed; its access point is not heard yet (${Math.round(passedMs / 1000)} s, it takes up to five minutes)`,
        );
        await run.clock.sleep(SCAN_EVERY_MS, run.signal);
        continue;
      }
      prompt.done(isIt ? 'Its set-up page is there.' : 'Its set-up page did not come.');
      await routerBack(run);
      if (isIt) return found;
      throw stranded({
        message: `The installer did not open its set-up page although its Wi-Fi was off (${failed}).`,
        advice: 'Cut the power of the unit for ten seconds while the router is off, then retry.',
      });
    }
  });
}

const routerBack = (run: HaaRun): Promise<string> =>
  run.operator.ask({
    id: 'router-on',
    text: 'Switch the Wi-Fi router of the units on again.',
    choices: [{ value: 'on', title: 'it is on' }],
    assume: 'wired',
    assumed: 'on',
    act: 'router-on',
  });

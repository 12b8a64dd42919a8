import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { sanitize } from '../../src/core/text.ts';
import type { AccessPoint, HostPort, WifiStation } from '../../src/drivers/http/port.ts';
import type { Offering } from '../../src/drivers/http/firmware-server.ts';
import { openPortal, PORTAL_PORT, saveSettings, type MirrorPlace } from '../../src/protocols/haa/index.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import {
  atAccessPoint,
  awaitUnit,
  doNotUnplug,
  SETTLING_MS,
  type WantedUnit,
} from '../network-plug/index.ts';
import { followToHaa } from './follow.ts';
import { HapWatch } from './hap-watch.ts';
import { HAA_INSTALLER } from './installer.ts';
import { LogEar } from './log-ear.ts';
import type { HaaPlan } from './plan.ts';

export interface GoOnOptions {
  readonly plan: HaaPlan;
  readonly unit: WantedUnit;
  /** How long its set-up page is waited for, ms. */
  readonly waitMs: number;
}

/**
 * From the set-up page of the installer to HAA itself. Everything the unit will fetch lies on the server, tested,
 * before anything is posted: a unit that was saved and finds nothing is stranded.
 */
export async function goOn(
  run: RunContext,
  link: NetworkLink,
  { plan, unit, waitMs }: GoOnOptions,
): Promise<Verdict> {
  const { network } = link;
  const station = await network.wifi();
  const ear = await LogEar.open(run, network, unit.mac);
  const hap = new HapWatch(network, unit.mac);
  let mirror: Mirror | undefined;
  try {
    await hap.open();
    mirror = await offerMirror(run, link, plan, unit);
    const verdict = await save(run, link, station, { plan, unit, waitMs }, mirror?.place);
    if (verdict != null) return verdict;
    doNotUnplug(run, Math.min(SETTLING_MS.haa, plan.patienceMs));
    return await followToHaa(run, network, {
      unit,
      ear,
      hap,
      station,
      patienceMs: plan.patienceMs,
      cameForMirror: mirror?.wasAsked,
    });
  } finally {
    ear.close();
    hap.close();
    await mirror?.close();
  }
}

/** Undefined once it is saved, or may be. */
async function save(
  run: RunContext,
  { network }: NetworkLink,
  station: WifiStation | undefined,
  { plan, unit, waitMs }: GoOnOptions,
  mirror: MirrorPlace | undefined,
): Promise<Verdict | undefined> {
  const { script, wifi } = plan;
  const post = async (at: HostPort): Promise<void> => {
    const talk = { network, at, signal: run.brokenOff };
    const page = await openPortal(talk);
    if (page.part === 'otamain') throw new BenchError('HAA_OTAMAIN_PORTAL');
    run.log('info', `set-up page of the installer ${page.version ?? ''} (${page.form} form)`);
    await run.writeBegins();
    const end = await saveSettings(talk, page.form, { script, ...wifi, ...(mirror != null && { mirror }) });
    run.log(
      'info',
      end === 'saved' ? 'The unit has saved it and restarts.' : 'No answer came; it may have saved it.',
    );
  };
  const found = await findPage(run, network, station, unit, waitMs);
  if (found.kind === 'page') {
    await post(found.at);
    return undefined;
  }
  if (found.kind === 'access-point') {
    await atAccessPoint(run, station!, { ap: found.ap, port: PORTAL_PORT }, post);
    return undefined;
  }
  return verdictFrom(
    new BenchError('NEW_FIRMWARE_SILENT', {
      message:
        station == null
          ? 'The set-up page of HAA is at its own access point, and this computer has no Wi-Fi interface to join it.'
          : 'The access point of the HAA installer was not heard.',
      advice:
        'Leave the power on and look with a phone for a Wi-Fi named HAA-…; give it script and Wi-Fi there (http://192.168.4.1:4567), then look again.',
    }),
  );
}

type Page =
  | { readonly kind: 'page'; readonly at: HostPort }
  | { readonly kind: 'access-point'; readonly ap: AccessPoint }
  | { readonly kind: 'none' };

async function findPage(
  run: RunContext,
  network: NetworkLink['network'],
  station: WifiStation | undefined,
  unit: WantedUnit,
  waitMs: number,
): Promise<Page> {
  const met = await awaitUnit(run, network, {
    unit,
    wanted: HAA_INSTALLER,
    isIt: ({ firmware }) => firmware === 'haa-portal',
    limitMs: waitMs,
    station,
    signal: run.brokenOff,
    label: 'waiting for the set-up page of HAA',
  });
  if (met.kind === 'answers') return { kind: 'page', at: met.answer.at };
  if (met.kind === 'access-point' && met.heard.by === 'bssid')
    return { kind: 'access-point', ap: met.heard.ap };
  return { kind: 'none' };
}

interface Mirror {
  readonly place: MirrorPlace;
  readonly wasAsked: () => boolean;
  close(): Promise<void>;
}

async function offerMirror(
  run: RunContext,
  { server }: NetworkLink,
  { mirror }: HaaPlan,
  unit: WantedUnit,
): Promise<Mirror | undefined> {
  if (mirror == null) return undefined;
  run.progress({ label: 'putting the files of HAA on the server and testing it', done: 0, unit: 'tries' });
  const offering = await server.offer(
    { unit: run.link.text, towards: unit.at.host, files: mirror, style: 'haa', mac: unit.mac },
    { signal: run.signal },
  );
  let asked = false;
  const unsubscribe = offering.subscribe((event) => {
    if (event.type === 'asked') asked = true;
    if (event.type === 'whole') run.log('info', `${event.file} was fetched whole`);
    if (event.type === 'refused') run.log('warn', `${event.file} was refused: ${sanitize(event.reason)}`);
    if (event.type === 'lost') run.warn(`The firmware server is gone: ${event.reason}`);
  });
  return {
    place: placeOf(offering, mirror[0]!.name),
    wasAsked: () => asked,
    close: async () => {
      unsubscribe();
      await offering.withdraw();
    },
  };
}

function placeOf(offering: Offering, file: string): MirrorPlace {
  const { pathname } = new URL(offering.urlOf(file));
  const folder = pathname.slice(0, pathname.lastIndexOf('/')).replace(/^\//, '');
  return { ...offering.at, folder };
}

import { BenchError, isBenchError } from '../../src/core/errors.ts';
import {
  greetUpdater,
  isLostConnection,
  OTA_PORTS,
  type EspHomeAnnouncement,
} from '../../src/protocols/esphome/index.ts';
import { whoAnswers, type PlugAnswer } from '../../src/protocols/plugs/index.ts';
import { done, type StepResult } from '../flow.ts';
import { announcementOf } from './announced.ts';
import { fitsChip } from './fits-chip.ts';
import { pageOf, portOfLink, type EspHomeRun, type EspHomeSession, type MetUnit } from './session.ts';

/** A unit that has just got its power joins its network and answers within this, ms. */
const STARTS_WITHIN_MS = 20_000;
const ASKED_EVERY_MS = 1_000;

/** Finds out which unit is there, what it runs and whether its updater listens. Writes nothing. */
export async function detect(session: EspHomeSession, run: EspHomeRun): Promise<StepResult> {
  const { plan, signal } = run;
  const untilMs = run.clock.monotonicMs() + STARTS_WITHIN_MS;
  for (;;) {
    run.progress({ label: 'asking the unit what it is', done: 0, unit: 'tries' });
    const { network } = session.link;
    const announced = await announcementOf(run, network, { host: session.link.at.host }, signal);
    if (announced !== undefined) session.host = announced.host;
    const page = await whoAnswers(network, pageOf(session, run), { signal });
    if (announced === undefined && page !== undefined && !['esphome', 'unknown'].includes(page.firmware))
      throw await otherFirmware(page, run);
    try {
      if (plan.method === 'ota') await findUpdater(session, run, announced);
      else if (page === undefined) throw new BenchError('PLUG_NOT_FOUND');
      session.met = await meet(session, run, announced, page);
      break;
    } catch (error) {
      if (!isLostConnection(error) && !isBenchError(error, 'PLUG_NOT_FOUND')) throw error;
      if (run.clock.monotonicMs() >= untilMs) throw error;
    }
    await run.clock.sleep(ASKED_EVERY_MS, signal);
  }
  if (plan.image !== undefined) fitsChip(plan.image.file, session.met.announced, run);
  if (plan.image !== undefined && saysTheSame(session.met, run))
    run.warn(
      `It says that it runs ${session.met.title} already, as the image does: afterwards nothing but a change of its YAML may tell the two apart.`,
    );
  return done;
}

/** The port of the link, else that of its platform, else that of the image's, else each. */
async function findUpdater(
  session: EspHomeSession,
  run: EspHomeRun,
  announced: EspHomeAnnouncement | undefined,
): Promise<void> {
  const fixed = run.link.kind === 'esphome' ? portOfLink(run) : undefined;
  const ports = fixed === undefined ? portsFor(announced?.platform ?? run.plan.image?.file.chip) : [fixed];
  let failed: unknown;
  for (const port of ports)
    try {
      const { version } = await greetUpdater({
        network: session.link.network,
        at: { host: session.host, port },
        signal: run.signal,
      });
      session.otaPort = port;
      run.log('info', `${session.host}:${port}: updater of ESPHome, version ${version} of its protocol`);
      return;
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof BenchError)) throw error;
      failed ??= error;
    }
  if (announced !== undefined && isBenchError(failed, 'HTTP_REFUSED'))
    throw new BenchError('ESPHOME_NO_UPDATER', {
      message: `The unit runs ESPHome, and no updater listens on port ${ports.join(' or ')}.`,
      cause: failed,
    });
  throw failed;
}

function portsFor(chip: string | undefined): readonly number[] {
  const { esp8266, esp32 } = OTA_PORTS;
  if (chip === undefined) return [esp8266, esp32];
  return /^ESP8/i.test(chip) ? [esp8266] : [esp32];
}

async function meet(
  { link, host }: EspHomeSession,
  run: EspHomeRun,
  announced: EspHomeAnnouncement | undefined,
  page: PlugAnswer | undefined,
): Promise<MetUnit> {
  const arp = await link.network.macOf(host);
  const said = announced?.mac;
  if (said !== undefined && arp !== undefined && said !== arp)
    throw new BenchError('ESPHOME_UNIT_UNKNOWN', {
      message: `The unit at ${host} announces the MAC ${said}, and the ARP table of this computer has ${arp} there.`,
      advice: 'See that no two devices have this address, then retry.',
    });
  const mac = said ?? arp;
  if (mac === undefined) throw new BenchError('ESPHOME_UNIT_UNKNOWN');
  const version = announced?.version ?? (page?.firmware === 'esphome' ? page.version : undefined);
  const title = `ESPHome ${version ?? 'of unknown version'}`;
  await run.identify({
    mac,
    firmware: title,
    ...(announced?.platform !== undefined && { chip: announced.platform }),
    ...(announced?.board !== undefined && { hardware: announced.board }),
    ...(announced !== undefined && { name: announced.name }),
  });
  if (announced === undefined)
    run.warn('It does not announce itself here: that the new firmware runs may not be provable afterwards.');
  return { mac, title, announced };
}

const saysTheSame = ({ announced }: MetUnit, { plan }: EspHomeRun): boolean =>
  plan.image?.wanted.firmware === 'esphome' &&
  announced?.version !== undefined &&
  announced.version === plan.image.wanted.version;

/** Flows for what runs there instead. */
const NEXT: Partial<Record<PlugAnswer['firmware'], string>> = {
  tasmota: 'tasmota',
  'shelly-gen1': 'shelly-plug-s',
  takeover: 'shelly-plug-s',
  'haa-portal': 'haa',
};

async function otherFirmware({ mac, title, firmware }: PlugAnswer, run: EspHomeRun): Promise<BenchError> {
  if (mac !== undefined) await run.identify({ mac, firmware: title });
  const next = NEXT[firmware];
  return new BenchError('PLUG_RUNS_OTHER', {
    message: `The unit runs ${title}, not ESPHome.`,
    ...(next !== undefined && { next }),
  });
}

import { BenchError } from '../../src/core/errors.ts';
import type { FetchStyle } from '../../src/drivers/http/firmware-server.ts';
import { withTakeoverUrl } from '../../src/firmware/mongoose-takeover.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { done, type StepResult } from '../flow.ts';
import { FetchWatch } from '../network-plug/index.ts';
import { metUnit, type Offered, type ShellyRun, type ShellySession } from './session.ts';

/** As short as can be: the URL must fit where `https://ota.tasmota.com/tasmota/release/tasmota.bin` stood. */
const TARGET_NAME = 't.bin';
const TAKEOVER_NAME = 'takeover.zip';

/**
 * There is no wire, but a way from the unit to this computer: every file of every stage is put on the bench's server,
 * which fetches it once through its own address, before the unit is told anything. Whether the unit can do the same
 * shows with its first request.
 */
export async function wireCheck(session: ShellySession, run: ShellyRun): Promise<StepResult> {
  if (run.task !== 'flash') return done;
  run.progress({ label: 'putting the firmware on the server', done: 0, unit: 'tries' });
  const { takeover, target } = run.plan.conversion!;
  session.target = await offerTarget(session, run);
  run.firmware([
    ...(metUnit(session).isHalfway
      ? []
      : [{ slot: 'takeover', file: takeover.path, sha256: takeover.sha256 }]),
    { slot: 'target', file: target.path, sha256: target.sha256 },
  ]);
  if (metUnit(session).isHalfway) return done;
  const archive = await archiveFor(session, run, takeover, session.target.url);
  session.takeover = await offer(session, run, TAKEOVER_NAME, archive, 'mongoose');
  const { host, port } = session.target.offering.at;
  run.log('info', `both images are served at ${host}:${port}, fetched there once and compared`);
  return done;
}

/** Puts the target on the server, anew where the server that had it is gone. */
export const offerTarget = (session: ShellySession, run: ShellyRun, signal = run.signal): Promise<Offered> =>
  offer(session, run, TARGET_NAME, run.plan.conversion!.target, 'takeover', signal);

async function offer(
  { link, at, met }: ShellySession,
  run: ShellyRun,
  name: string,
  { content, sha256 }: Pick<InspectedFile, 'content' | 'sha256'>,
  style: FetchStyle,
  signal = run.signal,
): Promise<Offered> {
  const { mac } = met!;
  const offering = await link.server.offer(
    {
      // Both offers under one name: whoever has begun with the first is waited for at the second.
      unit: mac,
      mac,
      towards: await link.network.ownAddressTowards(at.host),
      files: [{ name, content, sha256 }],
      style,
    },
    { signal },
  );
  return { offering, url: offering.urlOf(name), watch: new FetchWatch(offering, name), countedBytes: 0 };
}

/** The archive whose intermediate firmware comes to this bench by itself; where that cannot be, the network must be closed. */
async function archiveFor(
  session: ShellySession,
  run: ShellyRun,
  takeover: InspectedFile,
  url: string,
): Promise<Pick<InspectedFile, 'content' | 'sha256'>> {
  try {
    const { bytes, sha256, was, changes } = withTakeoverUrl(takeover.content, url);
    run.log('info', `the takeover archive fetches from this bench instead of ${was}`);
    for (const change of changes) run.log('info', change);
    return { content: bytes, sha256 };
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'FIRMWARE_REFUSED') throw error;
    run.warn(`${error.message} The unit is sent to this bench once the intermediate firmware runs.`);
  }
  await acceptOpenTarget(run, takeover.mongoose?.targetUrl);
  session.mustRepoint = true;
  return takeover;
}

/** Asks once a batch; throws NETWORK_NOT_ISOLATED. */
async function acceptOpenTarget(run: ShellyRun, target: string | undefined): Promise<void> {
  const answer = await run.operator.ask({
    id: 'isolated-network',
    text: `The intermediate firmware fetches ${target ?? 'from the internet'} first. Does the network of the units have no internet?`,
    choices: [
      { value: 'skip', title: 'it has, or nobody knows: leave the units as they are' },
      { value: 'isolated-network', title: 'it has none' },
    ],
    assume: 'isolated-network',
    assumed: 'isolated-network',
    typed: 'isolated-network',
  });
  if (answer !== 'isolated-network') throw new BenchError('NETWORK_NOT_ISOLATED');
}

import { randomBytes } from 'node:crypto';
import { BenchError, isBenchError, toBenchError } from '../../src/core/errors.ts';
import { verdictFrom } from '../../src/core/outcome.ts';
import { greetUpdater, updateByOta, updateByWeb } from '../../src/protocols/esphome/index.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { doNotUnplug, mayUnplug, SETTLING_MS } from '../network-plug/index.ts';
import { prove } from './prove.ts';
import { metUnit, pageOf, type EspHomeRun, type EspHomeSession, type Sent } from './session.ts';

/** Sends the image, and knows at the end what the unit has said of it. */
export async function flash(session: EspHomeSession, run: EspHomeRun): Promise<StepResult> {
  const { announced } = metUnit(session);
  await run.pilotFirst(`ESPHome on ${announced?.board ?? announced?.platform ?? 'unnamed boards'}`);
  await isStillThere(session, run);
  run.signal.throwIfAborted();
  const { file } = run.plan.image!;
  run.firmware([{ slot: 'target', file: file.path, sha256: file.sha256 }]);
  let hasBegun = false;
  const begin = async () => {
    await run.writeBegins();
    hasBegun = true;
    doNotUnplug(run, SETTLING_MS.tasmota);
  };
  try {
    session.sent = await deliver(session, run, begin);
  } catch (error) {
    // Before the first byte the unit was only asked: the error is all there is to say.
    if (!hasBegun) throw error;
    return settle(await endOf(session, run, toBenchError(error)));
  }
  if (session.sent.unknown !== undefined)
    run.log('warn', `The image went out whole and no receipt came: ${session.sent.unknown}`);
  doNotUnplug(run, SETTLING_MS.tasmota);
  run.plan.openProofs.set(run.link.text, metUnit(session).mac);
  // A cancel that came meanwhile must not hide what the unit is now.
  return run.signal.aborted ? settle(await prove(session, run)) : done;
}

/** What was dropped on the way is sent once more. */
const TRIES = 2;

/** A unit that did not get the image whole goes on with what it has: it may be tried again at once. */
async function deliver(session: EspHomeSession, run: EspHomeRun, begin: () => Promise<void>): Promise<Sent> {
  for (let tries = 1; ; tries++)
    try {
      return await (run.plan.method === 'web' ? byWeb : byOta)(session, run, begin);
    } catch (error) {
      const isDropped = isBenchError(error, 'ESPHOME_UPLOAD_BROKEN', 'ESPHOME_MD5');
      if (!isDropped || tries === TRIES || !(await answers(session, run))) throw error;
      run.log('warn', `${error.message} It is sent once more.`);
    }
}

/** While it waited for the pilot another unit may have got its address. */
async function isStillThere({ link, host, met }: EspHomeSession, run: EspHomeRun): Promise<void> {
  const mac = await link.network.macOf(host);
  if (mac !== undefined) await run.identify({ mac, firmware: met!.title });
}

/** Counts and shows what the unit has taken, in bytes of the image as it goes out. */
function teller(run: EspHomeRun): (bytes: number, totalBytes: number) => void {
  let counted = 0;
  return (bytes, totalBytes) => {
    run.wrote(Math.max(0, bytes - counted));
    counted = Math.max(counted, bytes);
    run.progress({
      label: `sending ${run.plan.image!.wanted.title}`,
      done: bytes,
      total: totalBytes,
      unit: 'bytes',
    });
  };
}

async function byOta(session: EspHomeSession, run: EspHomeRun, begin: () => Promise<void>): Promise<Sent> {
  const { image, otaPassword } = run.plan;
  run.progress({ label: 'asking its updater', done: 0, unit: 'tries' });
  const end = await updateByOta(
    {
      network: session.link.network,
      at: { host: session.host, port: session.otaPort! },
      signal: run.brokenOff,
    },
    {
      image: image!.file.content,
      password: otaPassword,
      mayCompress: image!.mayCompress,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      beforeData: begin,
      onTaken: teller(run),
    },
  );
  return { unknown: end.kind === 'unknown' ? end.why : undefined };
}

async function byWeb(session: EspHomeSession, run: EspHomeRun, begin: () => Promise<void>): Promise<Sent> {
  const { image, login } = run.plan;
  const end = await updateByWeb(
    {
      network: session.link.network,
      at: pageOf(session, run),
      signal: run.brokenOff,
      ...(login !== undefined && { login }),
    },
    {
      fileName: 'firmware.bin',
      image: image!.file.content,
      beforeData: begin,
      onSent: teller(run),
    },
  );
  return { unknown: end.kind === 'unknown' ? end.why : undefined };
}

/** Its updater drops what it did not accept: what ran goes on, and that is asked for. */
async function endOf(session: EspHomeSession, run: EspHomeRun, error: BenchError) {
  if (error.code === 'BUG') throw error;
  if (error.code === 'ABORTED')
    return verdictFrom(
      new BenchError('ESPHOME_UPLOAD_BROKEN', {
        message: 'Broken off by the operator in the middle of the image; the old firmware stays.',
      }),
    );
  if (!(await answers(session, run))) return verdictFrom(error);
  mayUnplug(run);
  return verdictFrom(error, {
    proof: ['answered'],
    evidence: `${metUnit(session).title} answers`,
    untouched: true,
  });
}

/** After an error it needs a moment until it listens again, ms. */
const LISTENS_AGAIN_MS = 6_000;

async function answers(session: EspHomeSession, run: EspHomeRun): Promise<boolean> {
  const { network } = session.link;
  await run.clock.sleep(LISTENS_AGAIN_MS, run.brokenOff);
  try {
    if (session.otaPort !== undefined)
      await greetUpdater({
        network,
        at: { host: session.host, port: session.otaPort },
        signal: run.brokenOff,
      });
    else return (await whoAnswers(network, pageOf(session, run), { signal: run.brokenOff })) !== undefined;
    return true;
  } catch (error) {
    if (!isBenchError(error) || run.brokenOff.aborted) throw error;
    return false;
  }
}

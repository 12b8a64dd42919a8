import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { uploadImage } from '../../src/protocols/tasmota/index.ts';
import { doNotUnplug, SETTLING_MS } from '../network-plug/index.ts';
import { awaitRestart } from './await-restart.ts';
import { fetchImage } from './fetch.ts';
import type { PlugImage } from './image.ts';
import {
  clientOf,
  metUnit,
  refuseOtherMac,
  sentNow,
  type Sent,
  type TasmotaRun,
  type TasmotaSession,
} from './session.ts';

/** What the unit dropped whole is sent once more. */
const TRIES = 2;

/**
 * Brings one image to the unit, and knows at the end whether the unit has taken it. Throws TASMOTA_MAYBE_STAGED where
 * that stays open, and what the unit says against it.
 *
 * Nothing here restarts a unit, and nothing is sent to one that may hold an image: its boot loader was told to put in
 * what lies in the staging area, and a second upload that broke would leave half of each there. Power off drops it.
 */
export async function deliver(session: TasmotaSession, run: TasmotaRun, image: PlugImage): Promise<Sent> {
  for (let tries = 1; ; tries++) {
    try {
      const sent = await send(session, run, image);
      session.sent = sent;
      if (sent.end.kind === 'accepted') return sent;
      run.log('warn', `The image went out and no result came: ${sent.end.why}`);
      if ((await awaitRestart(session, run, sent)) !== 'unmoved') return sent;
      throw new BenchError('TASMOTA_MAYBE_STAGED', { detail: { why: sent.end.why } });
    } catch (error) {
      const isDropped = isBenchError(error, 'TASMOTA_UPLOAD_ABORTED', 'TASMOTA_UPLOAD_FAILED');
      if (!isDropped || tries === TRIES) throw error;
      run.log('warn', `${error.message} It is sent once more.`);
    }
  }
}

async function send(session: TasmotaSession, run: TasmotaRun, image: PlugImage): Promise<Sent> {
  const client = clientOf(session, run, run.brokenOff);
  const before = await client.status();
  refuseOtherMac(before.mac, metUnit(session).status.mac);
  if (run.plan.method === 'url' && session.offering != null && before.version.variant !== 'minimal')
    return fetchImage(session, run, image, before);
  let counted = 0;
  const label = `sending ${image.becomes.title}`;
  const end = await uploadImage(client, {
    fileName: image.name,
    content: image.bytes,
    beforeSend: () => run.writeBegins(),
    onSent: (bytes, totalBytes) => {
      const content = Math.min(bytes, image.bytes.length);
      run.wrote(Math.max(0, content - counted));
      counted = Math.max(counted, content);
      run.progress({ label, done: bytes, total: totalBytes, unit: 'bytes' });
    },
  });
  doNotUnplug(run, SETTLING_MS.tasmota);
  return sentNow(run, image, before, end);
}

/** What may be cured by the way through minimal. */
export const isLackOfRoom = (error: unknown): error is BenchError =>
  isBenchError(error, 'TASMOTA_NO_SPACE', 'TASMOTA_MISCOMPARE');

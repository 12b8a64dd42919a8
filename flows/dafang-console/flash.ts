import { throwIfAborted } from '../../src/core/abort.ts';
import { sameBytes } from '../../src/firmware/bytes.ts';
import { dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { counting, crcOf, hex, uploadToRam } from '../../src/protocols/uboot/index.ts';
import { done, type StepResult } from '../flow.ts';
import { loadDemo } from './from-card.ts';
import type { DemoFile, Stretch } from './plan.ts';
import { crcOfFlash } from './read-part.ts';
import { tellWritten } from './region-map.ts';
import { identityOfSession, LOAD_ADDRESS, type ConsoleRun, type ConsoleSession } from './session.ts';
import { writeStretch } from './write-stretch.ts';

/** Writes what differs, stretch by stretch; never `boot`. What is there already is not written (CURRENT). */
export async function flash(session: ConsoleSession, run: ConsoleRun): Promise<StepResult> {
  const { plan } = run;
  const wrote =
    plan.task === 'restore' ? await restoreIdentity(session, run) : await writeFirmware(session, run);
  session.isReadBack = true;
  tellWritten(session, run);
  if (wrote) return done;
  session.isCurrent = true;
  return { kind: 'done', goTo: 'reboot' };
}

async function writeFirmware(session: ConsoleSession, run: ConsoleRun): Promise<boolean> {
  const { demo, source, parts, files } = run.plan;
  run.firmware([...files].map(([slot, { path, sha256 }]) => ({ slot, file: path, sha256 })));
  if (demo !== undefined && source !== 'serial') {
    const crcBefore = await crcOfFlash(
      session,
      { offset: demo.offset, size: demo.payloadBytes },
      demo.payloadCrc,
      run.signal,
    );
    if (crcBefore === demo.payloadCrc) return false;
    if (await loadDemo(session, run, demo)) return writeDemo(session, run, demo, crcBefore);
  }
  return uploadParts(session, run, parts);
}

async function writeDemo(
  session: ConsoleSession,
  run: ConsoleRun,
  { offset, payloadBytes: size, payloadCrc: crc }: DemoFile,
  crcBefore: number,
): Promise<boolean> {
  await writeStretch(session, run, { name: 'kernel to appfs', offset, size, crc, crcBefore });
  return true;
}

/** Region by region over the console; regions that are right already cost no upload. True when any was written. */
async function uploadParts(
  session: ConsoleSession,
  run: ConsoleRun,
  parts: readonly Stretch[],
): Promise<boolean> {
  let wrote = false;
  for (const { name, offset, bytes } of parts) {
    const crc = crcOf(bytes);
    throwIfAborted(run.signal);
    const crcBefore = await crcOfFlash(session, { offset, size: bytes.length }, crc, run.signal);
    if (crcBefore === crc) {
      run.log('info', `${name} at ${hex(offset)} is right already`);
      continue;
    }
    await uploadToRam(session.console, {
      address: LOAD_ADDRESS,
      content: bytes,
      signal: run.signal,
      onBytes: counting(`uploading ${name}`, bytes.length, run.progress),
    });
    await writeStretch(session, run, { name, offset, size: bytes.length, crc, crcBefore });
    wrote = true;
  }
  return wrote;
}

/** `config` before `para`: were the link lost between them, the MAC would still be the one that was. */
async function restoreIdentity(session: ConsoleSession, run: ConsoleRun): Promise<boolean> {
  const found = identityOfSession(session);
  const wanted = session.wantedIdentity!;
  const { size, offset } = dafangPart('config');
  const both: Stretch[] = [
    { name: 'config', offset, bytes: wanted.subarray(0, size) },
    { name: 'para', offset: dafangPart('para').offset, bytes: wanted.subarray(size) },
  ];
  if (sameBytes(found, wanted)) return false;
  return uploadParts(session, run, both);
}

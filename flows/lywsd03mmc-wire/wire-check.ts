import { isBenchError } from '../../src/core/errors.ts';
import type { FlashRegion, FullWire } from '../../src/protocols/telink/sws/index.ts';
import { done, type StepResult } from '../flow.ts';
import { sameUnit } from './detect.ts';
import { fullWire, newTarget, targetOf, type WireRun, type WireSession } from './session.ts';

/** Magic, size and version stand there. */
const HEADER_BYTES = 32;
/** The image's own CRC ends it: where it is equal, the rest is worth minutes of reading. */
const TAIL_BYTES = 16;

/** Says what the wire has proved, and compares the flash with the image: where every byte is equal, nothing is written. */
export async function wireCheck(session: WireSession, run: WireRun): Promise<StepResult> {
  const { task, image, options } = run.plan;
  if (task !== 'flash' || image == null) return done;
  run.firmware([image.entry]);
  session.target = newTarget([image.region], image.telink);
  if (options.ability === 'tx-only') {
    run.log(
      'info',
      'TX only: whether the chip was caught, who it is and what its flash holds cannot be known; only the radio will tell',
    );
    return done;
  }
  run.log(
    'info',
    'chip id, flash id and unique areas were read alike several times: the wire can be relied on',
  );
  if (options.eraseAll) return done;
  const wire = fullWire(session);
  if (!(await sameUnit(session, run, () => holds(wire, image.region, run)))) return done;
  const target = targetOf(session);
  target.current = true;
  target.readBack = 'whole';
  run.log('info', 'flash holds exactly this image already; nothing will be written');
  return { kind: 'done', goTo: 'reboot' };
}

/** Compared from what differs most often to every byte. */
async function holds(wire: FullWire, region: FlashRegion, run: WireRun): Promise<boolean> {
  const { signal } = run;
  const { offset, bytes } = region;
  const ends = [
    { at: 0, length: HEADER_BYTES },
    { at: bytes.length - TAIL_BYTES, length: TAIL_BYTES },
  ];
  for (const { at, length } of ends) {
    const found = await wire.read(offset + at, length, { signal });
    if (found.some((byte, index) => byte !== bytes[at + index])) return false;
  }
  for (const whole of [false, true]) {
    try {
      const label = whole ? 'comparing every byte with the image' : 'comparing flash with the image';
      await wire.verify([region], { whole, signal, onProgress: run.progress, label });
    } catch (error) {
      if (isBenchError(error, 'SWS_VERIFY_MISMATCH')) return false;
      throw error;
    }
  }
  return true;
}

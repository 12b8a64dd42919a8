import { fullWire, type WireRun, type WireSession } from './session.ts';

/** Starts what is in flash; the chip is out of reach afterwards. */
export async function startUnit(session: WireSession, run: WireRun): Promise<void> {
  const wire = fullWire(session);
  await wire.reset();
  session.caught = false;
  run.log('info', 'the chip was restarted');
}

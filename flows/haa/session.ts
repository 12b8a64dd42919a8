import type { WifiStation } from '../../src/drivers/http/port.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import type { FoundUnit } from './find-unit.ts';
import type { HaaPlan } from './plan.ts';
import type { HaaWay } from './way.ts';

export type HaaRun = RunContext<HaaPlan>;

export interface HaaSession {
  readonly link: NetworkLink;
  station: WifiStation | undefined;
  found: FoundUnit | undefined;
  way: HaaWay | undefined;
}

export async function openSession(run: HaaRun): Promise<HaaSession> {
  return { link: await run.openNetwork(), station: undefined, found: undefined, way: undefined };
}

export async function closeSession(session: HaaSession): Promise<void> {
  await session.way?.close();
  session.way = undefined;
  await session.link.close();
}

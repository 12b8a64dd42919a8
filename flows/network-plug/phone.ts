import { last6 } from '../../src/core/identity.ts';
import type { Network } from '../../src/drivers/http/port.ts';
import type { PlugAnswer } from '../../src/protocols/plugs/index.ts';
import type { RunContext } from '../flow.ts';
import { awaitUnit } from './appear.ts';
import { isThatFirmware, type NewFirmware } from './new-firmware.ts';
import { accessPointPage } from './pages.ts';
import type { WantedUnit } from './unit-finder.ts';

/** A person takes as long as it takes; a look that goes on for days is begun anew each day, ms. */
const DAY_MS = 24 * 3600_000;

/**
 * Where this computer has no Wi-Fi interface to spare: a person joins the access point of the unit with a phone and
 * gives it its network; the unit's own answer there ends the wait. Throws OPERATOR_NEEDED.
 */
export async function leadPhone(
  run: RunContext,
  network: Network,
  { unit, wanted }: { readonly unit: WantedUnit; readonly wanted: NewFirmware },
): Promise<PlugAnswer | undefined> {
  const name = `${wanted.accessPointPrefix ?? ''}${last6(unit.mac).toUpperCase()}`;
  const prompt = run.operator.act({
    act: 'join-access-point',
    title: `Join the Wi-Fi ${name}… with a phone and give the unit its network`,
    wiringPage: accessPointPage.id,
  });
  for (;;) {
    const met = await awaitUnit(run, network, {
      unit,
      wanted,
      isIt: (answer) => isThatFirmware(answer, wanted),
      limitMs: prompt.limitMs ?? DAY_MS,
      station: undefined,
      signal: run.signal,
      label: `waiting for ${wanted.title} on the network`,
    });
    if (met.kind !== 'answers' && prompt.limitMs === undefined) continue;
    prompt.done(
      met.kind === 'answers' ? 'The unit is on the network: leave its access point.' : 'It did not come.',
    );
    return met.kind === 'answers' ? met.answer : undefined;
  }
}

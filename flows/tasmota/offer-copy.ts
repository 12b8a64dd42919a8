import { isBenchError } from '../../src/core/errors.ts';
import type { TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { chooseRoute, type Route } from './route.ts';
import type { TasmotaRun } from './session.ts';

/**
 * The way to the target. Where the unit takes it only as a changed copy and the job leaves that open, the operator is
 * asked once for all units; without a screen it throws TASMOTA_NOT_COMPATIBLE, whose advice names the setting.
 */
export async function routeOrCopy(run: TasmotaRun, unit: TasmotaStatus): Promise<Route> {
  const { target, minimal, way, patch } = run.plan;
  const wishes = { target: target!, minimal, way };
  try {
    return chooseRoute(unit, { ...wishes, mayPatch: patch === 'yes' });
  } catch (error) {
    if (patch !== 'ask' || !isBenchError(error, 'TASMOTA_NOT_COMPATIBLE')) throw error;
    const answer = await run.operator
      .ask({
        id: 'changed-copy',
        text: `${error.message} A changed copy would be taken; it is kept beside the original. Send it?`,
        choices: [
          { value: 'no', title: 'leave these units as they are' },
          { value: 'yes', title: 'send the changed copy' },
        ],
      })
      .catch((cause: unknown) => {
        throw isBenchError(cause, 'OPERATOR_NEEDED') ? error : cause;
      });
    if (answer !== 'yes') throw error;
    return chooseRoute(unit, { ...wishes, mayPatch: true });
  }
}

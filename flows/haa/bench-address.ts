import { isIPv4 } from 'node:net';
import { BenchError, isBenchError } from '../../src/core/errors.ts';
import type { NetworkLink } from '../flow.ts';
import { namedBy } from './find-unit.ts';
import type { HaaRun } from './session.ts';

/** Nobody's (RFC 5737): the way there is the way to other networks. Nothing is sent. */
const SOMEWHERE_ELSE = '192.0.2.1';
/** The practice LAN lies in this computer. */
const PRACTICE = '127.0.0.1';
/** Access points of the units themselves. */
const OWN_ACCESS_POINT = /^192\.168\.4\./;

/**
 * An address by which the server is reached from the Wi-Fi that the unit will be on: that of the job, of the unit where
 * it is in that network now, else the one by which this computer reaches other networks. Throws NO_ROUTE.
 */
export async function benchAddress(run: HaaRun, { network, at }: NetworkLink): Promise<string> {
  const { address } = run.plan;
  if (address != null) return address;
  if (run.link.kind === 'virtual') return PRACTICE;
  if (namedBy(at.host) == null && isIPv4(at.host) && !OWN_ACCESS_POINT.test(at.host)) return at.host;
  try {
    return await network.ownAddressTowards(SOMEWHERE_ELSE);
  } catch (cause) {
    if (!isBenchError(cause, 'NO_ROUTE')) throw cause;
    throw new BenchError('NO_ROUTE', {
      message: 'By which address of this computer the units reach it on their Wi-Fi is not known.',
      advice: 'Give it as bench-address.',
      cause,
    });
  }
}

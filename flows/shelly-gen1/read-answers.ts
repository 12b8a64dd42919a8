import { BenchError } from '../../src/core/errors.ts';
import { throwIfAborted } from '../../src/core/abort.ts';
import { ShellyGen1 } from '../../src/protocols/shelly/index.ts';
import { peerOf, type ShellyRun, type ShellySession } from './session.ts';

/** Everything that stock firmware says of itself and of how it is set, by path. `/settings` has to be there. */
export async function readAnswers(session: ShellySession, run: ShellyRun): Promise<Record<string, unknown>> {
  const unit = new ShellyGen1(peerOf(session, run.signal, run.plan.login));
  const answers: Record<string, unknown> = { '/settings': await unit.settings() };
  for (const [path, read] of [
    ['/shelly', () => unit.identity()],
    ['/status', () => unit.status()],
  ] as const)
    try {
      answers[path] = await read();
    } catch (error) {
      throwIfAborted(run.signal);
      if (!(error instanceof BenchError)) throw error;
      run.log('warn', `${path} was not kept: ${error.message}`);
    }
  return answers;
}

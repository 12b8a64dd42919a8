import { systemClock } from '../../../core/clock.ts';
import { createSleepInhibitor } from '../../host/sleep-inhibitor.ts';
import { FirmwareHost } from './firmware-host.ts';
import { PROTOCOL, type ToBench, type ToServer } from './messages.ts';

/**
 * The firmware server's own process. Started by the bench in a session of its own; the channel between both is all they
 * have in common, and its end is how the server learns that the bench is gone.
 */
function main(protocol: string | undefined): void {
  if (protocol !== PROTOCOL || process.send === undefined) process.exit(2);
  process.title = 'benchflash firmware server';
  // A closed terminal or Ctrl+C is the bench's affair. SIGTERM (the computer shuts down) is taken as its end: what was
  // begun goes on for as long as the system lets it.
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  const send = (message: ToBench, whenTaken: () => void) => {
    if (!process.connected) return whenTaken();
    process.send?.(message, undefined, undefined, whenTaken);
  };
  const inhibitor = createSleepInhibitor();
  const host = new FirmwareHost({
    clock: systemClock,
    send,
    keeper: inhibitor,
    onOver: () => {
      inhibitor.close();
      process.exit(0);
    },
  });
  process.on('message', (message: ToServer) => void host.take(message));
  process.on('disconnect', () => host.alone());
  process.on('SIGTERM', () => host.alone());
  // A defect in what one unit set off must not end the transfers of the others.
  const survive = (error: unknown) =>
    send(
      { type: 'trouble', text: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      () => {},
    );
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
  send({ type: 'ready' }, () => {});
}

main(process.argv[2]);

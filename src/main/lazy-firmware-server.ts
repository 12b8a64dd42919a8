import type { Clock } from '../core/clock.ts';
import type { FirmwareServerProcess } from '../drivers/http/firmware-server-process.ts';
import type { FirmwareServer } from '../drivers/http/firmware-server.ts';

/** The bench's own firmware server. Nothing of it is loaded before a unit is to fetch something. */
export function lazyFirmwareServer(clock: Clock): FirmwareServer & Pick<FirmwareServerProcess, 'close'> {
  let server: Promise<FirmwareServerProcess> | undefined;
  return {
    async offer(offer, options) {
      server ??= import('../drivers/http/firmware-server-process.ts').then(({ createFirmwareServer }) =>
        createFirmwareServer({ clock }),
      );
      return (await server).offer(offer, options);
    },
    async close() {
      await (await server)?.close();
    },
  };
}

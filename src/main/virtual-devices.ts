import type { VirtualDevices } from '../cli/services.ts';
import type { Clock } from '../core/clock.ts';
import { makePracticeImages } from '../virtual/make-practice-images.ts';
import { findVirtualDevice, virtualDevices } from '../virtual/registry.ts';

export function virtualDevicesOf(clock: Clock): VirtualDevices {
  return {
    devices: virtualDevices,
    async serve(request) {
      const { serveVirtualDevice } = await import('../virtual/servers/server.ts');
      return serveVirtualDevice(findVirtualDevice(request.device), { ...request, clock });
    },
    async makePracticeImages(name, folder) {
      const written = await makePracticeImages(findVirtualDevice(name), folder);
      return written.map(({ path, bytes, image }) => ({ path, bytes, title: image.title }));
    },
  };
}

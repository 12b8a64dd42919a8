import type { GlobalOptions } from '../cli/global-options.ts';
import type { CommandServices } from '../cli/services.ts';
import { systemClock } from '../core/clock.ts';
import { lazyNetwork } from './networks.ts';
import { lazyRadioOpener } from './radios.ts';

/** Joins the command line with the real parts. Each part is loaded when a command first asks for it. */
export function commandServices(version: string): CommandServices {
  const radio = lazyRadioOpener(systemClock);
  const dataDirectory = async (options: GlobalOptions): Promise<string> =>
    options.dataDir ?? (await import('../records/data-dir.ts')).defaultDataDir();
  const flows = async () => (await import('../../flows/index.ts')).flows;

  return {
    version,
    clock: systemClock,
    flows,
    dataDirectory,
    async records(options, access) {
      const { openDataDir } = await import('../records/data-dir.ts');
      return openDataDir(await dataDirectory(options), { readOnly: access === 'look' });
    },
    async jobs(options) {
      const { openJobs } = await import('../config/jobs.ts');
      return openJobs({ path: await dataDirectory(options), readOnly: true });
    },
    async settings(options) {
      const { openSettings } = await import('../config/settings.ts');
      return openSettings({ path: await dataDirectory(options), readOnly: true });
    },
    async bench(options, access) {
      const { openBench } = await import('./open-bench.ts');
      return openBench({
        directory: await dataDirectory(options),
        access,
        interactive: false,
        version,
        flows: await flows(),
      });
    },
    async inspectFile(path) {
      return (await import('../firmware/inspect.ts')).inspectFile(path);
    },
    async ports(options) {
      const { systemPortLister } = await import('../drivers/serial/discovery.ts');
      const { scannedPort } = await import('./scanned-port.ts');
      const names = (await this.settings(options)).get().portNames;
      return (await systemPortLister((key) => names[key]).list()).map(scannedPort);
    },
    async watchPorts(options, onChange) {
      const { systemPortLister, watchPorts } = await import('../drivers/serial/discovery.ts');
      const { scannedPort } = await import('./scanned-port.ts');
      const names = (await this.settings(options)).get().portNames;
      return watchPorts(
        systemPortLister((key) => names[key]),
        systemClock,
        ({ added, removed }) =>
          onChange({ added: added.map(scannedPort), removed: removed.map(scannedPort) }),
      );
    },
    async bluetooth() {
      const { tryBluetooth } = await import('./try-bluetooth.ts');
      return tryBluetooth(radio);
    },
    async hear(onHeard) {
      const opened = await radio.open({});
      const { heardDevice } = await import('./heard-device.ts');
      const { describeAdvertisement } = await import('../protocols/adverts/index.ts');
      const leave = opened.listen((advertisement) =>
        onHeard(heardDevice(advertisement, describeAdvertisement)),
      );
      return {
        radio: opened.name,
        stop: async () => {
          leave();
          await radio.close();
        },
      };
    },
    async networkDevices(onFound) {
      const { networkDevices } = await import('./network-devices.ts');
      const { hostPrograms } = await import('../drivers/process/host-programs.ts');
      return networkDevices(lazyNetwork(systemClock, hostPrograms()), onFound);
    },
    async network() {
      const { networkState } = await import('./network-state.ts');
      const { hostPrograms } = await import('../drivers/process/host-programs.ts');
      return networkState(hostPrograms());
    },
    async virtual() {
      return (await import('./virtual-devices.ts')).virtualDevicesOf(systemClock);
    },
    async keepsAwake() {
      const { createSleepInhibitor } = await import('../drivers/host/sleep-inhibitor.ts');
      const inhibitor = createSleepInhibitor();
      const { state } = await inhibitor.acquire('benchflash doctor tries it');
      inhibitor.close();
      if (state.state === 'held') return { by: state.by };
      return { why: state.state === 'unavailable' ? state.why : 'nothing holds it' };
    },
    async screen(options, start) {
      const { openScreen } = await import('./open-screen.ts');
      return openScreen(options, start, {
        version,
        directory: await dataDirectory(options),
        flows: await flows(),
      });
    },
  };
}

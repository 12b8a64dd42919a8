import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostPrograms } from '../../../src/drivers/process/host-programs.ts';
import { lookForWifi } from '../../../src/drivers/wifi/find-station.ts';
import { NmcliStation } from '../../../src/drivers/wifi/nmcli-station.ts';
import { answers, PeerProcess } from '../serial/peer-process.ts';

/** Debian's own Python: dbusmock stands on libraries that no package of Python brings. */
const PYTHON = '/usr/bin/python3';
const script = fileURLToPath(new URL('network_manager.py', import.meta.url));
const missing = !answers('nmcli', '--version')
  ? 'nmcli is not there'
  : !answers(PYTHON, '-c', 'import dbusmock') || !answers('dbus-daemon', '--version')
    ? 'python3-dbusmock or dbus is not installed'
    : undefined;
const signal = () => new AbortController().signal;
const programs = hostPrograms();
const lan = async () => [{ interfaceName: 'wlan0', subnet: '0/0', metric: 600 }];

/** The real nmcli, and a NetworkManager that python-dbusmock plays. */
async function start() {
  const manager = new PeerProcess(PYTHON, [script]);
  const [, address] = await manager.said(/^bus (.*)$/m);
  const before = process.env.DBUS_SYSTEM_BUS_ADDRESS;
  process.env.DBUS_SYSTEM_BUS_ADDRESS = address;
  onTestFinished(async () => {
    if (before === undefined) delete process.env.DBUS_SYSTEM_BUS_ADDRESS;
    else process.env.DBUS_SYSTEM_BUS_ADDRESS = before;
    await manager.end();
  });
}

describe.skipIf(missing)(`nmcli${missing ? ` (${missing})` : ''}`, () => {
  it('names the interface that can be spared, what it hears, and joins and leaves', async () => {
    await start();
    const found = await lookForWifi(programs, lan);
    expect(found).toMatchObject({ state: 'usable', device: { name: 'wlan1', state: 'disconnected' } });
    if (found.state !== 'usable') return;
    const station = new NmcliStation(programs, found.device);
    expect(await station.scan(signal())).toEqual([
      { ssid: 'tasmota_D3E4F5: 12', bssid: 'a2:b1:c2:d3:e4:f5', signalPercent: 82, open: true },
      { ssid: 'Firma\\Gast', bssid: '02:11:22:33:44:55', signalPercent: 37, open: false },
    ]);
    for (const facts of [{}, { password: 'secret: 12' }]) {
      const joined = await station.join('tasmota_D3E4F5: 12', { ...facts, signal: signal() });
      expect(joined).toMatchObject({ ownAddress: '192.168.4.2', gateway: '192.168.4.1' });
      await joined.leave();
    }
  });

  it('says no in words that are understood', async () => {
    await start();
    const gone = new NmcliStation(programs, { name: 'wlan9', type: 'wifi', state: 'disconnected' });
    await expect(gone.scan(signal())).rejects.toMatchObject({
      code: 'WIFI_UNAVAILABLE',
      message: "wlan9 could not look for access points: Device 'wlan9' not found.",
    });
    await expect(gone.join('x', { signal: signal() })).rejects.toMatchObject({ code: 'WIFI_JOIN_FAILED' });
  });
});

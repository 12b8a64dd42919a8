import { describe, expect, it } from 'vitest';
import type { ProgramEnd, ProgramRequest, Programs } from '../../../src/drivers/process/programs.ts';
import { lookForWifi } from '../../../src/drivers/wifi/find-station.ts';
import { NmcliStation } from '../../../src/drivers/wifi/nmcli-station.ts';

const END: ProgramEnd = { exitCode: 0, notStarted: undefined, endedBy: undefined, stdout: '', stderr: '' };
const signal = () => new AbortController().signal;

/** nmcli by a script: the first entry whose words are all among the arguments. */
class ScriptedNmcli implements Programs {
  readonly runs: string[] = [];
  readonly files = new Map<string, string>();
  removed = 0;
  readonly #script: readonly (readonly [string, Partial<ProgramEnd>])[];

  constructor(...script: (readonly [string, Partial<ProgramEnd>])[]) {
    this.#script = script;
  }
  async run({ program, args, signal: stop }: ProgramRequest): Promise<ProgramEnd> {
    const line = [program, ...args].join(' ');
    this.runs.push(line);
    const answer = this.#script.find(([words]) => words.split(' ').every((word) => args.includes(word)))?.[1];
    if (stop?.aborted === true) return { ...END, exitCode: undefined, endedBy: 'signal' };
    return { ...END, ...answer };
  }
  async scratch() {
    return {
      pathOf: (name: string) => `/scratch/${name}`,
      write: async (name: string, content: Uint8Array | string) =>
        void this.files.set(name, Buffer.from(content).toString()),
      read: async () => undefined,
      remove: async () => void this.removed++,
    };
  }
  async usbIds() {
    return [];
  }
}

const ADDRESSES = 'IP4.ADDRESS[1]:192.168.4.2/24\nIP4.GATEWAY:\nDHCP4.OPTION[1]:routers = 192.168.4.1\n';
const device = { name: 'wlan1', type: 'wifi', state: 'disconnected' };
const shows = ['device show', { stdout: ADDRESSES }] as const;

describe('a Wi-Fi interface by nmcli', () => {
  it('scans anew', async () => {
    const programs = new ScriptedNmcli(['wifi list', { stdout: 'A2\\:B1\\:C2\\:D3\\:E4\\:F5:70::x\n' }]);
    expect(await new NmcliStation(programs, device).scan(signal())).toHaveLength(1);
    expect(programs.runs).toEqual([
      'nmcli --terse --fields BSSID,SIGNAL,SECURITY,SSID device wifi list ifname wlan1 --rescan yes',
    ]);
  });

  it('that cannot scan is WIFI_UNAVAILABLE', async () => {
    const stderr = "Error: Device 'wlan1' not found.\n";
    const programs = new ScriptedNmcli(['wifi list', { exitCode: 10, stderr }]);
    await expect(new NmcliStation(programs, device).scan(signal())).rejects.toMatchObject({
      code: 'WIFI_UNAVAILABLE',
      message: "wlan1 could not look for access points: Device 'wlan1' not found.",
    });
  });

  it('joins an open access point and never makes it the way to anywhere else', async () => {
    const programs = new ScriptedNmcli(shows);
    const joined = await new NmcliStation(programs, device).join('tasmota_D3E4F5-1234', { signal: signal() });
    expect(joined).toMatchObject({ ownAddress: '192.168.4.2', gateway: '192.168.4.1' });
    expect(programs.runs.slice(1, 3)).toEqual([
      'nmcli --terse connection add save no type wifi con-name benchflash ifname wlan1 ssid tasmota_D3E4F5-1234 ' +
        'autoconnect no ipv4.never-default yes ipv4.ignore-auto-dns yes ipv6.method ignore',
      'nmcli --terse --wait 45 connection up id benchflash ifname wlan1',
    ]);
    await joined.leave();
    await joined.leave();
    expect(programs.runs.slice(4)).toEqual(['nmcli --terse connection delete id benchflash']);
  });

  it('gives the password by a file, and goes back to where it was', async () => {
    const programs = new ScriptedNmcli(shows);
    const station = new NmcliStation(programs, { ...device, state: 'connected', connectionUuid: '0c5b-11' });
    const joined = await station.join('ITEAD-1000', { password: 'secret:12', signal: signal() });
    expect([...programs.files.values()]).toEqual(['802-11-wireless-security.psk:secret:12\n']);
    expect(programs.removed).toBe(1);
    expect(programs.runs.join('\n')).not.toContain('secret');
    expect(programs.runs[2]).toMatch(/ passwd-file \/scratch\/password$/);
    await joined.leave();
    expect(programs.runs.at(-1)).toBe('nmcli --terse --wait 45 connection up uuid 0c5b-11 ifname wlan1');
  });

  it.each([
    ['(53) The Wi-Fi network could not be found', 'it is not heard any more.'],
    ['(7) Secrets were required, but not provided', 'it does not take the password.'],
    [
      '(5) IP configuration could not be reserved (no available address, timeout, etc.)',
      'it gave no address.',
    ],
    ['\u001b[2Jnew words', 'Connection activation failed: new words.'],
  ])('that fails with %s is WIFI_JOIN_FAILED and leaves nothing behind', async (said, why) => {
    const stderr = `Error: Connection activation failed: ${said}.\n`;
    const programs = new ScriptedNmcli(['up benchflash', { exitCode: 4, stderr }]);
    await expect(
      new NmcliStation(programs, device).join('x\u001b[0m', { signal: signal() }),
    ).rejects.toMatchObject({ code: 'WIFI_JOIN_FAILED', message: `wlan1 could not join "x": ${why}` });
    expect(programs.runs.at(-1)).toBe('nmcli --terse connection delete id benchflash');
  });

  it('that may not change connections says so', async () => {
    const stderr = "Error: Failed to add 'benchflash' connection: Insufficient privileges\n";
    const programs = new ScriptedNmcli(['connection add', { exitCode: 1, stderr }]);
    await expect(new NmcliStation(programs, device).join('x', { signal: signal() })).rejects.toMatchObject({
      message: 'wlan1 could not join "x": this user may not change connections.',
      advice: expect.stringContaining('polkit') as string,
    });
  });

  it('that got no address says so', async () => {
    await expect(
      new NmcliStation(new ScriptedNmcli(), device).join('x', { signal: signal() }),
    ).rejects.toMatchObject({ message: 'wlan1 has joined "x" and got no address there.' });
  });

  it('goes back when it is cancelled in the middle', async () => {
    const stop = new AbortController();
    const programs = new ScriptedNmcli();
    const joining = new NmcliStation(programs, device).join('x', { signal: stop.signal });
    stop.abort();
    await expect(joining).rejects.toMatchObject({ code: 'ABORTED' });
    expect(programs.runs.at(-1)).toBe('nmcli --terse connection delete id benchflash');
  });
});

describe('the Wi-Fi interface for access points', () => {
  const way = (interfaceName: string, metric: number) => ({ interfaceName, subnet: '0/0', metric });
  const look = (stdout: string, ...table: ReturnType<typeof way>[]) =>
    lookForWifi(new ScriptedNmcli(['device status', { stdout }]), async () => table);

  it('is one that is connected to nothing', async () => {
    const found = await look('wlan0:wifi:connected:u\nwlan1:wifi:disconnected:\n', way('wlan0', 600));
    expect(found).toMatchObject({ state: 'usable', device: { name: 'wlan1' } });
  });
  it('is one beside which another leads to the same network', async () => {
    const found = await look('wlan0:wifi:connected:u\n', way('eth0', 100), way('wlan0', 600));
    expect(found).toMatchObject({ state: 'usable', device: { name: 'wlan0' } });
  });
  it('is never the way to the LAN', async () => {
    expect(await look('wlan0:wifi:connected:u\n', way('wlan0', 600))).toEqual({
      state: 'in-use',
      name: 'wlan0',
    });
  });
  it('may be switched off, or missing', async () => {
    expect(await look('wlan0:wifi:unavailable:\n')).toEqual({
      state: 'unavailable',
      name: 'wlan0',
      word: 'unavailable',
    });
    expect(await look('eth0:ethernet:connected:u\n')).toEqual({ state: 'no-interface' });
  });
  it('is not known without NetworkManager', async () => {
    const ended = (end: Partial<ProgramEnd>) =>
      lookForWifi(new ScriptedNmcli(['device', end]), async () => []);
    expect(await ended({ notStarted: 'missing', exitCode: undefined })).toEqual({ state: 'no-nmcli' });
    expect(await ended({ exitCode: 8 })).toEqual({ state: 'not-running' });
  });
});

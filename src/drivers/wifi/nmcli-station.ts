import { abortReason, throwIfAborted } from '../../core/abort.ts';
import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { AccessPoint, JoinedAccessPoint, WifiStation } from '../http/port.ts';
import type { ProgramEnd, Programs } from '../process/programs.ts';
import { ACCESS_POINT_FIELDS, type NmDevice, parseAccessPoints, parseAddresses } from './nmcli-output.ts';

/** NetworkManager's own profile for it, kept in its memory only; one at a time. */
const PROFILE = 'benchflash';
const PRINT_LIMIT_MS = 10_000;
/** A scan over all channels takes 3 to 15 s. */
const SCAN_LIMIT_MS = 30_000;
/** Association and DHCP of a small access point; after that nmcli gives up by itself, s. */
const JOIN_LIMIT_S = 45;

/** A Wi-Fi interface by way of NetworkManager. */
export class NmcliStation implements WifiStation {
  readonly name: string;
  readonly #programs: Programs;
  readonly #before: string | undefined;

  constructor(programs: Programs, device: NmDevice) {
    this.#programs = programs;
    this.name = device.name;
    this.#before = device.connectionUuid;
  }

  async scan(signal: AbortSignal): Promise<readonly AccessPoint[]> {
    const list = ['device', 'wifi', 'list', 'ifname', this.name, '--rescan', 'yes'];
    const end = await this.#nmcli(['--fields', ACCESS_POINT_FIELDS, ...list], SCAN_LIMIT_MS, signal);
    if (end.exitCode !== 0)
      throw new BenchError('WIFI_UNAVAILABLE', {
        message: `${this.name} could not look for access points: ${reasonOf(end)}`,
        detail: { interface: this.name, exitCode: end.exitCode ?? -1 },
      });
    return parseAccessPoints(end.stdout);
  }

  async join(
    ssid: string,
    { password, signal }: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<JoinedAccessPoint> {
    // What a crash has left, if anything.
    await this.#nmcli(['connection', 'delete', 'id', PROFILE], PRINT_LIMIT_MS);
    try {
      const { exitCode, ...end } = await this.#nmcli(this.#profile(ssid, password), PRINT_LIMIT_MS, signal);
      if (exitCode !== 0) throw this.#joinError(ssid, { exitCode, ...end });
      const up = await this.#up(password, signal);
      if (up.exitCode !== 0) throw this.#joinError(ssid, up);
      const show = ['--fields', 'IP4,DHCP4', 'device', 'show', this.name];
      const addresses = parseAddresses((await this.#nmcli(show, PRINT_LIMIT_MS, signal)).stdout);
      if (!addresses)
        throw new BenchError('WIFI_JOIN_FAILED', {
          message: `${this.name} has joined "${sanitize(ssid)}" and got no address there.`,
          detail: { interface: this.name, ssid: sanitize(ssid) },
        });
      let left: Promise<void> | undefined;
      return { ...addresses, leave: () => (left ??= this.#leave()) };
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  /**
   * Neither the way to the internet nor its name servers change: the LAN keeps both. `save no` keeps it off the disk;
   * the password is not part of it.
   */
  #profile(ssid: string, password: string | undefined): string[] {
    return [
      ...['connection', 'add', 'save', 'no', 'type', 'wifi', 'con-name', PROFILE, 'ifname', this.name],
      ...['ssid', ssid, 'autoconnect', 'no', 'ipv4.never-default', 'yes', 'ipv4.ignore-auto-dns', 'yes'],
      ...['ipv6.method', 'ignore'],
      ...(password === undefined ? [] : ['wifi-sec.key-mgmt', 'wpa-psk', 'wifi-sec.psk-flags', '2']),
    ];
  }

  /** The password goes by a file that only this user can read: every user sees the arguments of a program. */
  async #up(password: string | undefined, signal: AbortSignal): Promise<ProgramEnd> {
    const up = ['--wait', String(JOIN_LIMIT_S), 'connection', 'up', 'id', PROFILE, 'ifname', this.name];
    const limitMs = (JOIN_LIMIT_S + 5) * 1000;
    if (password === undefined) return this.#nmcli(up, limitMs, signal);
    const folder = await this.#programs.scratch();
    try {
      await folder.write('password', `802-11-wireless-security.psk:${password}\n`);
      return await this.#nmcli([...up, 'passwd-file', folder.pathOf('password')], limitMs, signal);
    } finally {
      await folder.remove();
    }
  }

  async #leave(): Promise<void> {
    await this.#nmcli(['connection', 'delete', 'id', PROFILE], PRINT_LIMIT_MS);
    if (this.#before === undefined) return;
    const up = [
      '--wait',
      String(JOIN_LIMIT_S),
      'connection',
      'up',
      'uuid',
      this.#before,
      'ifname',
      this.name,
    ];
    await this.#nmcli(up, (JOIN_LIMIT_S + 5) * 1000);
  }

  async #nmcli(args: readonly string[], limitMs: number, signal?: AbortSignal): Promise<ProgramEnd> {
    throwIfAborted(signal);
    const end = await this.#programs.run({
      program: 'nmcli',
      args: ['--terse', ...args],
      limitMs,
      ...(signal && { signal }),
    });
    if (end.endedBy === 'signal') throw abortReason(signal as AbortSignal);
    return end;
  }

  #joinError(ssid: string, end: ProgramEnd): BenchError {
    const text = `${end.stderr}\n${end.stdout}`;
    const known = CAUSES.find(({ said }) => said.test(text));
    return new BenchError('WIFI_JOIN_FAILED', {
      message: `${this.name} could not join "${sanitize(ssid)}": ${known?.why ?? reasonOf(end)}`,
      ...(known?.advice !== undefined && { advice: known.advice }),
      detail: { interface: this.name, ssid: sanitize(ssid), exitCode: end.exitCode ?? -1 },
    });
  }
}

/** The words of NetworkManager 1.30 to 1.46 (nm-client-utils.c) for what goes wrong most. */
const CAUSES: readonly { readonly said: RegExp; readonly why: string; readonly advice?: string }[] = [
  { said: /network could not be found|No network with SSID/i, why: 'it is not heard any more.' },
  {
    said: /secrets were required|no secrets|802-11-wireless-security|supplicant/i,
    why: 'it does not take the password.',
    advice: 'Check the password of the access point; then retry.',
  },
  {
    said: /IP configuration could not be reserved|DHCP/i,
    why: 'it gave no address.',
  },
  {
    said: /insufficient privileges|not authorized/i,
    why: 'this user may not change connections.',
    advice: 'Run benchflash in a session at this computer, or allow it by a polkit rule for NetworkManager.',
  },
];

function reasonOf({ stderr, stdout, notStarted, endedBy }: ProgramEnd): string {
  if (notStarted !== undefined) return 'nmcli is not there.';
  if (endedBy === 'limit') return 'nmcli did not come to an end.';
  const said = sanitize(stderr.trim() || stdout.trim()).replace(/^Error:\s*/, '');
  return said === '' ? 'nmcli gave no reason.' : said.slice(0, 200);
}

import type { AccessPoint } from '../http/port.ts';

/** What `nmcli --terse` prints: fields with `:` between, in which `:` and `\` have a `\` before them. */
export function terseFields(line: string): readonly string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === ':') fields.push('');
    else
      fields[fields.length - 1] +=
        character === '\\' && at + 1 < line.length ? (line[++at] ?? '') : character;
  }
  return fields;
}

const lines = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map(terseFields);

export const DEVICE_FIELDS = 'DEVICE,TYPE,STATE,CON-UUID';

/** An interface as NetworkManager has it. */
export interface NmDevice {
  readonly name: string;
  /** `wifi`, `wifi-p2p`, `ethernet` … */
  readonly type: string;
  /** `connected`, `disconnected`, `unavailable`, `unmanaged`, `connecting (prepare)` … */
  readonly state: string;
  /** Of what it is connected to. */
  readonly connectionUuid?: string;
}

/** Of `nmcli --terse --fields DEVICE_FIELDS device status`. */
export function parseDevices(text: string): readonly NmDevice[] {
  return lines(text).flatMap(([name = '', type = '', state = '', connectionUuid = '']) =>
    name === '' ? [] : [{ name, type, state, ...(connectionUuid !== '' && { connectionUuid }) }],
  );
}

export const ACCESS_POINT_FIELDS = 'BSSID,SIGNAL,SECURITY,SSID';

/** Of `nmcli --terse --fields ACCESS_POINT_FIELDS device wifi list`. Hidden ones have no name and are left out. */
export function parseAccessPoints(text: string): readonly AccessPoint[] {
  return lines(text).flatMap(([bssid = '', signal = '', security = '', ssid = '']) =>
    /^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/i.test(bssid) && ssid !== ''
      ? [
          {
            ssid,
            bssid: bssid.toLowerCase(),
            signalPercent: Math.min(100, Math.max(0, Number.parseInt(signal, 10) || 0)),
            open: security === '' || security === '--',
          },
        ]
      : [],
  );
}

export interface NmAddresses {
  readonly ownAddress: string;
  readonly gateway: string;
}

/**
 * Of `nmcli --terse --fields IP4,DHCP4 device show NAME`. A connection that never becomes the way to the internet has
 * no gateway of its own here: then it is the router, or the server, that DHCP named. Undefined before there is an
 * address.
 */
export function parseAddresses(text: string): NmAddresses | undefined {
  let ownAddress: string | undefined;
  let gateway: string | undefined;
  const options = new Map<string, string>();
  for (const [name = '', value = ''] of lines(text)) {
    if (name.startsWith('IP4.ADDRESS')) ownAddress ??= value.split('/')[0];
    else if (name === 'IP4.GATEWAY' && value !== '' && value !== '--') gateway = value;
    else if (name.startsWith('DHCP4.OPTION')) {
      const [key = '', ...words] = value.split(' = ');
      options.set(key.trim(), words.join(' = ').trim());
    }
  }
  gateway ??= options.get('routers')?.split(' ')[0] ?? options.get('dhcp_server_identifier');
  return ownAddress === undefined || gateway === undefined ? undefined : { ownAddress, gateway };
}

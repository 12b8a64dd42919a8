import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseAccessPoints,
  parseAddresses,
  parseDevices,
  terseFields,
} from '../../../src/drivers/wifi/nmcli-output.ts';
import { isSpare, parseRouteTable } from '../../../src/drivers/wifi/route-table.ts';

const escaped = (field: string) => field.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

describe('terse output of nmcli', () => {
  it('is split into the fields that it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().filter((text) => !text.includes('\n')),
          { minLength: 1 },
        ),
        (fields) => {
          expect(terseFields(fields.map(escaped).join(':'))).toEqual(fields);
        },
      ),
    );
    expect(terseFields('a\\')).toEqual(['a\\']);
  });

  it('names the interfaces', () => {
    const text =
      'wlan0:wifi:connected:0c5b7a2e-6f0c-4f5b-9a52-3f4c6a2e9d11\nwlan1:wifi:disconnected:\n' +
      'p2p-dev-wlan0:wifi-p2p:disconnected:\neth0:ethernet:unavailable:\nlo:loopback:unmanaged:\n';
    expect(parseDevices(text)).toEqual([
      {
        name: 'wlan0',
        type: 'wifi',
        state: 'connected',
        connectionUuid: '0c5b7a2e-6f0c-4f5b-9a52-3f4c6a2e9d11',
      },
      { name: 'wlan1', type: 'wifi', state: 'disconnected' },
      { name: 'p2p-dev-wlan0', type: 'wifi-p2p', state: 'disconnected' },
      { name: 'eth0', type: 'ethernet', state: 'unavailable' },
      { name: 'lo', type: 'loopback', state: 'unmanaged' },
    ]);
  });

  it('names the access points; hidden ones are left out', () => {
    const text = [
      'A2\\:B1\\:C2\\:D3\\:E4\\:F5:100::tasmota_D3E4F5-1234',
      '02\\:11\\:22\\:33\\:44\\:55:37:WPA2 802.1X:Firma\\: Gast \\\\ 5 GHz',
      '02\\:11\\:22\\:33\\:44\\:56:64:WPA1 WPA2:',
      '02\\:11\\:22\\:33\\:44\\:57:999:--:offen',
      'nonsense',
      '',
    ].join('\n');
    expect(parseAccessPoints(text)).toEqual([
      { ssid: 'tasmota_D3E4F5-1234', bssid: 'a2:b1:c2:d3:e4:f5', signalPercent: 100, open: true },
      { ssid: 'Firma: Gast \\ 5 GHz', bssid: '02:11:22:33:44:55', signalPercent: 37, open: false },
      { ssid: 'offen', bssid: '02:11:22:33:44:57', signalPercent: 100, open: true },
    ]);
  });

  it.each([
    ['its own gateway', 'IP4.GATEWAY:192.168.4.1\n', '192.168.4.1'],
    ['the router of DHCP', 'IP4.GATEWAY:\nDHCP4.OPTION[9]:routers = 192.168.4.9\n', '192.168.4.9'],
    [
      'the DHCP server',
      'IP4.GATEWAY:--\nDHCP4.OPTION[1]:dhcp_server_identifier = 192.168.4.8\n',
      '192.168.4.8',
    ],
  ])('tells the address there and %s', (_name, text, gateway) => {
    expect(parseAddresses(`IP4.ADDRESS[1]:192.168.4.2/24\n${text}`)).toEqual({
      ownAddress: '192.168.4.2',
      gateway,
    });
  });

  it('without an address tells nothing', () => {
    expect(parseAddresses('IP4.GATEWAY:\n')).toBeUndefined();
    expect(parseAddresses('IP4.ADDRESS[1]:192.168.4.2/24\nIP4.GATEWAY:\n')).toBeUndefined();
  });
});

describe('the ways of this computer', () => {
  const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
  const way = (name: string, subnet: string, metric: number, mask = '00FFFFFF') =>
    `${name}\t${subnet}\t00000000\t0001\t0\t0\t${metric}\t${mask}\t0\t0\t0\n`;

  it('are lost with an interface that alone leads there, or is preferred', () => {
    const table = parseRouteTable(
      HEAD +
        way('wlan0', '00000000', 600, '00000000') +
        way('wlan1', '00000000', 601, '00000000') +
        way('wlan0', '0001A8C0', 600) +
        way('wlan1', '0001A8C0', 601) +
        way('wlan1', '0000FEA9', 1000, '0000FFFF'),
    );
    expect(['wlan0', 'wlan1', 'wlan2'].map((name) => isSpare(name, table))).toEqual([false, true, true]);
    const apart = parseRouteTable(HEAD + way('eth0', '0001A8C0', 100) + way('wlan0', '0002A8C0', 600));
    expect(isSpare('wlan0', apart)).toBe(false);
  });
});

import type { TasmotaPlan } from '../../flows/tasmota/plan.ts';
import type { TasmotaSession } from '../../flows/tasmota/session.ts';
import { parseVersion, type TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { scriptedNetwork, type Answer, type SeenRequest } from '../harness/scripted-network.ts';
import { scriptedRun } from '../harness/scripted-run.ts';

const MAC = 'a1:b2:c3:d4:e5:f6';
const ACCEPTED =
  "<b>Upload <font color='#008000'>Successful</font></b><br><br><div>Device will restart</div>";

const status = (uptimeSeconds: number, bootCount: number) => ({
  StatusFWR: { Version: '9.2.0(tasmota)', Hardware: 'ESP8266EX' },
  StatusNET: { Mac: MAC.toUpperCase() },
  StatusPRM: { BootCount: bootCount },
  StatusSTS: { UptimeSec: uptimeSeconds, Wifi: { RSSI: 80 } },
});

/** A unit that was met, played by a script; what the script leaves open is answered as Tasmota does. */
export function meetForTest(
  script: (request: SeenRequest) => Answer | undefined,
  { restarts = false }: { readonly restarts?: boolean } = {},
) {
  const clock = new ManualClock();
  let boots = 1;
  const { network } = scriptedNetwork((request) => {
    const said = script(request);
    if (said !== undefined) return said;
    if (request.page === '/u2') {
      if (restarts) boots = 2;
      return ACCEPTED;
    }
    if (request.page === '/cm')
      return {
        body: JSON.stringify(status(boots === 1 ? 100 : 3, boots)),
        headers: { server: 'Tasmota/9.2.0 (ESP8266EX)' },
      };
    return { body: 'ok', headers: { server: 'Tasmota/9.2.0 (ESP8266EX)' } };
  });
  const browsing = { ...network, browse: async () => () => {} };
  const at = { host: '10.1.0.41', port: 80 };
  const server = { offer: () => Promise.reject(new Error('no server in this test')) };
  const link = { network: browsing, at, server };
  const plan: TasmotaPlan = {
    task: 'flash',
    target: undefined,
    minimal: undefined,
    way: 'auto',
    method: 'upload',
    patch: 'no',
    setUp: { template: undefined, name: undefined, commands: [] },
    wifi: undefined,
    login: undefined,
    waitMs: 60_000,
    haa: undefined,
  };
  const met: TasmotaStatus = {
    version: parseVersion('9.2.0(tasmota)')!,
    versionText: '9.2.0(tasmota)',
    mac: MAC,
  };
  const session: TasmotaSession = {
    link: { ...link, close: async () => {} },
    at,
    met: { status: met, board: 'test' },
    route: undefined,
    kept: undefined,
    offering: undefined,
    sent: undefined,
    returned: undefined,
    restores: {
      bytes: new Uint8Array(4096),
      source: {
        file: 'x.dmp',
        sha256: '00',
        bytes: 4096,
        mark: 'first',
        whole: true,
        flow: 'tasmota',
        kind: 'tasmota-settings',
        takenAt: 0,
      },
    },
  };
  return { session, run: scriptedRun({ plan, clock, network: link }), clock };
}

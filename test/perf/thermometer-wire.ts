import { runChild } from './child-programs.ts';
import type { ThermometerWireJob, ThermometerWireResult } from './children/client-thermometer-wire.ts';
import { serveDevices } from './served-devices.ts';

const BAUD_RATE = 460_800;
/** An image as it is flashed every day (stock 1.0.0_0130 has this size), and the whole flash. */
const SIZES = [
  // The public page's own waits and characters, computed in the SWS reference (section 5), without its activation.
  { bytes: 92_868, pageSeconds: 35 },
  { bytes: 512 * 1_024, pageSeconds: 197.7 },
] as const;
const ABILITIES = ['full', 'tx-only'] as const;

export interface ThermometerWireRow extends ThermometerWireResult {
  readonly ability: ThermometerWireJob['ability'];
  readonly bytes: number;
  readonly baudRate: number;
  /** What the public web page takes for as many bytes, computed. */
  readonly pageSeconds: number;
}

/** Every row at the same time, each client and each unit in a process of its own. */
export function measureThermometerWire(quick: boolean): Promise<ThermometerWireRow[]> {
  const rows = SIZES.slice(0, quick ? 1 : undefined).flatMap((size) =>
    ABILITIES.map((ability) => ({ ...size, ability, baudRate: BAUD_RATE })),
  );
  return Promise.all(
    rows.map(async ({ pageSeconds, ...job }) => {
      const devices = await serveDevices({ device: 'thermometer', paceBaud: job.baudRate, count: 1 });
      try {
        const link = devices.links[0]!;
        const result = await runChild<ThermometerWireResult>('client-thermometer-wire', { ...job, link });
        return { ...job, pageSeconds, ...result };
      } finally {
        await devices.stop();
      }
    }),
  );
}

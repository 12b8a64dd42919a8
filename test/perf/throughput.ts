import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import { testBytes, type ClientJob, type ClientResult } from './clients/operation.ts';
import { serveDevice } from './served-device.ts';

/** The flash that the virtual devices model: typical data-sheet figures, see src/virtual. */
const SECTOR_ERASE_SECONDS = 0.045;
const PAGE_PROGRAM_SECONDS = 0.000_7;
const FLASH_BYTES_PER_SECOND = 4_096 / (SECTOR_ERASE_SECONDS + 16 * PAGE_PROGRAM_SECONDS);
const BAUD_RATES = [115_200, 460_800, 921_600] as const;

export interface ThroughputRow {
  readonly baudRate: number;
  readonly operation: ClientJob['operation'];
  readonly bytes: number;
  readonly wireKbits: number;
  /** Undefined for reads: reading flash costs nothing beside the wire. */
  readonly flashKbits: number | undefined;
  readonly limitKbits: number;
  readonly benchflash: Client;
  readonly esptoolJs: Client;
}

interface Client {
  readonly kbits: number;
  readonly ofLimit: number;
  readonly cpuSeconds: number;
}

/** Both clients one after another against the same kind of served device, each operation in a fresh process. */
export async function throughput(onRow: (row: ThroughputRow) => void): Promise<ThroughputRow[]> {
  const rows: ThroughputRow[] = [];
  for (const baudRate of BAUD_RATES) {
    for (const operation of ['write-raw', 'write-compressed', 'read'] as const) {
      const bytes = operation === 'read' ? 4 * 2 ** 20 : baudRate === 115_200 ? 256 * 1_024 : 1_024 * 1_024;
      const limits = limitsOf(operation, bytes, baudRate);
      const run = async (client: string): Promise<Client> => {
        const { seconds, cpuSeconds } = await runClient(client, { baudRate, operation, bytes });
        const kbits = (bytes * 8) / 1_000 / seconds;
        return { kbits, ofLimit: kbits / limits.limitKbits, cpuSeconds };
      };
      const row = {
        baudRate,
        operation,
        bytes,
        ...limits,
        benchflash: await run('benchflash'),
        esptoolJs: await run('esptool-js'),
      };
      rows.push(row);
      onRow(row);
    }
  }
  return rows;
}

/** Effective rates, in uncompressed bits: compression moves the wire limit, never the flash limit. */
function limitsOf(operation: ClientJob['operation'], bytes: number, baudRate: number) {
  const onWire =
    operation === 'write-compressed' ? deflateSync(testBytes(bytes, true), { level: 9 }).length : bytes;
  const wireKbits = ((baudRate / 10) * 8 * (bytes / onWire)) / 1_000;
  const flashKbits = operation === 'read' ? undefined : (FLASH_BYTES_PER_SECOND * 8) / 1_000;
  return { wireKbits, flashKbits, limitKbits: Math.min(wireKbits, flashKbits ?? Infinity) };
}

async function runClient(name: string, job: Omit<ClientJob, 'link'>): Promise<ClientResult> {
  const device = await serveDevice('lamp', job.baudRate);
  try {
    const script = fileURLToPath(new URL(`clients/${name}.ts`, import.meta.url));
    const argument = JSON.stringify({ ...job, link: device.link });
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, argument], {
      timeout: 900_000,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as ClientResult;
  } finally {
    await device.stop();
  }
}

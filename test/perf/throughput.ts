import { modelledWriteMs } from '../../src/virtual/flash-chip/flash-times.ts';
import { runChild } from './child-programs.ts';
import { testBytes, type ClientJob, type ClientResult } from './children/operation.ts';
import { serveDevices } from './served-devices.ts';
import { stubPipelineMs } from './stub-pipeline.ts';

const KIB = 1_024;
const BAUD_RATES = [115_200, 460_800, 921_600] as const;
const OPERATIONS = ['write-raw', 'write-compressed', 'read'] as const;

export interface ThroughputRow {
  readonly baudRate: number;
  readonly operation: ClientJob['operation'];
  readonly bytes: number;
  readonly wireKbits: number;
  /** Undefined for reads: reading flash takes no time beside the wire. */
  readonly flashKbits: number | undefined;
  /** The slower of both; what is compressed may pass the wire. */
  readonly limitKbits: number;
  /** What the stub's own way of writing makes of it at best: see stub-pipeline.ts. Undefined for reads. */
  readonly pipelineKbits: number | undefined;
  readonly benchflash: Client;
  readonly esptoolJs: Client;
}

export interface Client {
  readonly kbits: number;
  /** 1 is the limit. */
  readonly ofLimit: number;
  readonly cpuSeconds: number;
}

/**
 * Both clients do each operation at the same time, each in a fresh process and against a device of its own in
 * another fresh process: the wire sets the pace, and what else the machine does meets both alike.
 */
export async function measureThroughput(
  quick: boolean,
  onRow: (row: ThroughputRow) => void,
): Promise<ThroughputRow[]> {
  const rows: ThroughputRow[] = [];
  for (const baudRate of BAUD_RATES)
    for (const operation of OPERATIONS) {
      const bytes = bytesOf(operation, baudRate, quick);
      const limits = limitsOf(operation, bytes, baudRate);
      const run = async (client: string): Promise<Client> => {
        const { seconds, cpuSeconds } = await runClient(client, { baudRate, operation, bytes });
        const kbits = (bytes * 8) / 1_000 / seconds;
        return { kbits, ofLimit: kbits / limits.limitKbits, cpuSeconds };
      };
      const [benchflash, esptoolJs] = await Promise.all([run('client-benchflash'), run('client-esptool-js')]);
      const row = { baudRate, operation, bytes, ...limits, benchflash, esptoolJs };
      rows.push(row);
      onRow(row);
    }
  return rows;
}

function bytesOf(operation: ClientJob['operation'], baudRate: number, quick: boolean): number {
  if (operation === 'read') return (quick ? 512 : 4_096) * KIB;
  return (baudRate === 115_200 || quick ? 512 : 1_024) * KIB;
}

/** Rates in bits of the image. */
function limitsOf(operation: ClientJob['operation'], bytes: number, baudRate: number) {
  const wireKbits = ((baudRate / 10) * 8) / 1_000;
  if (operation === 'read')
    return { wireKbits, flashKbits: undefined, limitKbits: wireKbits, pipelineKbits: undefined };
  const flashKbits = (bytes * 8) / modelledWriteMs(bytes);
  const compressed = operation === 'write-compressed';
  const pipelineKbits = (bytes * 8) / stubPipelineMs(testBytes(bytes, compressed), compressed, baudRate);
  return { wireKbits, flashKbits, limitKbits: Math.min(wireKbits, flashKbits), pipelineKbits };
}

async function runClient(client: string, job: Omit<ClientJob, 'link'>): Promise<ClientResult> {
  const devices = await serveDevices({ device: 'lamp', paceBaud: job.baudRate, count: 1 });
  try {
    return await runChild<ClientResult>(client, { ...job, link: devices.links[0]! });
  } finally {
    await devices.stop();
  }
}

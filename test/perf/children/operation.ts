import { createHash } from 'node:crypto';

/** What a client process is asked for, as its one argument (JSON). */
export interface ClientJob {
  readonly link: string;
  readonly baudRate: number;
  readonly operation: 'write-raw' | 'write-compressed' | 'read';
  readonly bytes: number;
}

/** What it prints, one line of JSON: the operation alone, without contact and stub upload. */
export interface ClientResult {
  readonly seconds: number;
  /** CPU of this process during the operation, user and system. */
  readonly cpuSeconds: number;
}

/**
 * Test data: noise that does not compress, or for compressed writes as much redundancy as a typical application
 * has (an ESP32 image deflates to about 60 %). The same bytes for every client.
 */
export function testBytes(length: number, compressible: boolean): Uint8Array {
  const bytes = new Uint8Array(length);
  let seed = createHash('sha256').update('benchflash').digest();
  for (let offset = 0; offset < length; offset += seed.length) {
    const block = offset / seed.length;
    if (!compressible || block % 5 < 3) {
      seed = createHash('sha256').update(seed).digest();
      bytes.set(seed.subarray(0, length - offset), offset);
    }
  }
  return bytes;
}

export async function measured(work: () => Promise<void>): Promise<ClientResult> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

export const clientJob = (): ClientJob => JSON.parse(process.argv[2]!) as ClientJob;
export const report = (result: ClientResult) => process.stdout.write(`${JSON.stringify(result)}\n`);

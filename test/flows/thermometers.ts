import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { SettledView } from '../../src/bench/view.ts';
import type { PracticeRun } from './practice.ts';

export const FLOW = 'lywsd03mmc-ble';

export const lastOf = ({ results }: PracticeRun, unit: number): SettledView => results.get(unit)!.at(-1)!;

/** How each unit ended: the code, or the outcome where there is none. */
export const endsOf = ({ results }: PracticeRun): (string | undefined)[] =>
  [...results.values()].map((runs) => runs.at(-1)).map((run) => run?.code ?? run?.outcome);

/** What the radio read of a unit, as it lies on the disk. */
export async function backupOf(run: PracticeRun, unit: number): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(lastOf(run, unit).backup!.file, 'utf8')) as Record<string, unknown>;
}

/** Token and bind key as they lie in the flash of a unit, hex. */
export function keysInFlash(flash: Buffer): { readonly token: string; readonly bindKey: string } | undefined {
  for (let at = 0x7_8000; flash.readUInt16LE(at) !== 0xffff; at += 3 + flash[at + 2]!)
    if (flash.readUInt16LE(at) === 0x10) {
      const data = flash.subarray(at + 3, at + 3 + 28);
      return { token: data.subarray(0, 12).toString('hex'), bindKey: data.subarray(12).toString('hex') };
    }
  return undefined;
}

/** Whether the image lies in a bank of this flash and is the one that starts. */
export function starts(flash: Buffer, image: Buffer): boolean {
  const bank = [0, 0x2_0000, 0x4_0000].find((offset) => flash[offset + 8] === 0x4b);
  return bank != null && flash.subarray(bank, bank + image.length).equals(image);
}

/** Every file below a data directory that may be shown or sent to somebody must be free of these. */
export async function expectNoSecrets(folder: string, secrets: readonly string[]): Promise<void> {
  const names = await readdir(path.join(folder, 'batches'), { recursive: true });
  const open = names.filter((name) => /\.(jsonl|log|csv|txt|json)$/.test(name) && !/secrets/.test(name));
  expect(open.length).toBeGreaterThan(0);
  for (const name of open) {
    const text = await readFile(path.join(folder, 'batches', name), 'utf8').catch(() => '');
    for (const secret of secrets) expect(text.includes(secret), name).toBe(false);
  }
}

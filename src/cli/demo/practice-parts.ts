import { basename, join } from 'node:path';
import type { BatchRequest } from '../../bench/view.ts';
import { type Link, parseLinks } from '../../core/link.ts';
import type { VirtualDevices } from '../services.ts';

/** What a demo batch is made of. */
export interface PracticeParts {
  readonly virtual: Pick<VirtualDevices, 'makePracticeImages'>;
  /** Practice firmware is made below it. */
  readonly folder: string;
  /** Something goes wrong on purpose, for somebody who is there to put it right. */
  readonly mishap: boolean;
  /** Missing: looked for on this computer. */
  readonly hasFlashrom?: () => Promise<boolean>;
}

/** Makes the practice images of a device and returns those of these names, as files of a request. */
export async function practiceFiles(
  { virtual, folder }: PracticeParts,
  device: string,
  ...names: readonly string[]
): Promise<BatchRequest['files']> {
  // A folder a device: several call their firmware tasmota.bin.
  const images = await virtual.makePracticeImages(device, join(folder, 'practice-firmware', device));
  return images.filter(({ path }) => names.includes(basename(path))).map(({ path }) => ({ path }));
}

/** The place of one virtual unit, new each time. */
export function practiceLink(
  device: string,
  unit: number,
  parameters: Readonly<Record<string, string | number>>,
): readonly Link[] {
  const query = new URLSearchParams({ unit: String(unit) });
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  return parseLinks(`virtual:${device}?${query.toString()}&fresh`);
}

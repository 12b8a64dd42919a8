import { describeBoot, type BootLoader } from '../../src/firmware/dafang/boot-loader.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import { DAFANG_FLASH_BYTES, dafangPart, type DafangPartName } from '../../src/firmware/dafang/flash-map.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { PlanRequest } from '../flow.ts';

/** What goes into one part, filled up to its size. */
export interface Replacement {
  readonly bytes: Uint8Array;
  readonly title: string;
  readonly file: string;
}

export interface DafangPlan {
  readonly task: PlanRequest['task'];
  readonly files: ReadonlyMap<string, InspectedFile>;
  readonly replacements: ReadonlyMap<DafangPartName, Replacement>;
  /** Stands in place of the unit's own dump; only for a new chip. */
  readonly base: InspectedFile | undefined;
  /** Of the file for `boot`. */
  readonly boot: BootLoader | undefined;
}

const refused = (path: string, why: string) =>
  new BenchError('FIRMWARE_REFUSED', { message: `${path}: ${why}` });

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan({ task, files, backup }: PlanRequest): DafangPlan {
  if (task !== 'flash' && files.size > 0)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  if (task === 'flash' && files.size === 0) {
    throw new BenchError('USAGE', {
      message: 'The firmware is missing: at least one part of the camera must be given.',
      advice: 'Give it with --firmware [SLOT=]FILE, e.g. boot=uboot.bin.',
    });
  }
  if (backup && backup.mac === undefined && backup.file.kind !== 'dafang-full-flash')
    throw refused(backup.file.path, `this is no dump of a whole Dafang camera, but: ${backup.file.title}.`);
  if (backup && backup.file.content.length !== DAFANG_FLASH_BYTES)
    throw refused(backup.file.path, 'it does not hold the 16 MiB of this camera.');
  const replacements = new Map<DafangPartName, Replacement>();
  for (const [slot, file] of files) {
    if (slot === 'base') continue;
    for (const { partition, bytes } of file.parts) {
      const name = slot === 'demo' ? (partition as DafangPartName) : (slot as DafangPartName);
      if (replacements.has(name))
        throw new BenchError('USAGE', {
          message: `Two files bring the part ${name}: leave one of them out.`,
        });
      replacements.set(name, { bytes: filled(name, bytes, file.path), title: file.title, file: file.path });
    }
  }
  const boot = replacements.get('boot');
  return {
    task,
    files,
    replacements,
    base: files.get('base'),
    boot: boot && describeBoot(boot.bytes),
  };
}

/** To the size of the part with the value of erased flash; what stands there then is checked once more. */
function filled(name: DafangPartName, content: Uint8Array, path: string): Uint8Array {
  const part = dafangPart(name);
  if (content.length > part.size)
    throw refused(path, `it has ${content.length} bytes, the part ${name} only ${part.size}.`);
  const bytes = new Uint8Array(part.size).fill(0xff);
  bytes.set(content);
  const { state, text } = examinePart(part, bytes);
  if (state !== 'good') throw refused(path, `for the part ${name}: ${text}.`);
  return bytes;
}

export const warningsOf = ({ boot, base, replacements }: DafangPlan): string[] => [
  ...(boot?.known === false ? [`boot: ${boot.title}: its hash is not one of the published ones.`] : []),
  ...(base === undefined
    ? []
    : ['base: everything on the chip is replaced by this dump, identity included.']),
  ...(replacements.has('para') ? ['para: the identity of the camera is replaced.'] : []),
];

import { BenchError } from '../../src/core/errors.ts';
import { DAFANG_FLASH_BYTES, dafangPart, DEMO_PARTS } from '../../src/firmware/dafang/flash-map.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { parseUImage, UIMAGE_HEADER_BYTES } from '../../src/firmware/uimage.ts';
import { makePlan as makePartsPlan } from '../dafang-spi/plan.ts';
import type { PlanRequest } from '../flow.ts';
import { IDENTITY } from './session.ts';

/** One stretch of flash and what it is to hold. */
export interface Stretch {
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** demo.bin, as it must be on the card: lengths and CRC are those of its own header. */
export interface DemoFile {
  readonly fileBytes: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  readonly offset: number;
}

export interface ConsolePlan {
  readonly task: PlanRequest['task'];
  readonly files: ReadonlyMap<string, InspectedFile>;
  readonly parts: readonly Stretch[];
  readonly demo: DemoFile | undefined;
  readonly source: 'auto' | 'sd' | 'serial';
  readonly isWholeDump: boolean;
}

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan(request: PlanRequest): ConsolePlan {
  const { task, files, backup, settings } = request;
  if (backup && ![IDENTITY.size, DAFANG_FLASH_BYTES].includes(backup.file.content.length)) {
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${backup.file.path}: this is neither config and para of a Dafang camera nor a dump of its whole chip.`,
    });
  }
  const { replacements } = makePartsPlan({ task, files, settings, assume: request.assume });
  const parts = [...replacements]
    .map(([name, { bytes }]) => ({ name, offset: dafangPart(name).offset, bytes }))
    .sort((a, b) => a.offset - b.offset);
  const demoFile = files.get('demo');
  const demo = demoFile && demoOf(demoFile.content);
  const source = settings['source'] as ConsolePlan['source'] | undefined;
  if (source === 'sd' && task === 'flash' && demo === undefined)
    throw new BenchError('USAGE', {
      message: 'From the SD card comes demo.bin only.',
      advice: 'Give demo=FILE, or use --set source=serial for single parts.',
    });
  return { task, files, parts, demo, source: source ?? 'auto', isWholeDump: settings['dump'] === 'whole' };
}

function demoOf(content: Uint8Array): DemoFile {
  // The slot has let only a whole demo.bin with right checksums through.
  const { payloadBytes, payloadCrc } = parseUImage(content)!;
  return {
    fileBytes: content.length,
    headerBytes: UIMAGE_HEADER_BYTES,
    payloadBytes,
    payloadCrc,
    offset: dafangPart(DEMO_PARTS[0]).offset,
  };
}

export const warningsOf = ({ task, demo, source, parts }: ConsolePlan): string[] => {
  if (task !== 'flash') return [];
  const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  const minutes = Math.ceil((bytes * 10) / 115_200 / 60);
  const upload = `An upload over the console takes up to ${minutes} min at 115200.`;
  if (demo === undefined || source === 'serial') return [upload];
  return source === 'auto' ? [`Without a usable SD card demo.bin comes over the console. ${upload}`] : [];
};

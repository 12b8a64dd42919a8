import { BenchError } from '../../core/errors.ts';

/** A piece of the chip, as a line of flashrom's layout file names it. */
export interface Region {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** What this flashrom can, by its own `--help`: version texts of packages say `unknown`. */
export interface Abilities {
  /** `-i REGION` with `-l FILE`. */
  readonly regions: boolean;
  /** `--progress`, from 1.4.0 on. */
  readonly progress: boolean;
}

export const abilitiesOf = (help: string): Abilities => ({
  regions: /(?:^|\s)-i\b/m.test(help) && /(?:^|\s)-l\b/m.test(help),
  progress: /--progress\b/.test(help),
});

export interface Target {
  /** flashrom's own programmer string, e.g. `ch341a_spi`. */
  readonly programmer: string;
  /** Missing: flashrom looks for itself. */
  readonly chip?: string;
}

export type Operation =
  | { readonly kind: 'probe' }
  | {
      readonly kind: 'read' | 'write';
      /** Image of the whole chip. */
      readonly file: string;
      /** Read: empty for the whole chip. Write: never empty. */
      readonly regions: readonly Region[];
      readonly layoutFile: string;
    };

/**
 * The words of one run. `-V` tells the JEDEC id while probing and, where there is no `--progress`, each block that was
 * erased and written.
 */
export function commandLine(target: Target, operation: Operation, abilities: Abilities): string[] {
  const words = ['-p', target.programmer, ...(target.chip === undefined ? [] : ['-c', target.chip])];
  if (operation.kind === 'probe') return [...words, '-V'];
  const { kind, regions, file, layoutFile } = operation;
  // Without regions the padding of an image would go over the whole chip, para and config among it.
  if (kind === 'write' && regions.length === 0)
    throw new BenchError('BUG', {
      message: 'A write of the whole chip was about to begin; it is never made.',
    });
  return [
    ...words,
    ...(abilities.progress ? ['--progress'] : kind === 'write' ? ['-V'] : []),
    ...(regions.length === 0 ? [] : ['-l', layoutFile, ...regions.flatMap(({ name }) => ['-i', name])]),
    kind === 'read' ? '-r' : '-w',
    file,
  ];
}

const hex = (value: number) => value.toString(16).padStart(8, '0');

/** `00000000:0003ffff boot`: the end is the last byte. */
export const layoutText = (regions: readonly Region[]): string =>
  regions.map(({ name, offset, size }) => `${hex(offset)}:${hex(offset + size - 1)} ${name}\n`).join('');

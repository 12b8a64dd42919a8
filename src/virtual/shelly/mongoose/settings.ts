import type { RunningPlug } from '../../plug/plug-firmware.ts';
import { packFiles, readFiles } from './file-system.ts';

/** A tree of settings as Mongoose OS has it. */
export interface Tree {
  [key: string]: Tree | string | number | boolean;
}

/** File that holds what was set on this unit, over the defaults. */
export const SETTINGS_FILE = 'conf9.json';

const SECTOR_BYTES = 4096;

/** Where the file system of the running slot lies. */
export interface FilesPlace {
  readonly offset: number;
  readonly bytes: number;
}

export const filesAt = (flash: Uint8Array, { offset, bytes }: FilesPlace): Map<string, string> =>
  readFiles(flash.subarray(offset, offset + bytes)) ?? new Map<string, string>();

/** What was set on this unit; empty where nothing was, or what stands there is damaged. */
export function readSettings(flash: Uint8Array, place: FilesPlace): Tree {
  return parseTree(filesAt(flash, place).get(SETTINGS_FILE) ?? '{}');
}

export async function writeSettings(plug: RunningPlug, place: FilesPlace, settings: Tree): Promise<void> {
  const files = filesAt(plug.flash, place);
  files.set(SETTINGS_FILE, JSON.stringify(settings));
  await writeFiles(plug, place, files);
}

/** Whole sectors, so that nothing of the former files is left behind the new ones. */
export async function writeFiles(
  plug: RunningPlug,
  place: FilesPlace,
  files: Map<string, string>,
): Promise<void> {
  const packed = packFiles(files);
  const region = new Uint8Array(Math.ceil((packed.length + 1) / SECTOR_BYTES) * SECTOR_BYTES).fill(0xff);
  region.set(packed);
  await plug.write(place.offset, region);
  plug.settle();
}

export function parseTree(text: string): Tree {
  try {
    const value: unknown = JSON.parse(text);
    return isTree(value) ? value : {};
  } catch {
    return {};
  }
}

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value != null && !Array.isArray(value);

/** Value at a dotted path; undefined where there is none. */
export function settingAt(tree: Tree, path: string): Tree[string] | undefined {
  let node: Tree[string] | undefined = tree;
  for (const key of path.split('.')) node = isTree(node) ? node[key] : undefined;
  return node;
}

export const textAt = (tree: Tree, path: string, otherwise = ''): string => {
  const value = settingAt(tree, path);
  return typeof value === 'string' ? value : otherwise;
};

export const flagAt = (tree: Tree, path: string): boolean => settingAt(tree, path) === true;

/** Of two trees, the second over the first. */
export function merged(base: Tree, over: Tree): Tree {
  const result: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isTree(value) && isTree(below) ? merged(below, value) : value;
  }
  return result;
}

/** A tree with `below` at a dotted path. */
export const under = (path: string, below: Tree): Tree =>
  path.split('.').reduceRight<Tree>((inner, key) => ({ [key]: inner }), below);

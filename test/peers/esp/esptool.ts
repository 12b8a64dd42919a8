import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Device, ServedUnit } from './served-unit.ts';

/** Command names with hyphens and stubs of both kinds came with version 5. */
const OLDEST_MAJOR = 5;

export const version = (() => {
  try {
    return /v(\d+\.\S+)/.exec(execFileSync('esptool', ['version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
})();

/** Why these tests cannot run; undefined when they can. */
export const missing =
  version == null
    ? 'the Python package esptool is not installed'
    : Number.parseInt(version) < OLDEST_MAJOR
      ? `esptool ${version} is older than 5`
      : undefined;

/** How esptool is to talk to the chip. */
export interface Way {
  readonly name: string;
  readonly options: readonly string[];
}
export const WITH_STUB: Way = { name: 'with its stub', options: [] };
export const WITH_OLD_STUB: Way = { name: 'with the legacy stub', options: ['--stub-version', '1'] };
export const WITHOUT_STUB: Way = { name: 'without stub', options: ['--no-stub'] };

/** What it should say of unit 1. */
export const KNOWN: Record<Device, { chip: string; mac: string; flash: string; flashBytes: number }> = {
  lamp: {
    chip: 'ESP32-S0WD',
    mac: '04:cf:8c:b3:6d:7c',
    flash: 'Manufacturer: c8\nDevice: 4016\nDetected flash size: 4MB',
    flashBytes: 0x40_0000,
  },
  'plug-esp8266': {
    chip: 'ESP8266EX',
    mac: '84:cc:a8:33:89:7c',
    flash: 'Manufacturer: ef\nDevice: 4015\nDetected flash size: 2MB',
    flashBytes: 0x20_0000,
  },
};

export interface Said {
  readonly code: number | undefined;
  readonly text: string;
}

/** A wide terminal, so that no line is broken. The settings of whoever runs the tests do not count. */
const environment = () => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ESPTOOL_'))),
  ESPTOOL_CFGFILE: fileURLToPath(new URL('esptool.cfg', import.meta.url)),
  COLUMNS: '250',
  TERM: 'dumb',
  NO_COLOR: '1',
});

/** Runs a program of the esptool package. */
export async function runPeer(program: string, words: readonly string[], cwd?: string): Promise<Said> {
  const { exitCode, all } = await execa(program, words, {
    reject: false,
    all: true,
    extendEnv: false,
    env: environment(),
    ...(cwd != null && { cwd }),
  });
  return { code: exitCode, text: stripVTControlCharacters(all).replaceAll('\r', '\n') };
}

/**
 * One run of esptool on a unit, in the unit's folder. A raw TCP link has no lines to reset by and finds the chip
 * in its loader.
 */
export function esptool({ link, folder }: ServedUnit, way: Way, ...words: readonly string[]): Promise<Said> {
  const isRaw = link.startsWith('socket:');
  const resets = isRaw && !words.includes('--after') ? ['--after', 'no-reset'] : [];
  return runPeer(
    'esptool',
    ['--port', link, ...(isRaw ? ['--before', 'no-reset'] : []), ...resets, ...way.options, ...words],
    folder,
  );
}

/** The same, and it must succeed; returns its text. */
export async function esptoolDoes(unit: ServedUnit, way: Way, ...words: readonly string[]): Promise<string> {
  const { code, text } = await esptool(unit, way, ...words);
  expect(code, text).toBe(0);
  return text;
}

/** The same, and it must refuse with `sentence`, its own words. */
export async function esptoolRefuses(
  sentence: string,
  unit: ServedUnit,
  way: Way,
  ...words: readonly string[]
): Promise<void> {
  const { code, text } = await esptool(unit, way, ...words);
  expect(text).toContain(sentence);
  expect(code).toBe(2);
}

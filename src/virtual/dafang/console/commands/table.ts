import { BUILT, type BootFamily } from '../../images/boot-loader.ts';
import { number, type Command, type UBoot } from '../machine.ts';
import { boot, bootm, reset, run } from './boot.ts';
import { fatinfo, fatload, fatls, mmc, mmcinfo } from './card.ts';
import { loady } from './load.ts';
import { cmp, cp, crc32, md, mw } from './memory.ts';
import { sf } from './sf.ts';

export interface TableEntry {
  readonly name: string;
  readonly help: string;
  readonly usage?: string;
  /** An empty line runs it again. */
  readonly repeatable: boolean;
  /** Whose builds have it; missing: all. */
  readonly of?: readonly BootFamily[];
  readonly run: Command;
}

/** Listed, and of no use for recovery: it says how it is used and does nothing. */
const notModelled: Command = function* (_uBoot, [name]) {
  yield `(${name ?? ''} is not modelled here)\n`;
  return 'usage';
};

const version: Command = function* ({ family, says }) {
  yield `\nU-Boot ${says.version} (${BUILT[family]})\n${says.compiler}`;
  return true;
};

const echo: Command = function* (_uBoot, [, ...words]) {
  yield `${words.join(' ')}\n`;
  return true;
};

const printenv: Command = function* ({ environment }, [, ...names]) {
  if (names.length === 0) {
    for (const [name, value] of [...environment].sort()) yield `${name}=${value}\n`;
    yield '\nEnvironment size: 512/16380 bytes\n';
    return true;
  }
  let all = true;
  for (const name of names) {
    const value = environment.get(name);
    yield value == null ? `## Error: "${name}" not defined\n` : `${name}=${value}\n`;
    all &&= value != null;
  }
  return all;
};

const setenv: Command = function* ({ environment }, [, name, ...words]) {
  if (name == null) return 'usage';
  yield '';
  if (words.length === 0) environment.delete(name);
  else environment.set(name, words.join(' '));
  return true;
};

const sleep: Command = function* (_uBoot, [, seconds]) {
  if (seconds == null) return 'usage';
  yield Number.parseInt(seconds, 10) * 1000;
  return true;
};

const help: Command = function* (uBoot, [, name]) {
  const commands = commandsOf(uBoot);
  const entries = name == null ? commands : commands.filter((each) => each.name === name);
  if (entries.length === 0) {
    yield `Unknown command '${name ?? ''}' - try 'help' without arguments for list of all known commands\n\n`;
    return false;
  }
  for (const each of entries) yield `${each.name.padEnd(8)}- ${each.help}\n`;
  return true;
};

/** The setup button is not held, so it finds nothing to do. */
const sdupdate: Command = function* () {
  yield '';
  return true;
};

const base: Command = function* (_uBoot, [, address]) {
  yield `Base Address: 0x${number(address).toString(16).padStart(8, '0')}\n`;
  return true;
};

const entry = (
  name: string,
  help: string,
  run: Command = notModelled,
  more: { usage?: string; once?: true; of?: readonly BootFamily[] } = {},
): TableEntry => ({
  name,
  help,
  run,
  repeatable: more.once !== true,
  ...(more.usage != null && { usage: more.usage }),
  ...(more.of != null && { of: more.of }),
});

const truth = (value: boolean): Command =>
  function* () {
    yield '';
    return value;
  };

const INGENIC = { of: ['stock', 'dafang-hacks'] } as const;
const NOT_STOCK = { of: ['dafang-hacks', 'newer'] } as const;
const NEWER = { of: ['newer'] } as const;

/** By the command tables in the binaries of the stock loader of 2017-07 and of Dafang-Hacks v2; `help` lists them all. */
const COMMANDS: readonly TableEntry[] = [
  entry('?', "alias for 'help'", help),
  entry('base', 'print or set address offset', base),
  entry('boot', "boot default, i.e., run 'bootcmd'", boot),
  entry('boota', 'boot android system', notModelled, INGENIC),
  entry('bootd', "boot default, i.e., run 'bootcmd'", boot),
  entry('bootm', 'boot application image from memory', bootm, { usage: 'bootm [addr [arg ...]]' }),
  entry('chpart', 'change active partition'),
  entry('cmp', 'memory compare', cmp, { usage: 'cmp [.b, .w, .l] addr1 addr2 count' }),
  entry('coninfo', 'print console devices and information'),
  entry('cp', 'memory copy', cp, { usage: 'cp [.b, .w, .l] source target count' }),
  entry('crc32', 'checksum calculation', crc32, { usage: 'crc32 address count [addr]' }),
  entry('echo', 'echo args to console', echo),
  entry('env', 'environment handling commands'),
  entry('exit', 'exit script', notModelled, { ...NOT_STOCK, once: true }),
  entry('ext4load', 'load binary file from a Ext4 filesystem', notModelled, NOT_STOCK),
  entry('ext4ls', 'list files in a directory (default /)', notModelled, NOT_STOCK),
  entry('false', 'do nothing, unsuccessfully', truth(false), NOT_STOCK),
  entry('fatinfo', 'print information about filesystem', fatinfo, {
    usage: 'fatinfo <interface> [<dev[:part]>]',
  }),
  entry('fatload', 'load binary file from a dos filesystem', fatload, {
    once: true,
    usage: 'fatload <interface> [<dev[:part]>  <addr> <filename> [bytes [pos]]]',
  }),
  entry('fatls', 'list files in a directory (default /)', fatls, {
    usage: 'fatls <interface> [<dev[:part]>] [directory]',
  }),
  entry('gettime', 'get timer val elapsed', notModelled, INGENIC),
  entry('go', "start application at address 'addr'"),
  entry('gpio', 'query and control gpio pins', notModelled, NOT_STOCK),
  entry('help', 'print command description/usage', help),
  entry('loadb', 'load binary file over serial line (kermit mode)'),
  entry('loads', 'load S-Record file over serial line'),
  entry('loadx', 'load binary file over serial line (xmodem mode)', notModelled, NEWER),
  entry('loady', 'load binary file over serial line (ymodem mode)', loady, { once: true }),
  entry('loop', 'infinite loop on address range'),
  entry('md', 'memory display', md, { usage: 'md [.b, .w, .l] address [# of objects]' }),
  entry('md5sum', 'compute MD5 message digest', notModelled, NEWER),
  entry('mm', 'memory modify (auto-incrementing address)'),
  entry('mmc', 'MMC sub system', mmc, { usage: 'mmc rescan\nmmc dev [dev] [part]\nmmc list' }),
  entry('mmcinfo', 'display MMC info', mmcinfo),
  entry('mtdparts', 'define flash/nand partitions'),
  entry('mw', 'memory write (fill)', mw, { usage: 'mw [.b, .w, .l] address value [count]' }),
  entry('nm', 'memory modify (constant address)'),
  entry('printenv', 'print environment variables', printenv),
  entry('reset', 'Perform RESET of the CPU', reset, { once: true }),
  entry('run', 'run commands in an environment variable', run),
  entry('saveenv', 'save environment variables to persistent storage'),
  entry('sdupdate', 'auto upgrade file from mmc to flash', sdupdate, INGENIC),
  entry('setenv', 'set environment variables', setenv, { once: true, usage: 'setenv name value ...' }),
  entry('sf', 'SPI flash sub-system', sf, {
    usage: [
      'sf probe [[bus:]cs] [hz] [mode]',
      'sf read addr offset len',
      'sf write addr offset len',
      'sf erase offset [+]len',
      'sf update addr offset len',
    ].join('\n'),
  }),
  entry('showvar', 'print local hushshell variables', notModelled, NOT_STOCK),
  entry('sleep', 'delay execution for some time', sleep),
  entry('source', 'run script from memory'),
  entry('test', 'minimal test like /bin/sh', notModelled, NOT_STOCK),
  entry('true', 'do nothing, successfully', truth(true), NOT_STOCK),
  entry('version', 'print monitor, compiler and linker version', version),
];

/** The commands of one build. */
export const commandsOf = ({ family }: Pick<UBoot, 'family'>): readonly TableEntry[] =>
  COMMANDS.filter(({ of }) => of?.includes(family) ?? true);

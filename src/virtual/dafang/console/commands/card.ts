import { number, type Command, type Program, type UBoot } from '../machine.ts';

/** What a card gives, bytes a millisecond. */
const CARD_BYTES_PER_MS = 5000;

export const mmc: Command = function* (uBoot, [, what]) {
  if (what !== 'rescan' && what !== 'list' && what !== 'dev') return 'usage';
  if (what === 'list') {
    yield 'msc: 0\n';
    return true;
  }
  const trouble = uBoot.card.trouble(uBoot.says);
  if (trouble != null) yield trouble;
  return trouble == null;
};

export const mmcinfo: Command = function* (uBoot) {
  const trouble = uBoot.card.trouble(uBoot.says);
  yield (
    trouble ??
    'Device: msc\nName: PRACT\nTran Speed: 25000000\nRd Block Len: 512\nSD version 2.0\nHigh Capacity: Yes\nCapacity: 7.4 GiB\nBus Width: 4-bit\n'
  );
  return trouble == null;
};

/** The partition that two arguments name; says what is wrong with it otherwise. */
function* mounted(uBoot: UBoot, device: string | undefined, part: string | undefined): Program<boolean> {
  const { card, says } = uBoot;
  const trouble = card.trouble(says);
  if (device !== 'mmc' || trouble != null || !/^0(:[01])?$/.test(part ?? '')) {
    if (device === 'mmc' && trouble != null) yield trouble;
    yield `** Bad device ${device ?? ''} ${part ?? ''} **\n`;
    return false;
  }
  if (!card.hasPartition) {
    yield says.noPartition(`mmc ${part}`);
    return false;
  }
  if (!card.hasFat) {
    yield says.badFileSystem;
    return false;
  }
  return true;
}

export const fatinfo: Command = function* (uBoot, [, device, part]) {
  if (part == null) return 'usage';
  if (!(yield* mounted(uBoot, device, part))) return false;
  yield 'Interface:  MMC\n  Device 0: Vendor: Man 000000 Snr 00000000 Rev: 1.0 Prod: PRACT\nFilesystem: FAT32 "PRACTICE   "\n';
  return true;
};

export const fatls: Command = function* (uBoot, [, device, part]) {
  if (part == null) return 'usage';
  if (!(yield* mounted(uBoot, device, part))) return false;
  const { files } = uBoot.card;
  for (const { name, content } of files) yield `${String(content.length).padStart(9)}   ${name} \n`;
  yield `\n${files.length} file(s), 0 dir(s)\n\n`;
  return true;
};

export const fatload: Command = function* (uBoot, [, device, part, address, name, bytes, position]) {
  if (part == null || address == null || name == null) return 'usage';
  if (!(yield* mounted(uBoot, device, part))) return false;
  yield uBoot.says.reading(name);
  const file = uBoot.card.files.find((each) => each.name === name.replace(/^\//, '').toLowerCase());
  const from = number(position);
  if (file == null || from > file.content.length) {
    yield uBoot.says.noFile(name);
    return false;
  }
  const most = number(bytes);
  const content = file.content.subarray(from, most === 0 ? undefined : from + most);
  uBoot.ram.write(number(address), content);
  const tookMs = Math.max(1, Math.round(content.length / CARD_BYTES_PER_MS));
  yield tookMs;
  yield `${content.length} bytes read in ${tookMs} ms (${(content.length / tookMs / 1048.576).toFixed(1)} MiB/s)\n`;
  uBoot.environment.set('filesize', content.length.toString(16));
  return true;
};

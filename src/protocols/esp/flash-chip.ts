import { BenchError } from '../../core/errors.ts';
import type { ChipSpec } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';
import { readRegisters } from './identify.ts';
import { OP } from './opcodes.ts';
import { words } from './packet.ts';
import { eraseTimeoutMs } from './timeouts.ts';
import type { FlashInfo } from './types.ts';

const USR_COMMAND = 2 ** 31;
const USR_MISO = 1 << 28;
const CMD_START = 1 << 18;
/** Polls of the start bit before the controller counts as stuck (esptool's number). */
const MAX_POLLS = 10;

const RDID = 0x9f;
/** Sleeping XMC chips wake up on these (reference section 9); harmless to all others. */
const WAKE_UP = [0xb9, 0x79, 0xff];

const KIB = 1024;
/** Size by the third byte of the JEDEC id, KiB. */
const SIZE_KIB: ReadonlyMap<number, number> = new Map([
  ...doubling(0x12, 256, 9),
  [0x1b, 128 * KIB],
  [0x1c, 256 * KIB],
  [0x20, 64 * KIB],
  [0x21, 128 * KIB],
  [0x22, 256 * KIB],
  ...doubling(0x32, 256, 9),
]);
/** Adesto counts in the second byte. */
const ADESTO = 0x1f;
const ADESTO_SIZE_KIB: ReadonlyMap<number, number> = new Map(doubling(0x04, 512, 6));

const MANUFACTURERS: ReadonlyMap<number, string> = new Map([
  [0xef, 'Winbond'],
  [0xc8, 'GigaDevice'],
  [0x20, 'XMC'],
  [0x68, 'Boya'],
  [0x85, 'Puya'],
  [0x5e, 'Zbit'],
  [0x0b, 'XTX'],
  [0x1c, 'EON'],
  [0xc2, 'Macronix'],
  [0xa1, 'Fudan'],
  [ADESTO, 'Adesto'],
]);

function doubling(firstId: number, firstKib: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, step) => [firstId + step, firstKib * 2 ** step]);
}

/** `raw`: the id as register W0 holds it, manufacturer in the lowest byte. Undefined when no chip answered. */
export function decodeFlashId(raw: number): FlashInfo | undefined {
  const id = raw & 0xff_ffff;
  if (id === 0 || id === 0xff_ffff || id === 0xff_ff3f) return undefined;
  const [manufacturer, type, size] = [id & 0xff, (id >>> 8) & 0xff, id >>> 16] as const;
  const kib = manufacturer === ADESTO ? ADESTO_SIZE_KIB.get(type & 0x1f) : SIZE_KIB.get(size);
  return {
    id: [manufacturer, type, size].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    manufacturer: MANUFACTURERS.get(manufacturer),
    sizeBytes: kib == null ? undefined : kib * KIB,
  };
}

/** Runs one SPI command through the controller's registers and returns the bits it read (at most 32). */
async function spiCommand(
  talk: Conversation,
  chip: ChipSpec,
  command: number,
  readBits: number,
): Promise<number> {
  const { base, usr, usr1, usr2, misoLength, w0 } = chip.spi;
  const oldUsr = await talk.readRegister(base + usr);
  const oldUsr2 = await talk.readRegister(base + usr2);
  if (readBits > 0) {
    if (misoLength != null) await talk.writeRegister(base + misoLength, readBits - 1);
    else await talk.writeRegister(base + usr1, (readBits - 1) << 8);
  }
  await talk.writeRegister(base + usr, USR_COMMAND + (readBits > 0 ? USR_MISO : 0));
  await talk.writeRegister(base + usr2, 0x7000_0000 + command);
  await talk.writeRegister(base + w0, 0);
  await talk.writeRegister(base, CMD_START);
  for (let poll = 0; ((await talk.readRegister(base)) & CMD_START) !== 0; poll++)
    if (poll === MAX_POLLS)
      throw new BenchError('FLASH_CHIP_SILENT', { message: 'The SPI controller of the unit is stuck.' });
  const result = await talk.readRegister(base + w0);
  await talk.writeRegister(base + usr, oldUsr);
  await talk.writeRegister(base + usr2, oldUsr2);
  return result;
}

/** Throws FLASH_CHIP_SILENT when no chip answers, also after waking it. */
export async function readFlashInfo(talk: Conversation, chip: ChipSpec): Promise<FlashInfo> {
  const first = decodeFlashId(await spiCommand(talk, chip, RDID, 24));
  if (first != null) return first;
  for (const command of WAKE_UP) await spiCommand(talk, chip, command, 0);
  await talk.clock.sleep(2);
  const raw = await spiCommand(talk, chip, RDID, 24);
  const second = decodeFlashId(raw);
  if (second == null) throw new BenchError('FLASH_CHIP_SILENT', { detail: { id: raw & 0xff_ffff } });
  return second;
}

/** Connects the SPI flash; a stub has done it when it started. */
export async function attachFlashChip(talk: Conversation, chip: ChipSpec): Promise<void> {
  if (talk.mode === 'stub') return;
  if (!chip.rom.attaches) {
    await talk.command(OP.flashBegin, words(0, 0, 0x400, 0), { timeoutMs: eraseTimeoutMs(0) });
    return;
  }
  const pads =
    chip.spiPads == null ? 0 : chip.spiPads.decode(await readRegisters(talk, chip.spiPads.registers));
  await talk.command(OP.spiAttach, words(pads, 0));
}

/** Tells the loader how large the chip is; without it a ROM assumes a small one and wraps. */
export async function setFlashSize(talk: Conversation, chip: ChipSpec, sizeBytes: number): Promise<void> {
  if (talk.mode === 'rom' && !chip.rom.attaches) return;
  await talk.command(OP.spiSetParams, words(0, sizeBytes, 0x1_0000, 0x1000, 0x100, 0xffff));
}

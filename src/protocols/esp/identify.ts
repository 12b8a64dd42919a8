import { BenchError } from '../../core/errors.ts';
import { chipById, chipByMagic } from './chips/index.ts';
import type { ChipSpec } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';
import { OP } from './opcodes.ts';
import { words } from './packet.ts';
import { readSecurityInfo } from './security.ts';
import type { EspIdentity } from './types.ts';

/** Holds another word in the ROM of every chip up to the ESP32-S2; later chips are asked for their id as well. */
export const MAGIC_REGISTER = 0x4000_1000;

/**
 * What efuses that were never burned, or cannot be read, give: the CRC of six zeros is zero, so it even looks right.
 * An ESP8266 without a maker's number counts as 18:fe:34.
 */
const NOBODY: ReadonlySet<string> = new Set(['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '18:fe:34:00:00:00']);

/** Readings of the identity before the wire counts as too bad. */
const MAX_READINGS = 6;

/**
 * Asks which chip answers: the magic word first, because ESP8266 and ESP32 answer GET_SECURITY_INFO with a storm.
 * Throws UNKNOWN_CHIP, SECURE_DOWNLOAD.
 */
export async function detectChip(talk: Conversation): Promise<ChipSpec> {
  const magic = (await talk.tryCommand(OP.readReg, words(MAGIC_REGISTER)))?.value;
  const byMagic = magic == null ? undefined : chipByMagic(magic);
  if (byMagic != null) return byMagic;
  const info = await readSecurityInfo(talk);
  if (info != null && (info.secureDownload || magic == null))
    throw new BenchError('SECURE_DOWNLOAD', { detail: { chipId: info.chipId ?? 'unknown' } });
  const byId = info?.chipId == null ? undefined : chipById(info.chipId);
  if (byId != null) return byId;
  const seen = magic == null ? 'no register can be read' : `magic 0x${magic.toString(16).padStart(8, '0')}`;
  throw new BenchError('UNKNOWN_CHIP', {
    message: `The loader answers, but the chip is not one benchflash knows (${seen}).`,
  });
}

/** Reads each register once. */
export async function readRegisters(
  talk: Conversation,
  addresses: readonly number[],
): Promise<(address: number) => number> {
  const values = new Map<number, number>();
  for (const address of addresses)
    if (!values.has(address)) values.set(address, await talk.readRegister(address));
  return (address) => {
    const value = values.get(address);
    if (value == null) throw new Error(`register 0x${address.toString(16)} was not read`);
    return value;
  };
}

/** Reads until two readings in a row agree: replies carry no checksum, and a wrong MAC would be another unit. Throws NO_IDENTITY. */
export async function readIdentity(talk: Conversation, chip: ChipSpec): Promise<EspIdentity> {
  let before: EspIdentity | undefined;
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const read = await readRegisters(talk, chip.identityRegisters);
    const identity = chip.decodeIdentity(read, { mode: talk.mode, baudRate: talk.port.baudRate });
    if (before?.mac === identity.mac && before.description === identity.description) {
      if (NOBODY.has(identity.mac)) throw new BenchError('NO_IDENTITY', { detail: { mac: identity.mac } });
      return identity;
    }
    before = identity;
  }
  throw new BenchError('BYTES_DAMAGED', {
    message: 'The identity of the unit reads differently every time: bytes are damaged on the wire.',
  });
}

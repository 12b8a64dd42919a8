import { isBenchError } from '../../core/errors.ts';
import type { ChipSpec } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';
import { MAGIC_REGISTER, readRegisters } from './identify.ts';
import { LoaderRefused } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { encodeRequest, words } from './packet.ts';
import { isFlipTry, syncRepeatedly } from './sync.ts';
import { TIMEOUT } from './timeouts.ts';
import type { LoaderMode } from './types.ts';

/** Rates tried from the top; above 921600 the flash chip is the limit. */
export const BAUD_LADDER: readonly number[] = [921_600, 460_800, 230_400, 115_200];

/** Questions a new rate must answer one after the other, all of them right. */
const PROBES = 3;
/** Orders to come back that are sent blindly at a rate where answers arrive damaged. */
const BLIND_ORDERS = 4;

/** Goes to a rate where the port takes it; false where it does not. */
async function setHostRate(talk: Conversation, baudRate: number): Promise<boolean> {
  try {
    await talk.port.setBaudRate(baudRate);
    return true;
  } catch (error) {
    if (isBenchError(error, 'BAUD_REFUSED')) return false;
    throw error;
  }
}

async function settleAt(talk: Conversation, baudRate: number): Promise<void> {
  await talk.port.setBaudRate(baudRate);
  await talk.clock.sleep(TIMEOUT.afterBaudChange);
  await talk.channel.flush();
}

async function baudOrder(talk: Conversation, chip: ChipSpec, to: number): Promise<Uint8Array> {
  if (talk.mode === 'stub') return words(to, talk.port.baudRate);
  const { baudCompensation } = chip;
  if (baudCompensation == null) return words(to, 0);
  return words(baudCompensation.decode(await readRegisters(talk, baudCompensation.registers), to), 0);
}

/**
 * Takes both sides to another rate and proves it. `refused`: both sides are where they were. `lost`: the other side
 * may be at either rate.
 */
export async function switchBaud(
  talk: Conversation,
  chip: ChipSpec,
  to: number,
): Promise<'switched' | 'refused' | 'lost'> {
  const from = talk.port.baudRate;
  // Asked before the unit is told: a host that cannot follow would lose it.
  const hostCan = await setHostRate(talk, to);
  await talk.port.setBaudRate(from);
  if (!hostCan) return 'refused';
  const magic = await talk.readRegister(MAGIC_REGISTER);
  const order = await baudOrder(talk, chip, to);
  try {
    await talk.command(OP.changeBaudrate, order);
  } catch (error) {
    if (error instanceof LoaderRefused || isBenchError(error, 'LOADER_UNSUPPORTED')) return 'refused';
    if (isBenchError(error, 'LOADER_SILENT')) return 'lost';
    throw error;
  }
  await settleAt(talk, to);
  return (await isRateProved(talk, magic)) ? 'switched' : 'lost';
}

async function isRateProved(talk: Conversation, magic: number): Promise<boolean> {
  for (let probe = 0; probe < PROBES; probe++) {
    try {
      if ((await talk.readRegister(MAGIC_REGISTER, TIMEOUT.probe)) !== magic) return false;
    } catch (error) {
      if (isBenchError(error, 'LOADER_SILENT', 'LOADER_REFUSED', 'LOADER_UNSUPPORTED')) return false;
      throw error;
    }
  }
  return true;
}

/**
 * Brings both sides back to `from` after a lost change to `to`: looks at `from` first, then orders the other side
 * back at `to` without trusting its answers. Undefined when it is found at neither.
 */
export async function recoverBaud(
  talk: Conversation,
  from: number,
  to: number,
): Promise<LoaderMode | undefined> {
  for (let attempt = 0; attempt <= BLIND_ORDERS; attempt++) {
    if (attempt > 0) {
      await settleAt(talk, to);
      const order = encodeRequest(OP.changeBaudrate, words(from, talk.mode === 'stub' ? to : 0));
      await talk.channel.send(order, isFlipTry(attempt));
    }
    await settleAt(talk, from);
    const mode = await syncRepeatedly(talk.channel, { tries: 3 });
    if (mode != null) return mode;
  }
  return undefined;
}

/** Looks for a loader at each rate in turn; leaves the port at the one that answered. */
export async function findLoader(
  talk: Conversation,
  baudRates: readonly number[],
  triesPerRate: number,
): Promise<LoaderMode | undefined> {
  const rates = talk.port.hasBaudRate ? [...new Set(baudRates)] : [talk.port.baudRate];
  for (const baudRate of rates) {
    if (!(await setHostRate(talk, baudRate))) continue;
    await talk.clock.sleep(TIMEOUT.afterBaudChange);
    await talk.channel.flush();
    const mode = await syncRepeatedly(talk.channel, { tries: triesPerRate });
    if (mode != null) return mode;
  }
  return undefined;
}

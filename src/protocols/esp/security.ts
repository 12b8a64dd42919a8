import { isOddParity, type ChipSpec } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';
import { readRegisters } from './identify.ts';
import { OP } from './opcodes.ts';
import { encodeRequest, wordAt } from './packet.ts';
import type { EspIdentity, SecurityState } from './types.ts';
import { LoaderRefused } from './loader-errors.ts';
import { isBenchError } from '../../core/errors.ts';

export interface SecurityInfo {
  readonly secureBoot: boolean;
  readonly secureDownload: boolean;
  readonly flashEncryption: boolean;
  /** The ESP32-S2 leaves it out. */
  readonly chipId: number | undefined;
}

/** Reply of GET_SECURITY_INFO: 20 bytes, 12 from an ESP32-S2 (reference section 10). */
export function decodeSecurityInfo(data: Uint8Array): SecurityInfo {
  const flags = wordAt(data, 0);
  return {
    secureBoot: (flags & 1) !== 0,
    secureDownload: (flags & 4) !== 0,
    flashEncryption: isOddParity(data[4]!),
    chipId: data.length >= 20 ? wordAt(data, 12) : undefined,
  };
}

/** Undefined where the loader does not know the command; its storm of refusals has been drained then. */
export async function readSecurityInfo(talk: Conversation): Promise<SecurityInfo | undefined> {
  try {
    const response = await talk.exchange(OP.getSecurityInfo, encodeRequest(OP.getSecurityInfo));
    const dataBytes = response.body.length >= 22 ? 20 : 12;
    return decodeSecurityInfo(talk.read(response, dataBytes).data);
  } catch (error) {
    if (isBenchError(error, 'LOADER_UNSUPPORTED')) return undefined;
    if (!(error instanceof LoaderRefused) || !error.isUnsupported) throw error;
    if (talk.mode === 'rom') await talk.drain();
    return undefined;
  }
}

export async function readSecurity(
  talk: Conversation,
  chip: ChipSpec,
  identity: EspIdentity,
): Promise<SecurityState> {
  const read = await readRegisters(talk, chip.securityRegisters);
  const byEfuses = chip.decodeSecurity(read, identity);
  const info = chip.rom.securityInfo ? await readSecurityInfo(talk) : undefined;
  if (info == null) return byEfuses;
  return {
    ...byEfuses,
    secureBoot: info.secureBoot ? 'v2' : byEfuses.secureBoot,
    flashEncryption: info.flashEncryption || byEfuses.flashEncryption,
    secureDownload: info.secureDownload,
  };
}

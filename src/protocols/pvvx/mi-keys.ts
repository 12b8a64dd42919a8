import { areUint8ArraysEqual, concatUint8Arrays } from 'uint8array-extras';
import { BenchError } from '../../core/errors.ts';
import { BIND_KEY_BYTES, ID_BYTES, TOKEN_BYTES, type MiKeys } from '../xiaomi/keys.ts';
import type { PvvxChannel } from './channel.ts';
import { macFromReply } from './identity.ts';
import { COMMAND } from './opcodes.ts';

/** Data bytes in one notification. */
const CHUNK_BYTES = 18;
/** Deleted records that are read; a sector of flash holds no more. */
const MAX_RECORDS = 256;

/** What pvvx firmware finds of the vendor's keys in flash. A record that is not there is missing. */
export interface MiKeyDump {
  /** Lower case with colons. */
  readonly mac?: string;
  readonly id?: Uint8Array;
  readonly token?: Uint8Array;
  readonly bindKey?: Uint8Array;
  readonly counter?: Uint8Array;
  /** Keys of earlier activations. */
  readonly deleted: readonly Uint8Array[];
}

/** The records one after another, up to the first empty one that is marked as deleted. */
export async function dumpMiKeys(channel: PvvxChannel): Promise<MiKeyDump> {
  await channel.tell(COMMAND.dumpMiKeys);
  const order = [COMMAND.mac, COMMAND.miId, COMMAND.miKeys, COMMAND.miCounter, COMMAND.miDeleted];
  let dump: MiKeyDump = { deleted: [] };
  for (let count = 0; count < MAX_RECORDS; count++) {
    const { command, data } = await nextRecord(channel, order);
    if (command === COMMAND.miDeleted && data.length === 0) return dump;
    dump = { ...dump, ...recordOf(command, data, dump) };
  }
  throw notTaken('The firmware sends its keys without an end.');
}

/**
 * Writes id, token and bind key back. The firmware overwrites records only; where they were erased, nothing but the
 * wire brings them back. Throws PVVX_NOT_TAKEN, PVVX_PACKET_TOO_LONG.
 */
export async function restoreMiKeys(channel: PvvxChannel, keys: MiKeys): Promise<void> {
  await allowLongCommands(channel, 1 + TOKEN_BYTES + BIND_KEY_BYTES);
  await restore(channel, COMMAND.miId, keys.id, 'device id');
  await restore(channel, COMMAND.miKeys, concatUint8Arrays([keys.token, keys.bindKey]), 'token and bind key');
}

async function restore(
  channel: PvvxChannel,
  command: number,
  record: Uint8Array,
  what: string,
): Promise<void> {
  await channel.tell(command, record);
  const { data } = await nextRecord(channel, [command]);
  if (areUint8ArraysEqual(data, record)) return;
  throw notTaken(
    data.length === 0
      ? `The ${what} was erased in this unit, and its firmware writes over what is there only.`
      : `The unit still holds another ${what} than the one that was written.`,
  );
}

/** Steps of the MTU exchange that a unit is given, ms. */
const MTU_STEP_MS = 200;
const MTU_STEPS = 10;
const WANTED_MTU = 64;

async function allowLongCommands(channel: PvvxChannel, bytes: number): Promise<void> {
  if (channel.payloadBytes >= bytes) return;
  await channel.ask(COMMAND.mtu, Uint8Array.of(WANTED_MTU));
  for (let step = 0; step < MTU_STEPS && channel.payloadBytes < bytes; step++)
    await channel.context.clock.sleep(MTU_STEP_MS, channel.context.signal);
}

interface MiRecord {
  readonly command: number;
  readonly data: Uint8Array;
}

/** `id, bytes left, up to 18 data bytes` until nothing is left. */
async function nextRecord(channel: PvvxChannel, commands: readonly number[]): Promise<MiRecord> {
  const first = await channel.replyOf(commands);
  const { command } = first;
  const chunks: Uint8Array[] = [];
  let chunk = first.data;
  for (let left = chunk[0] ?? 0; ; left -= CHUNK_BYTES) {
    const data = chunk.subarray(1);
    if (chunk[0] !== left || data.length !== Math.min(left, CHUNK_BYTES))
      throw notTaken('The firmware sends its keys in pieces that do not fit together.');
    chunks.push(data);
    if (left <= CHUNK_BYTES) return { command, data: concatUint8Arrays(chunks) };
    chunk = (await channel.replyOf([command])).data;
  }
}

function recordOf(command: number, data: Uint8Array, dump: MiKeyDump): Partial<MiKeyDump> {
  switch (command) {
    case COMMAND.mac: {
      const mac = macFromReply(data);
      return mac == null ? {} : { mac };
    }
    case COMMAND.miId:
      return data.length === ID_BYTES ? { id: data } : {};
    case COMMAND.miKeys:
      return data.length === TOKEN_BYTES + BIND_KEY_BYTES
        ? { token: data.slice(0, TOKEN_BYTES), bindKey: data.slice(TOKEN_BYTES) }
        : {};
    case COMMAND.miCounter:
      return data.length > 0 ? { counter: data } : {};
    default:
      return { deleted: [...dump.deleted, data] };
  }
}

const notTaken = (message: string): BenchError => new BenchError('PVVX_NOT_TAKEN', { message });

import { CodecError } from '../../core/codec-error.ts';
import { OP } from './opcodes.ts';

const REQUEST = 0x00;
const RESPONSE = 0x01;
const HEADER_BYTES = 8;
const CHECKSUM_SEED = 0xef;
/** Sub-header of MEM_DATA, FLASH_DATA and FLASH_DEFL_DATA: length, sequence, 0, 0. */
const DATA_HEADER_BYTES = 16;

/** 32-bit words, little-endian. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value >>> 0, true));
  return bytes;
}

export const wordAt = (bytes: Uint8Array, offset: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(offset, true);

/** XOR of all payload bytes, seeded with 0xEF. */
export function checksumOf(payload: Uint8Array): number {
  let checksum = CHECKSUM_SEED;
  for (const byte of payload) checksum ^= byte;
  return checksum;
}

/** `00 | op | size u16 | checksum u32 | data`. */
export function encodeRequest(op: number, data: Uint8Array = new Uint8Array(0), checksum = 0): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(packet.buffer);
  packet[0] = REQUEST;
  packet[1] = op;
  view.setUint16(2, data.length, true);
  view.setUint32(4, checksum, true);
  packet.set(data, HEADER_BYTES);
  return packet;
}

/** One block of MEM_DATA, FLASH_DATA or FLASH_DEFL_DATA with its sub-header and checksum. */
export function encodeDataBlock(op: number, sequence: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + DATA_HEADER_BYTES + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = REQUEST;
  packet[1] = op;
  view.setUint16(2, DATA_HEADER_BYTES + payload.length, true);
  view.setUint32(4, checksumOf(payload), true);
  view.setUint32(8, payload.length, true);
  view.setUint32(12, sequence, true);
  packet.set(payload, HEADER_BYTES + DATA_HEADER_BYTES);
  return packet;
}

export function encodeSync(): Uint8Array {
  const data = new Uint8Array(36).fill(0x55);
  data.set([0x07, 0x07, 0x12, 0x20]);
  return encodeRequest(OP.sync, data);
}

export interface Response {
  readonly op: number;
  /** Meaningful for READ_REG and SYNC only: the ESP32 ROM leaves the last value in place elsewhere. */
  readonly value: number;
  /** Reply data and status bytes. */
  readonly body: Uint8Array;
}

/** Reads one response; undefined for frames that are none (too short, another direction). */
export function decodeResponse(frame: Uint8Array): Response | undefined {
  if (frame.length < HEADER_BYTES || frame[0] !== RESPONSE) return undefined;
  return { op: frame[1]!, value: wordAt(frame, 4), body: frame.subarray(HEADER_BYTES) };
}

export interface Status {
  /** 0 is success; a stub puts its code here, a ROM 1. */
  readonly status: number;
  /** The ROM's reason code. */
  readonly reason: number;
  /** The reply data before the status bytes; empty on failure. */
  readonly data: Uint8Array;
}

/**
 * The one rule that fits 2 and 4 status bytes: they follow the `dataBytes` of reply data; a body too short for
 * that holds an error only. Throws CodecError for a body without any status.
 */
export function parseStatus(body: Uint8Array, dataBytes: number): Status {
  const at = body.length >= dataBytes + 2 ? dataBytes : 0;
  if (body.length < 2) throw new CodecError(`a reply body of ${body.length} bytes has no status`);
  const status = body[at]!;
  return {
    status: at === dataBytes || status !== 0 ? status : 0xff,
    reason: body[at + 1]!,
    data: at === dataBytes && status === 0 ? body.subarray(0, dataBytes) : new Uint8Array(0),
  };
}

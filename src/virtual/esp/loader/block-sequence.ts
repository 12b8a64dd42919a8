import { u32 } from '../../bytes.ts';
import { checksum, DATA_HEADER_BYTES, HEADER_BYTES } from './packet.ts';

/** Reason bytes of the mask ROMs. */
export const ROM_REASON = {
  BAD_FORMAT: 0x05,
  NOT_RIGHT: 0x06,
  BAD_CHECKSUM: 0x07,
  WRITE_MISMATCH: 0x08,
  READ_FAILED: 0x09,
  READ_LENGTH: 0x0a,
  INFLATE_FAILED: 0x0b,
  STREAM_END: 0x0c,
} as const;

/**
 * Data packets as the ESP32 ROM takes them (seen on ROM `Jul 29 2019`): a packet with another number than is due, or
 * one that claims more than a block, is refused and uses up nothing; one with a wrong checksum is refused, but its
 * number is used up, so that the same data must come again under the next number and lands right after.
 */
export class BlockSequence {
  /** Number that is due. */
  next = 0;
  private readonly blockBytes: number;

  constructor(blockBytes: number) {
    this.blockBytes = blockBytes;
  }

  /**
   * The payload, or the reason byte of the refusal. `packet`: the receive buffer with the packet at its start; what
   * the packet claims beyond its real length is read from what lies there.
   */
  take(packet: Uint8Array): Uint8Array | number {
    const [length, sequence] = [u32(packet, HEADER_BYTES), u32(packet, HEADER_BYTES + 4)];
    if (sequence !== this.next || length > this.blockBytes) return ROM_REASON.BAD_FORMAT;
    this.next++;
    const start = HEADER_BYTES + DATA_HEADER_BYTES;
    const payload = packet.slice(start, start + length);
    return checksum(payload) === packet[4] ? payload : ROM_REASON.BAD_CHECKSUM;
  }
}

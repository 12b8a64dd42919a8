import type { RunningPlug } from '../../plug/plug-firmware.ts';

const BLOCK_BYTES = 4096;

/**
 * How the intermediate puts the target aside: what arrives is gathered into blocks of 4096 bytes, and at most one block
 * is written for one network event. An event of more than that loses a block, in silence (reference 2.2). Nothing of
 * the length or the content is checked.
 */
export class BlockWriter {
  received = 0;
  /** Number of the block in flash that is being gathered. */
  block: number;
  private readonly plug: RunningPlug;
  private readonly offset: number;
  /** Where the running firmware begins: what would reach it ends the download. */
  private readonly limitOffset: number;
  private readonly buffer = new Uint8Array(BLOCK_BYTES);

  constructor(plug: RunningPlug, offset: number, limitOffset: number) {
    this.plug = plug;
    this.offset = offset;
    this.limitOffset = limitOffset;
    this.block = offset / BLOCK_BYTES;
  }

  private get leftInBlock(): number {
    return (this.block + 1) * BLOCK_BYTES - this.offset - this.received;
  }

  /** One network event. False: it would overwrite the firmware that runs. */
  async take(bytes: Uint8Array): Promise<boolean> {
    const next = Math.floor((this.offset + this.received + bytes.length) / BLOCK_BYTES);
    const left = this.leftInBlock;
    if (next > this.block) {
      if (next * BLOCK_BYTES > this.limitOffset) return false;
      this.buffer.set(bytes.subarray(0, left), BLOCK_BYTES - left);
      await this.plug.write(this.block * BLOCK_BYTES, this.buffer.slice());
      this.block = next;
      // What does not fit runs over the end of the buffer in the real one.
      this.buffer.set(bytes.subarray(left, left + BLOCK_BYTES));
    } else this.buffer.set(bytes, BLOCK_BYTES - left);
    this.received += bytes.length;
    return true;
  }

  /** The connection is closed: what was gathered of the last block. False as above. */
  async finish(): Promise<boolean> {
    const last = new Uint8Array(BLOCK_BYTES).fill(0xff);
    last.set(this.buffer.subarray(0, BLOCK_BYTES - this.leftInBlock));
    await this.plug.write(this.block * BLOCK_BYTES, last);
    return (this.block + 3) * BLOCK_BYTES <= this.limitOffset;
  }
}

import { hex } from '../../bytes.ts';
import { Random } from '../../esp/images/random.ts';
import type { RunningPlug } from '../../plug/plug-firmware.ts';

const BLOCK_BYTES = 4096;
/** A length above this is one that went below zero. */
const LARGEST_COPY_BYTES = 0x100_0000;

/**
 * `length` is what the C code has: 32 bits without sign. A copy of nothing still erases its first block; one of nearly
 * 4 GiB is one chunk that reads flash over all of its memory. Returns false when it did not survive that.
 */
export async function blockCopy(
  plug: RunningPlug,
  source: number,
  target: number,
  length: number,
): Promise<boolean> {
  const unsigned = length >>> 0;
  if (unsigned > LARGEST_COPY_BYTES) {
    await runAway(plug, target);
    return false;
  }
  for (let at = 0; at === 0 || at < unsigned; at += BLOCK_BYTES) {
    const block = new Uint8Array(BLOCK_BYTES).fill(0xff);
    block.set(plug.flash.slice(source + at, source + Math.min(at + BLOCK_BYTES, unsigned)));
    await plug.write(target + at, block);
  }
  return true;
}

export interface MoveDown {
  /** Where the image was put aside. */
  readonly aside: number;
  readonly bootConfigOffset: number;
  readonly received: number;
  /** Block in which the image ends. */
  readonly lastBlock: number;
}

/**
 * Stage 4: the image goes down to 0. Its first block and the one that comes where the boot config is are put behind it,
 * because they are written last; a unit that loses power on the way still has its old boot loader until then.
 */
export async function moveDown(plug: RunningPlug, move: MoveDown): Promise<boolean> {
  const { aside, bootConfigOffset: config, received, lastBlock } = move;
  const keptFirst = (lastBlock + 1) * BLOCK_BYTES;
  const keptConfig = (lastBlock + 2) * BLOCK_BYTES;
  plug.log(`moves ${received} bytes from 0x${hex(aside)} down to 0x0`);
  const steps: readonly (readonly [from: number, to: number, length: number])[] = [
    [aside, keptFirst, BLOCK_BYTES],
    [aside + config, keptConfig, BLOCK_BYTES],
    [aside + BLOCK_BYTES, BLOCK_BYTES, config - BLOCK_BYTES],
    [aside + config + BLOCK_BYTES, config + BLOCK_BYTES, received - config - BLOCK_BYTES],
    [keptConfig, config, BLOCK_BYTES],
    [keptFirst, 0, BLOCK_BYTES],
  ];
  for (const [from, to, length] of steps) if (!(await blockCopy(plug, from, to, length))) return false;
  plug.settle();
  return true;
}

/** What is programmed without an erase can only lose bits; it goes on from the end of the chip at its start. */
async function runAway(plug: RunningPlug, target: number): Promise<void> {
  const random = new Random(target + 1);
  await plug.write(target, new Uint8Array(BLOCK_BYTES).fill(0xff));
  for (let at = 0; at <= target; at += BLOCK_BYTES) {
    const noise = random.bytes(BLOCK_BYTES);
    await plug.write(
      at,
      noise.map((byte, index) => byte & plug.flash[at + index]!),
    );
  }
  plug.settle();
  plug.die(
    'the length of a copy went below zero: nearly 4 GiB over memory and flash, until the watchdog bit',
  );
}

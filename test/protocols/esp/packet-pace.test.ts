import { expect, it } from 'vitest';
import { PacketPace } from '../../../src/protocols/esp/packet-pace.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

const PACKET_BYTES = 4096;
const WIRE_BYTE_MS = 10_000 / 115_200;

async function paceAfter(packetMs: number, chunks = 12) {
  const clock = new ManualClock();
  const pace = new PacketPace(clock, WIRE_BYTE_MS);
  expect(pace.restMs(PACKET_BYTES)).toBeUndefined();
  await clock.advance(packetMs);
  for (let count = 1; count < chunks; count++) pace.chunkCame();
  pace.packetCame(PACKET_BYTES);
  pace.chunkCame();
  return { clock, pace };
}

it('is measured on the first packet, and is never slower than the wire', async () => {
  expect((await paceAfter(100)).pace.restMs(PACKET_BYTES)).toBeCloseTo(100);
  expect((await paceAfter(5_000)).pace.restMs(PACKET_BYTES)).toBeCloseTo(WIRE_BYTE_MS * PACKET_BYTES);
});

it('stays when a packet is whole only some time after the rest', async () => {
  const { clock, pace } = await paceAfter(360);
  pace.rested();
  await clock.advance(340);
  pace.chunkCame();
  await clock.advance(15);
  pace.wasLate();
  pace.packetCame(PACKET_BYTES);
  pace.chunkCame();
  expect(pace.restMs(PACKET_BYTES)).toBeCloseTo(WIRE_BYTE_MS * PACKET_BYTES);
});

it('is measured anew when a packet was whole at the end of a rest: the link is faster than thought', async () => {
  const { clock, pace } = await paceAfter(360);
  pace.rested();
  await clock.advance(340);
  pace.wasLate();
  pace.packetCame(PACKET_BYTES);
  pace.chunkCame();
  expect(pace.restMs(PACKET_BYTES)).toBeUndefined();
  await clock.advance(41);
  for (let count = 0; count < 12; count++) pace.chunkCame();
  pace.packetCame(PACKET_BYTES);
  expect(pace.restMs(PACKET_BYTES)).toBeCloseTo(41);
});

it('has no rest where a packet comes in few chunks: nothing would be spared', async () => {
  const { pace } = await paceAfter(90, 3);
  expect(pace.restMs(PACKET_BYTES)).toBeUndefined();
});

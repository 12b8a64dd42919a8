import { describe, expect, it } from 'vitest';
import { esp8266Slots } from '../../flows/esp-serial/firmware-slots.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { mongooseZip } from '../firmware/build-mongoose.ts';

describe('files that only go over the network', () => {
  it('are refused by wire, and say where they belong', async () => {
    const [slot] = esp8266Slots();
    expect(slot?.refuses(await inspectBytes('x.zip', mongooseZip()))).toBe(
      'A Mongoose OS update archive goes over the network to a unit that runs Mongoose OS (Shelly). It cannot be written by wire.',
    );
  });
});

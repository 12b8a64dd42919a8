import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../../src/core/progress.ts';
import { BANK_BYTES, EXTENDED_BANK_BYTES, uploadImage } from '../../../../src/protocols/telink/ota/index.ts';
import type { UploadOptions } from '../../../../src/protocols/telink/ota/index.ts';
import { hex } from '../../../harness/hex.ts';
import { ScriptedGatt } from '../../../harness/scripted-gatt.ts';
import { talk } from '../../xiaomi/talk.ts';
import { FakeOtaUnit, type OtaUnitOptions } from './fake-ota-unit.ts';

const IMAGE = Uint8Array.from({ length: 16 * 20 + 5 }, (_, index) => index & 0xff);

function start(unitOptions: Partial<OtaUnitOptions> = {}, options: UploadOptions = {}, image = IMAGE) {
  const { clock, context, abort } = talk();
  const unit = new FakeOtaUnit({ clock, ...unitOptions });
  const steps: number[] = [];
  const progress = ({ done }: Progress) => {
    if (done !== steps.at(-1)) steps.push(done);
  };
  const result = clock.run(uploadImage(unit.gatt, context, image, { progress, ...options }));
  return { unit, result, steps, abort, clock };
}

describe('an update over the air', () => {
  it('brings the whole image in order and resolves when the unit has gone', async () => {
    const { unit, result, clock } = start();
    await result;
    expect(hex(unit.image.subarray(0, IMAGE.length))).toBe(hex(IMAGE));
    expect(unit.image).toHaveLength(21 * 16);
    expect(unit.log).toEqual(['00ff at 0', '01ff at 0', '02ff1400ebff']);
    expect(clock.monotonicMs()).toBe(300 + 2_000);
  });

  it('asks stock for a shorter interval first', async () => {
    const { unit, result } = start({ stock: true });
    await result;
    expect(unit.log.slice(0, 3)).toEqual(['1e0000 at 0', '00ff at 500', '01ff at 500']);
  });

  it('never has more than eight packets unread, and moves on reads only', async () => {
    const { unit, result, steps } = start();
    await result;
    expect(unit.mostUnread).toBe(8);
    expect(steps).toEqual([0, 128, 256, IMAGE.length]);
    // Three while sending, one after the end.
    expect(unit.reads).toBe(4);
  });

  it('asks again while a unit that erases does not answer, and not for ever', async () => {
    const { unit, result } = start({ unansweredReads: 2 });
    await result;
    expect(unit.ended).toBe(true);
    await expect(start({ unansweredReads: 3 }).result).rejects.toMatchObject({ code: 'BLE_NO_ANSWER' });
  });

  it('takes an empty answer for going on', async () => {
    const { unit, result } = start({ emptyReads: true });
    await result;
    expect(unit.ended).toBe(true);
  });

  it.each([
    [1, 'OTA_PACKETS_LOST', 'missed a packet'],
    [2, 'OTA_PACKETS_LOST', 'damaged'],
    [3, 'OTA_FLASH_FAILED', 'flash'],
    [4, 'OTA_PACKETS_LOST', 'incomplete'],
    [5, 'OTA_PACKETS_LOST', 'waited too long'],
    [6, 'OTA_IMAGE_REFUSED', 'checksum'],
    [99, 'OTA_IMAGE_REFUSED', 'unknown status 99'],
  ])('status %i has its own sentence', async (status, code, text) => {
    const { unit, result, steps } = start({ statusAt: { block: 10, status } });
    await expect(result).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text) as string,
      detail: { status, block: 15 },
    });
    expect(unit.ended, 'no end packet').toBe(false);
    expect(steps, 'what was refused was not acknowledged').toEqual([0, 128]);
  });

  it('judges the status after the end too', async () => {
    await expect(start({ statusAtEnd: 6 }).result).rejects.toMatchObject({ code: 'OTA_IMAGE_REFUSED' });
  });

  it('a unit that is too busy to answer after the end may restart yet', async () => {
    await expect(start({ silentAfterEnd: true }).result).resolves.toBeUndefined();
  });

  it('a unit that has gone before it is asked again has taken the end', async () => {
    await expect(start({ restartMs: 0 }).result).resolves.toBeUndefined();
  });

  it('says how far it came when the link breaks', async () => {
    const { result } = start({ dropsAtBlock: 12 });
    await expect(result).rejects.toMatchObject({
      code: 'OTA_INTERRUPTED',
      detail: { acknowledgedBytes: 128, imageBytes: IMAGE.length },
    });
  });

  it('is unsure of a unit that stays after the end', async () => {
    await expect(start({ staysAfterEnd: true }).result).rejects.toMatchObject({
      code: 'OTA_NO_RESTART',
      outcome: 'UNSURE',
    });
  });

  it('takes a cancel between reads and then sends no end', async () => {
    const { clock, context, abort } = talk();
    const unit = new FakeOtaUnit({ clock });
    const progress = ({ done }: Progress) => {
      if (done === 128) abort.abort();
    };
    await expect(clock.run(uploadImage(unit.gatt, context, IMAGE, { progress }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(unit.blocks).toHaveLength(8);
    expect(unit.ended).toBe(false);
  });

  it('lets the caller note the first irreversible act', async () => {
    const seen: string[][] = [];
    const { clock, context } = talk();
    const unit = new FakeOtaUnit({ clock });
    await clock.run(
      uploadImage(unit.gatt, context, IMAGE, { beforeStart: async () => void seen.push([...unit.log]) }),
    );
    expect(seen).toEqual([[]]);
  });

  it('sends nothing of an image that is too large', async () => {
    const tooLarge = start({}, {}, new Uint8Array(BANK_BYTES + 1));
    await expect(tooLarge.result).rejects.toMatchObject({ code: 'OTA_IMAGE_TOO_LARGE', outcome: 'SKIPPED' });
    expect(tooLarge.unit.gatt.written).toEqual([]);
    await expect(
      start({}, { extended: true }, new Uint8Array(EXTENDED_BANK_BYTES + 1)).result,
    ).rejects.toMatchObject({ code: 'OTA_IMAGE_TOO_LARGE' });
  });

  it('says that the service is missing', async () => {
    const { clock, context } = talk();
    await expect(clock.run(uploadImage(new ScriptedGatt([]), context, IMAGE))).rejects.toMatchObject({
      code: 'GATT_SERVICE_MISSING',
    });
  });
});

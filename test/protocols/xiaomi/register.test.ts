import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { keyPair, type MiKeys } from '../../../src/protocols/xiaomi/keys.ts';
import { register, type RegisterOptions } from '../../../src/protocols/xiaomi/register.ts';
import { ScriptedGatt } from '../../harness/scripted-gatt.ts';
import { bytes, hex } from '../../harness/hex.ts';
import { FakeMiUnit, type MiUnitOptions } from './fake-mi-unit.ts';
import { talk } from './talk.ts';
import { hasVectors, vectorSets } from './vectors.ts';

const ID = '00626c742e332e31323976416243316432673030';

function start(unitOptions: MiUnitOptions = {}, options: Partial<RegisterOptions> = {}) {
  const unit = new FakeMiUnit(unitOptions);
  const { clock, context, abort, lines } = talk();
  const saved: MiKeys[] = [];
  const result = clock.run(
    register(unit.gatt, context, {
      beforeVerify: async (keys) => {
        expect(unit.requests, 'saved before the opcode is sent').not.toContain('13000000');
        saved.push(keys);
      },
      ...options,
    }),
  );
  return { unit, result, saved, abort, lines };
}

describe('registration', () => {
  it('gives a fresh unit an id and keys that both sides have, saved before the verify opcode', async () => {
    const { unit, result, saved } = start();
    const keys = await result;
    expect(unit.registered).toBe(true);
    expect(hex(keys.token)).toBe(unit.token);
    expect(hex(keys.bindKey)).toBe(unit.bindKey);
    expect(hex(keys.id)).toBe(unit.id);
    expect(Buffer.from(keys.id).toString('latin1')).toMatch(/^\0blt\.3\.129v.{6}g00$/);
    expect(saved).toEqual([keys]);
    expect(unit.requests).toEqual(['a2000000', '15000000', '13000000']);
  });

  it('sends exactly the frames of the notes', async () => {
    const { unit, result } = start();
    await result;
    const kinds = unit.heard.map((frame) => (frame.startsWith('0000') ? frame : `${frame.slice(0, 4)}…`));
    expect(kinds).toEqual([
      ...['00000101', '00000100'],
      ...['000000030400', '0100…', '0200…', '0300…', '0400…'],
      ...['00000101', '00000100'],
      ...['000000000200', '0100…', '0200…'],
    ]);
    expect(unit.gatt.subscribed, 'notifications are off again').toEqual([]);
  });

  it.skipIf(!hasVectors)('sends the bytes of ../shared/data (skipped where that is missing)', async () => {
    for (const { registration } of vectorSets()) {
      const { unit, result } = start(
        { id: registration.did20, privateKey: registration.devicePrivate! },
        { keyPair: keyPair(bytes(registration.hostPrivate)), rebind: true },
      );
      const keys = await result;
      expect(hex(keys.token)).toBe(registration.token);
      expect(hex(keys.bindKey)).toBe(registration.bindKey);
      expect(unit.heard).toEqual(
        expect.arrayContaining([...registration.hostPublicParcels!, ...registration.didParcels!]),
      );
    }
  });

  it('keeps the id that a unit has, and takes a bound unit with rebind only', async () => {
    const refused = start({ id: ID });
    await expect(refused.result).rejects.toMatchObject({ code: 'MI_ALREADY_BOUND', outcome: 'SKIPPED' });
    expect(refused.unit.requests, 'nothing was started').toEqual(['a2000000']);

    const { unit, result } = start({ id: ID }, { rebind: true });
    expect(hex((await result).id)).toBe(ID);
    expect(unit.id).toBe(ID);
  });

  it('speaks with units that send a message as one packet', async () => {
    const { unit, result } = start({ singlePackets: true });
    await result;
    expect(unit.registered).toBe(true);
    expect(unit.heard.filter((frame) => frame === '00000300')).toHaveLength(2);
  });

  it('asks for frames that were lost, and sends lost ones again', async () => {
    const { unit, result, lines } = start({ loseSent: [2, 3], loseHeard: [1, 3] });
    const keys = await result;
    expect(hex(keys.token)).toBe(unit.token);
    expect(unit.heard).toContain('0000010502000300');
    expect(lines.join('\n')).toMatch(/misses frames 1, 3/);
  });

  it('gives up after some rounds of lost frames', async () => {
    const sending = start({ loseHeard: [2], losesForEver: true });
    await expect(sending.result).rejects.toMatchObject({ code: 'MI_FRAMES_LOST' });
    const receiving = start({ loseSent: [4], losesForEver: true });
    await expect(receiving.result).rejects.toMatchObject({ code: 'MI_FRAMES_LOST' });
    expect(receiving.saved).toEqual([]);
  });

  it('answers probes of the MTU', async () => {
    const { unit, result } = start({ probes: true });
    await result;
    expect(unit.heard).toContain('000005002300');
  });

  it.each([0x06, 0x07, 0x08])(
    'a unit that asks for message %i needs keys from the cloud',
    async (asksFor) => {
      const { result, saved } = start({ asksFor });
      await expect(result).rejects.toMatchObject({ code: 'MI_NEEDS_CLOUD_KEYS', next: 'lywsd03mmc-wire' });
      expect(saved).toEqual([]);
    },
  );

  it('silence of firmware 2.x is the same, and of other firmware an end with its reason', async () => {
    const cloud = start({ silentAt: 'key' }, { firmware: '2.1.1_0159' });
    await expect(cloud.result).rejects.toMatchObject({ code: 'MI_NEEDS_CLOUD_KEYS' });
    for (const silentAt of ['info', 'ready', 'key'] as const) {
      const { result } = start({ silentAt }, { firmware: '1.0.0_0130' });
      await expect(result).rejects.toMatchObject({ code: 'MI_NO_ANSWER' });
    }
  });

  it.each([
    [0x12, 'MI_REGISTER_REFUSED'],
    [0xe1, 'MI_ALREADY_BOUND'],
    [0xe3, 'MI_REGISTER_REFUSED'],
  ])('answer %i in the middle ends it', async (refusesWith, code) => {
    await expect(start({ refusesWith }).result).rejects.toMatchObject({ code });
  });

  it.each([
    [2, 'busy'],
    [3, 'too long'],
    [4, 'gave up'],
  ])('status %i of an acknowledgement says why', async (ackWith, why) => {
    await expect(start({ ackWith }).result).rejects.toMatchObject({
      code: 'MI_TRANSFER_REFUSED',
      message: expect.stringContaining(why) as string,
    });
  });

  it('refuses a public key that is no point of the curve', async () => {
    await expect(start({ badKey: true }).result).rejects.toMatchObject({ code: 'MI_BAD_MESSAGE' });
  });

  it('refused at the end, the unit keeps its old keys', async () => {
    const { result } = start({ finalAnswer: 0x12 });
    await expect(result).rejects.toMatchObject({ code: 'MI_REGISTER_REFUSED', outcome: 'FAIL' });
  });

  it.each([{ dropsAtVerify: true }, { silentAt: 'verify' }] satisfies MiUnitOptions[])(
    'without an answer to the verify opcode (%o) the keys are saved and it is said that they may be in force',
    async (fault) => {
      const { result, saved } = start(fault);
      await expect(result).rejects.toMatchObject({
        code: 'MI_VERIFY_UNANSWERED',
        retry: expect.stringContaining('logs in with the keys') as string,
      });
      expect(saved).toHaveLength(1);
    },
  );

  it('does not send the verify opcode when the keys could not be saved', async () => {
    const { unit, result } = start(
      {},
      { beforeVerify: () => Promise.reject(new BenchError('FILE_NOT_FOUND')) },
    );
    await expect(result).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(unit.requests).not.toContain('13000000');
  });

  it('stops on cancel', async () => {
    const { result, abort } = start({ silentAt: 'key' });
    abort.abort();
    await expect(result).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('says that the service is missing', async () => {
    const { clock, context } = talk();
    const gatt = new ScriptedGatt([]);
    await expect(clock.run(register(gatt, context, { beforeVerify: async () => {} }))).rejects.toMatchObject({
      code: 'GATT_SERVICE_MISSING',
    });
  });
});

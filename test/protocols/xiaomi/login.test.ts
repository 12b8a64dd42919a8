import { describe, expect, it } from 'vitest';
import { login } from '../../../src/protocols/xiaomi/login.ts';
import { bytes } from '../../harness/hex.ts';
import { FakeMiUnit, type MiUnitOptions } from './fake-mi-unit.ts';
import { talk } from './talk.ts';
import { hasVectors, vectorSets } from './vectors.ts';

const TOKEN = '00112233445566778899aabb';

function start(options: MiUnitOptions = {}, token = TOKEN, random?: Uint8Array) {
  const unit = new FakeMiUnit({ token: TOKEN, ...options });
  const { clock, context } = talk();
  const loginOptions = random == null ? {} : { random: () => random };
  return { unit, result: clock.run(login(unit.gatt, context, bytes(token), loginOptions)) };
}

describe('login', () => {
  it('proves the token to a unit that proved it first', async () => {
    const { unit, result } = start();
    await result;
    expect(unit.loggedIn).toBe(true);
    const kinds = unit.heard.map((frame) => (frame.startsWith('0000') ? frame : `${frame.slice(0, 4)}…`));
    expect(kinds).toEqual([
      ...['0000000b0100', '0100…'],
      ...['00000101', '00000100'],
      ...['00000101', '00000100'],
      ...['0000000a0200', '0100…', '0200…'],
    ]);
  });

  it.skipIf(!hasVectors)('sends the bytes of ../shared/data (skipped where that is missing)', async () => {
    for (const { login: vector } of vectorSets()) {
      const { unit, result } = start(
        { token: vector.token, deviceRandom: vector.deviceRandom },
        vector.token,
        bytes(vector.hostRandom),
      );
      await result;
      expect(unit.heard).toEqual(
        expect.arrayContaining([...vector.hostRandomParcel!, ...vector.hostProofParcels!]),
      );
    }
  });

  it('answers a unit that speaks in single packets with one frame', async () => {
    const { unit, result } = start({ singlePackets: true });
    await result;
    expect(unit.loggedIn).toBe(true);
    expect(unit.heard).toContain('0000000a0100');
    expect(unit.heard.at(-1)).toMatch(/^0100[0-9a-f]{64}$/);
  });

  it.each([{ liesInProof: true }, { token: 'ff'.repeat(12) }] satisfies MiUnitOptions[])(
    'sends no proof to a unit that does not have the token (%o)',
    async (options) => {
      const { unit, result } = start(options);
      await expect(result).rejects.toMatchObject({ code: 'MI_TOKEN_WRONG', blame: 'operator' });
      expect(unit.heard.join(' ')).not.toContain('0000000a');
    },
  );

  it.each([
    [0x22, 'MI_TOKEN_WRONG'],
    [0x23, 'MI_TOKEN_WRONG'],
    [0xe0, 'MI_NOT_REGISTERED'],
    [0x99, 'MI_BAD_MESSAGE'],
    // "Logged in" by a unit that has proved nothing.
    [0x21, 'MI_BAD_MESSAGE'],
  ])('answer %i at the start ends it', async (refusesWith, code) => {
    await expect(start({ refusesWith }).result).rejects.toMatchObject({ code });
  });

  it('takes "repeat login" for being in', async () => {
    await expect(start({ refusesWith: 0xe2 }).result).resolves.toBeUndefined();
  });

  it('judges the last answer', async () => {
    await expect(start({ finalAnswer: 0x23 }).result).rejects.toMatchObject({ code: 'MI_TOKEN_WRONG' });
  });

  it('refuses a proof of the wrong length, and ends in silence', async () => {
    await expect(start({ proofBytes: 16 }).result).rejects.toMatchObject({ code: 'MI_BAD_MESSAGE' });
    await expect(start({ silentAt: 'login' }).result).rejects.toMatchObject({ code: 'MI_NO_ANSWER' });
  });

  it('goes on over lost frames', async () => {
    const { unit, result } = start({ loseSent: [1], loseHeard: [1] });
    await result;
    expect(unit.loggedIn).toBe(true);
  });

  it('ends when the link is lost', async () => {
    const { unit, result } = start({ silentAt: 'login' });
    unit.gatt.drop();
    await expect(result).rejects.toMatchObject({ code: 'BLE_LINK_LOST' });
  });

  it('takes 12 bytes for a token and nothing else', async () => {
    await expect(start({}, '00').result).rejects.toThrow(RangeError);
  });
});

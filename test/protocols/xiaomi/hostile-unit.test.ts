import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { login } from '../../../src/protocols/xiaomi/login.ts';
import { register } from '../../../src/protocols/xiaomi/register.ts';
import { bytes } from '../../harness/hex.ts';
import { characteristicOf, ScriptedGatt } from '../../harness/scripted-gatt.ts';
import { talk } from './talk.ts';

const TOKEN = bytes('00112233445566778899aabb');
/** What a unit may say, more often in form than not. */
const frame = fc.oneof(
  fc
    .constantFrom(
      ...[
        '00000101',
        '00000100',
        '000001050100',
        '000000000100',
        '000000030400',
        '0000000d0100',
        '0000000c0200',
      ],
      ...['0100', '02000102', '0000020d00', '000004002300', '00000105', '000000030000', '00000003ffff'],
    )
    .map(bytes),
  fc.uint8Array({ maxLength: 24 }),
);
const speech = fc.array(fc.record({ onControl: fc.boolean(), data: frame }), { maxLength: 30 });

function unitThatSays(said: readonly { readonly onControl: boolean; readonly data: Uint8Array }[]) {
  const gatt = new ScriptedGatt([
    characteristicOf('fe95', '0010', { canWrite: true, canNotify: true }),
    characteristicOf('fe95', '0019', { canWriteWithoutResponse: true, canNotify: true }),
  ]);
  const rest = [...said];
  gatt.onWrite = () => {
    for (const { onControl, data } of rest.splice(0, 2)) gatt.notify(onControl ? '0010' : '0019', data);
  };
  return gatt;
}

describe('a unit that says anything', () => {
  it('is never logged in to and never registered without an end and a reason', async () => {
    await fc.assert(
      fc.asyncProperty(speech, fc.boolean(), async (said, registers) => {
        const { clock, context } = talk();
        const gatt = unitThatSays(said);
        const ended = registers
          ? register(gatt, context, { beforeVerify: async () => {} })
          : login(gatt, context, TOKEN);
        const error: unknown = await clock.run(
          ended.then(
            () => undefined,
            (reason: unknown) => reason,
          ),
        );
        // "Repeat login" alone lets in without a proof, by what the notes say of it.
        const mayLetIn = !registers && said.some(({ onControl, data }) => onControl && data[0] === 0xe2);
        expect(error instanceof BenchError || (mayLetIn && error === undefined)).toBe(true);
        expect(gatt.subscribed).toEqual([]);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

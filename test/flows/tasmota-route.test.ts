import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { parseVersion, type TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { practiceImages } from './tasmota-images.ts';
import { imageOf, type PlugImage } from '../../flows/tasmota/image.ts';
import { judgeReturn } from '../../flows/tasmota/judge-return.ts';
import { chooseRoute } from '../../flows/tasmota/route.ts';

const unit = (versionText: string, more: Partial<TasmotaStatus> = {}): TasmotaStatus => ({
  version: parseVersion(versionText)!,
  versionText,
  mac: 'a1:b2:c3:d4:e5:f6',
  hardware: 'ESP8266EX',
  flashKiB: 1024,
  freeKiB: 1024,
  builtAt: '2021-01-23T20:04:54',
  programKiB: 500,
  ...more,
});

async function image(name: string, slot = 'target'): Promise<PlugImage> {
  return imageOf(slot, await inspectBytes(name, practiceImages(name)));
}
const wishes = async (more: { minimal?: boolean; way?: 'auto' | 'direct' | 'minimal' } = {}) => ({
  target: await image('tasmota-lite.bin'),
  minimal: more.minimal === true ? await image('tasmota-minimal.bin', 'minimal') : undefined,
  way: more.way ?? ('auto' as const),
  mayPatch: false,
});
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

describe('the way of a unit to the target', () => {
  it('is one step where it fits and can be told', async () => {
    const { images, isAlike } = chooseRoute(unit('9.2.0(tasmota)'), await wishes({ minimal: true }));
    expect(images.map(({ slot }) => slot)).toEqual(['target']);
    expect(isAlike).toBe(false);
  });

  it('goes through minimal for its room, for its proof, or because the job says so', async () => {
    const short = unit('9.2.0(tasmota)', { freeKiB: 420 });
    const same = unit('15.5.0(lite)');
    const slots = async (status: TasmotaStatus, way: 'auto' | 'minimal' = 'auto') =>
      chooseRoute(status, await wishes({ minimal: true, way })).images.map(({ slot }) => slot);
    expect(await slots(short)).toEqual(['minimal', 'target']);
    expect(await slots(same)).toEqual(['minimal', 'target']);
    expect(await slots(unit('9.2.0(tasmota)'), 'minimal')).toEqual(['minimal', 'target']);
    expect(await slots(unit('15.5.0(minimal)'), 'minimal')).toEqual(['target']);
  });

  it('is refused before anything is written', async () => {
    const refused = async (status: TasmotaStatus, more: Parameters<typeof wishes>[0] = {}) => {
      const asked = await wishes(more);
      return () => chooseRoute(status, asked);
    };
    expect(await refused(unit('9.2.0(tasmota)', { freeKiB: 420 }))).toThrow(code('TASMOTA_MINIMAL_NEEDED'));
    expect(await refused(unit('9.2.0(tasmota)', { freeKiB: 420 }), { minimal: true, way: 'direct' })).toThrow(
      code('FIRMWARE_DOES_NOT_FIT_UNIT'),
    );
    expect(await refused(unit('9.2.0(tasmota)', { freeKiB: 200 }), { minimal: true })).toThrow(
      code('FIRMWARE_DOES_NOT_FIT_UNIT'),
    );
    expect(await refused(unit('6.7.1(sonoff)'))).toThrow(code('TASMOTA_STEP_NEEDED'));
    const older = {
      ...(await wishes()),
      target: { ...(await image('tasmota-lite.bin')), version: parseVersion('8.5.1(lite)')! },
    };
    expect(() => chooseRoute(unit('9.2.0(tasmota)'), older)).toThrow(code('TASMOTA_DOWNGRADE'));
    expect(await refused(unit('13.1.0(tasmota32)', { hardware: 'ESP32-D0WD-V3' }))).toThrow(
      code('TASMOTA_NOT_ESP8266'),
    );
  });
});

describe('what comes back', () => {
  it('is new only where it says what the image says and something has changed', async () => {
    const target = await image('tasmota-lite.bin');
    const before = unit('9.2.0(lite)');
    const same = unit('15.5.0(lite)');
    expect(judgeReturn(before, same, target)).toBe('new');
    expect(judgeReturn(same, same, target)).toBe('alike');
    expect(judgeReturn(same, { ...same, builtAt: '2026-01-01T00:00:00' }, target)).toBe('new');
    expect(judgeReturn(before, before, target)).toBe('old');
    expect(judgeReturn(before, unit('15.5.0(tasmota)'), target)).toBe('other');
    expect(judgeReturn(before, unit('15.5.0(minimal)'), target)).toBe('other');
  });
});

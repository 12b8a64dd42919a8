import { describe, expect, it } from 'vitest';
import { regionsFor, type EspPlan } from '../../flows/esp-serial/plan.ts';
import { prepareRestore } from '../../flows/esp-serial/restore.ts';
import type { EspRun, EspSession } from '../../flows/esp-serial/session.ts';
import { espOptions } from '../../flows/esp-serial/settings.ts';
import { inspectBytes, type PartitionTable } from '../../src/firmware/inspect.ts';
import { findVirtualDevice } from '../../src/virtual/registry.ts';

const MIB = 2 ** 20;
const thrown = async (work: () => unknown) => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};

async function planOf(imageName: string): Promise<EspPlan> {
  const image = findVirtualDevice('lamp')
    .practiceImages()
    .find(({ file }) => file.includes(imageName))!;
  const file = await inspectBytes(image.file, image.make());
  return {
    device: {},
    task: 'flash',
    files: new Map([['firmware', file]]),
    options: espOptions({}),
  } as unknown as EspPlan;
}

function tableWith(appBytes: number): PartitionTable {
  const common = { encrypted: false, readOnly: false };
  return {
    partitions: [
      { label: 'otadata', type: 1, subtype: 0, offset: 0xd000, size: 0x2000, ...common },
      { label: 'app0', type: 0, subtype: 0x10, offset: 0x1_0000, size: appBytes, ...common },
      { label: 'app1', type: 0, subtype: 0x11, offset: 0x20_0000, size: appBytes, ...common },
    ],
    md5: 'valid',
    problems: [],
  };
}

describe('firmware for this very unit', () => {
  const unit = { chip: 'ESP32', flashSizeBytes: 4 * MIB, revision: 100 } as const;

  it('goes where the table of the unit has room for it', async () => {
    const regions = regionsFor(
      await planOf('lamp-esphome.bin'),
      { ...unit, table: tableWith(MIB) },
      () => {},
    );
    expect(regions.map(({ kind, offset }) => [kind, offset])).toEqual([
      ['otadata', 0xd000],
      ['app', 0x1_0000],
    ]);
  });

  it.each([
    ['an application larger than its partition', tableWith(0x1_0000), unit],
    ['no table to place it by', undefined, unit],
    ['another chip', tableWith(MIB), { ...unit, chip: 'ESP32-C3' as const }],
    ['a flash that ends before the table does', tableWith(2 * MIB), { ...unit, flashSizeBytes: MIB }],
  ])('is refused for %s', async (_why, table, target) => {
    const plan = await planOf('lamp-esphome.bin');
    expect(await thrown(() => regionsFor(plan, { ...target, table }, () => {}))).toMatchObject({
      code: 'FIRMWARE_DOES_NOT_FIT_UNIT',
      outcome: 'SKIPPED',
    });
  });
});

describe('a backup that was named', () => {
  const restoreOf = (bytes: number, answer: string) => {
    const session = { loader: { identity: { mac: '02:00:00:00:00:01' } }, flash: { sizeBytes: 4 * MIB } };
    const named = {
      file: 'x.bin',
      bytes: new Uint8Array(bytes).fill(0xff),
      sha256: '00',
      mac: '02:00:00:00:00:02',
    };
    const run = { backups: { named }, operator: { ask: () => Promise.resolve(answer) } };
    return thrown(() => prepareRestore(session as unknown as EspSession, run as unknown as EspRun));
  };

  it('of another unit is left alone unless it is accepted by name', async () => {
    expect(await restoreOf(4 * MIB, 'skip')).toMatchObject({
      code: 'BACKUP_OF_OTHER_UNIT',
      outcome: 'SKIPPED',
    });
  });

  it('of another size is refused', async () => {
    expect(await restoreOf(2 * MIB, 'other-unit')).toMatchObject({ code: 'FIRMWARE_DOES_NOT_FIT_UNIT' });
  });
});

import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../../src/firmware/inspect.ts';
import { THERMOMETER_IMAGES } from '../../../src/virtual/thermometer/images/practice-images.ts';

/** What inspect says of the published images that they stand for. */
const FOUND: Readonly<Record<string, { firmware: string; version: string | undefined; model: string }>> = {
  'thermometer-pvvx.bin': { firmware: 'pvvx', version: '5.8', model: 'LYWSD03MMC' },
  'thermometer-stock-1.0.0_0130.bin': { firmware: 'stock', version: '1.0.0_0130', model: 'LYWSD03MMC' },
  'thermometer-stock-2.1.1_0159.bin': { firmware: 'stock', version: '2.1.1_0159', model: 'LYWSD03MMC' },
  'thermometer-atc1441.bin': { firmware: 'atc1441', version: undefined, model: 'LYWSD03MMC' },
  'thermometer-cgg1-pvvx.bin': { firmware: 'pvvx', version: '5.8', model: 'CGG1' },
  'thermometer-pvvx.zigbee': { firmware: 'pvvx', version: '5.8', model: 'LYWSD03MMC' },
};

describe('practice images of the thermometer', () => {
  it.each(THERMOMETER_IMAGES.map(({ file, make }) => ({ file, make })))(
    '$file is taken for what it stands for',
    async ({ file, make }) => {
      const found = await inspectBytes(file, make());
      expect(found.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(found.telink).toMatchObject(FOUND[file]!);
    },
  );
});

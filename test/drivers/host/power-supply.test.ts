import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { powerSupply } from '../../../src/drivers/host/power-supply.ts';

const MAINS = { 'AC/type': 'Mains', 'AC/online': '1' };
const BATTERY = { 'BAT0/type': 'Battery', 'BAT0/status': 'Charging', 'BAT0/capacity': '80' };
const MOUSE = { 'hid/type': 'Battery', 'hid/scope': 'Device', 'hid/status': 'Discharging' };

async function supplies(files: Readonly<Record<string, string>>) {
  const sysfs = await mkdtemp(join(tmpdir(), 'benchflash-sysfs-'));
  onTestFinished(() => rm(sysfs, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(sysfs, 'class/power_supply', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${text}\n`);
  }
  return powerSupply(sysfs);
}

describe('what this computer runs on', () => {
  it('is not known where nothing tells', async () => {
    expect(await supplies({})).toBeUndefined();
    expect(await supplies(MOUSE)).toBeUndefined();
  });
  it('is mains', async () => {
    expect(await supplies({ ...MAINS, ...MOUSE })).toEqual({ onBattery: false });
    expect(await supplies({ ...MAINS, ...BATTERY })).toEqual({ onBattery: false, batteryPercent: 80 });
    expect(await supplies({ ...BATTERY, 'BAT0/status': 'Full' })).toMatchObject({ onBattery: false });
  });
  it('is its battery', async () => {
    const off = { ...BATTERY, 'BAT0/status': 'Discharging' };
    expect(await supplies(off)).toEqual({ onBattery: true, batteryPercent: 80 });
    expect(await supplies({ ...off, ...MAINS, 'AC/online': '0' })).toMatchObject({ onBattery: true });
  });
});

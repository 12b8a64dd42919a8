import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataDir } from '../../src/records/open-data-dir.ts';
import { unitIdentity } from '../../src/virtual/thermometer/images/unit-identity.ts';
import { telinkImage } from '../firmware/build-telink.ts';
import { practice } from './practice.ts';
import { backupOf, endsOf, expectNoSecrets, FLOW, keysInFlash, lastOf, starts } from './thermometers.ts';

const DEVICE = 'thermometer';
const wait = { timeout: 60_000 };

describe('a tray of thermometers by Bluetooth', () => {
  it(
    'is activated, flashed and proved, all units at once, the keys of each in its record',
    wait,
    async () => {
      const bench = await practice();
      const file = await bench.image(DEVICE, 'thermometer-pvvx.bin');
      const image = await readFile(file);
      const run = await bench.run({ flowId: FLOW, link: `virtual:${DEVICE}?n=24`, images: [file] });
      expect(endsOf(run)).toEqual(Array.from({ length: 24 }, () => 'PASS'));
      const secrets: string[] = [];
      for (const unit of run.results.keys()) {
        const settled = lastOf(run, unit);
        const flash = await bench.flashOf(DEVICE, unit);
        expect(starts(flash, image), `unit ${unit}`).toBe(true);
        expect(settled).toMatchObject({ proof: ['heard', 'answered'], bytesWritten: image.length });
        expect(settled.identity).toMatchObject({
          firmware: 'pvvx 5.8',
          hardware: expect.stringMatching(/^B\d\.\d$/) as string,
          name: `ATC_${settled.identity.mac!.replaceAll(':', '').slice(-6).toUpperCase()}`,
        });
        const keys = keysInFlash(flash)!;
        expect(await backupOf(run, unit)).toMatchObject({
          ...keys,
          mac: settled.identity.mac,
          keysFrom: 'activation',
          firmware: { kind: 'stock', version: '1.0.0_0130' },
        });
        expect((await stat(settled.backup!.file)).mode & 0o777).toBe(0o600);
        secrets.push(keys.token, keys.bindKey);
      }
      await expectNoSecrets(bench.folder, secrets);
      expect(JSON.stringify(run.events)).not.toMatch(new RegExp(secrets.join('|')));

      const records = await openDataDir(bench.folder);
      const plain = await readFile(await records.exportCsv('B-0001'), 'utf8');
      const secret = await readFile(await records.exportCsv('B-0001', { secrets: true }), 'utf8');
      await records.close();
      const { run: number, identity } = lastOf(run, 7);
      const label = `${number}  ${identity.mac}  ${identity.name}  pvvx 5.8`;
      expect(plain).toContain(label);
      expect(secret).toMatch(new RegExp(`${label}  [0-9a-f]{32}`));
    },
  );

  it('ends each in its own way when it is mixed', wait, async () => {
    const bench = await practice();
    const file = await bench.image(DEVICE, 'thermometer-pvvx.bin');
    const state = (name: string, unit: number, more = '') =>
      `virtual:${DEVICE}?unit=${unit}&state=${name}${more}`;
    const link = [
      state('pvvx', 1),
      state('atc1441', 2),
      state('stock-1.0.0_0130', 3),
      state('stock-1.0.0_0130-bound', 4),
      state('stock-2.1.1_0159', 5),
      state('stock-2.1.1_0159-bound', 6),
      state('stock-1.0.0_0130', 7, '&fault=low-battery'),
      state('pvvx', 8, '&fault=low-battery'),
    ];
    const first = await bench.run({ flowId: FLOW, link, images: [file] });
    expect(endsOf(first)).toEqual([
      'FIRMWARE_LOOKS_ALIKE',
      'PASS',
      'PASS',
      'OPERATOR_NEEDED',
      'STOCK_WANTS_SIGNED',
      'STOCK_WANTS_SIGNED',
      'PASS',
      'FIRMWARE_LOOKS_ALIKE',
    ]);
    expect(lastOf(first, 1)).toMatchObject({ outcome: 'UNSURE', proof: ['heard', 'answered'] });
    expect(lastOf(first, 4).advice).toContain('--assume rebind');
    for (const unit of [5, 6])
      expect(lastOf(first, unit)).toMatchObject({
        outcome: 'SKIPPED',
        next: 'lywsd03mmc-wire',
        bytesWritten: 0,
      });
    // Nobody at the screen and nobody who changed the cell: said at once, and nothing is written.
    const low = await bench.run({
      flowId: FLOW,
      link: state('stock-1.0.0_0130', 9, '&fault=low-battery'),
      images: [file],
      assume: [],
    });
    expect(lastOf(low, 9)).toMatchObject({ code: 'OPERATOR_NEEDED', bytesWritten: 0 });
    expect(lastOf(low, 9).message).toContain('CR2032');
  });
});

describe('a unit that is bound to an account', () => {
  const link = `virtual:${DEVICE}?unit=4&state=stock-1.0.0_0130-bound`;

  it('is activated anew only by name, and then has other keys', wait, async () => {
    const bench = await practice();
    const images = [await bench.image(DEVICE, 'thermometer-pvvx.bin')];
    const refused = await bench.run({ flowId: FLOW, link, images });
    expect(lastOf(refused, 4)).toMatchObject({ code: 'OPERATOR_NEEDED', bytesWritten: 0 });
    const { token } = unitIdentity(4);
    const rebound = await bench.run({ flowId: FLOW, link, images, assume: ['wired', 'rebind'] });
    expect(endsOf(rebound)).toEqual(['PASS']);
    const after = keysInFlash(await bench.flashOf(DEVICE, 4));
    expect(after?.token).not.toBe(Buffer.from(token).toString('hex'));
    expect(await backupOf(rebound, 4)).toMatchObject({ ...after });
    expect(lastOf(rebound, 4).warnings.join()).toContain('whoever had it has lost it');
  });

  it('is logged in to with the token given for its MAC, and keeps its keys', wait, async () => {
    const bench = await practice();
    const images = [await bench.image(DEVICE, 'thermometer-pvvx.bin')];
    const known = await bench.run({ flowId: FLOW, link, task: 'backup' });
    expect(lastOf(known, 4)).toMatchObject({ outcome: 'PASS', bytesWritten: 0 });
    const { mac } = lastOf(known, 4).identity;
    const identity = unitIdentity(4);
    const [token4, bindKey4] = [identity.token, identity.bindKey].map((key) =>
      Buffer.from(key).toString('hex'),
    );
    const before = { token: token4!, bindKey: bindKey4! };
    const token = JSON.stringify({ [mac!.toUpperCase()]: before.token });
    const run = await bench.run({ flowId: FLOW, link, images, settings: { token } });
    expect(endsOf(run)).toEqual(['PASS']);
    expect(keysInFlash(await bench.flashOf(DEVICE, 4))).toEqual(before);
    expect(await backupOf(run, 4)).toMatchObject({ token: before.token, keysFrom: 'given' });
    await expectNoSecrets(bench.folder, [before.token, before.bindKey]);
  });

  it('is logged in to with the keys an earlier run kept', wait, async () => {
    const bench = await practice();
    const pvvx = await bench.image(DEVICE, 'thermometer-pvvx.bin');
    const stock = await bench.image(DEVICE, 'stock-1.0.0_0130.bin');
    const unit = `virtual:${DEVICE}?unit=5`;
    expect(endsOf(await bench.run({ flowId: FLOW, link: unit, images: [pvvx] }))).toEqual(['PASS']);
    expect(endsOf(await bench.run({ flowId: FLOW, link: unit, images: [stock] }))).toEqual(['PASS']);
    const before = keysInFlash(await bench.flashOf(DEVICE, 5))!;
    const again = await bench.run({ flowId: FLOW, link: unit, images: [pvvx] });
    expect(endsOf(again)).toEqual(['PASS']);
    expect(await backupOf(again, 5)).toMatchObject({ token: before.token, keysFrom: 'records' });
  });

  it('does not take a token that is not its own', wait, async () => {
    const bench = await practice();
    const images = [await bench.image(DEVICE, 'thermometer-pvvx.bin')];
    const settings = { token: '00112233445566778899aabb' };
    const run = await bench.run({ flowId: FLOW, link, images, settings });
    expect(lastOf(run, 4)).toMatchObject({ code: 'MI_TOKEN_WRONG', outcome: 'ERROR', bytesWritten: 0 });
    const rebound = await bench.run({ flowId: FLOW, link, images, settings, assume: ['wired', 'rebind'] });
    expect(endsOf(rebound)).toEqual(['PASS']);
  });
});

describe('a unit with pvvx firmware', () => {
  it('gets the profile of the tray, its name and clock', wait, async () => {
    const bench = await practice();
    const images = [await bench.image(DEVICE, 'thermometer-pvvx.bin')];
    const run = await bench.run({
      flowId: FLOW,
      link: `virtual:${DEVICE}?unit=3`,
      images,
      settings: {
        advertising: 'pvvx',
        'advertising-ms': '5000',
        'measure-every': '4',
        encrypt: 'yes',
        'bind-key-of': 'mi',
        'unit-name': 'T{number}-{last6}',
        'temperature-unit': 'F',
        'comfort-range': '20,25,40,60',
      },
    });
    const settled = lastOf(run, 3);
    expect(settled).toMatchObject({ outcome: 'PASS' });
    expect(settled.notDone).toBeUndefined();
    expect(settled.evidence).toContain('set: settings, comfort limits, bind key, clock, name');
    expect(settled.identity.name).toBe(
      `T1-${settled.identity.mac!.replaceAll(':', '').slice(-6).toUpperCase()}`,
    );
    const flash = await bench.flashOf(DEVICE, 3);
    const settingsArea = flash.subarray(0x7_c000);
    expect(settingsArea.includes(settled.identity.name!)).toBe(true);
    expect(settingsArea.includes(Buffer.from(keysInFlash(flash)!.bindKey, 'hex'))).toBe(true);

    // What was done to it goes back: backed up by radio, set otherwise, restored.
    const link = `virtual:${DEVICE}?unit=3`;
    const kept = await bench.run({ flowId: FLOW, link, task: 'backup' });
    expect(lastOf(kept, 3)).toMatchObject({ outcome: 'PASS', proof: ['answered'] });
    const backup = await backupOf(kept, 3);
    expect(backup).toMatchObject({ ...keysInFlash(flash), pvvx: { name: settled.identity.name } });
    const restored = await bench.run({
      flowId: FLOW,
      link,
      task: 'restore',
      backupFile: lastOf(kept, 3).backup!.file,
    });
    expect(lastOf(restored, 3)).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    const own = await bench.run({ flowId: FLOW, link, task: 'restore' });
    expect(lastOf(own, 3)).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    const other = {
      flowId: FLOW,
      link: `virtual:${DEVICE}?unit=8&state=pvvx-bound`,
      task: 'restore',
    } as const;
    const backupFile = lastOf(kept, 3).backup!.file;
    const keys = keysInFlash(flash);
    expect(endsOf(await bench.run({ ...other, backupFile }))).toEqual(['OPERATOR_NEEDED']);
    const accepted = await bench.run({ ...other, backupFile, assume: ['wired', 'other-unit'] });
    expect(lastOf(accepted, 8)).toMatchObject({ outcome: 'PASS' });
    expect(keysInFlash(await bench.flashOf(DEVICE, 8))).not.toEqual(keys);
    expect(endsOf(await bench.run({ ...other }))).toEqual(['NO_BACKUP_OF_UNIT']);
    const onStock = { ...other, link: `virtual:${DEVICE}?unit=9` };
    expect(lastOf(await bench.run(onStock), 9)).toMatchObject({
      code: 'MI_KEYS_NOT_WRITABLE',
      next: 'lywsd03mmc-wire',
    });
  });

  it('goes back to stock with its Mi keys erased, which the backup has', wait, async () => {
    const bench = await practice();
    const images = [await bench.image(DEVICE, 'stock-1.0.0_0130.bin')];
    const link = `virtual:${DEVICE}?unit=2&state=pvvx-bound`;
    const run = await bench.run({ flowId: FLOW, link, images, settings: { 'mi-keys': 'erase' } });
    expect(lastOf(run, 2)).toMatchObject({ outcome: 'PASS', identity: { firmware: 'stock 1.0.0_0130' } });
    const flash = await bench.flashOf(DEVICE, 2);
    expect(keysInFlash(flash)).toBeUndefined();
    expect(await backupOf(run, 2)).toMatchObject({ keysFrom: 'unit', token: expect.any(String) as string });
  });

  it('makes room for an image of more than 128 KiB, which other firmware has not', wait, async () => {
    const bench = await practice();
    const file = path.join(bench.folder, 'large.bin');
    const options = { manufacturer: 0x1141, imageType: 0x20a, fileVersion: 0x9999_3001, sizeBytes: 0x2_8004 };
    await writeFile(file, telinkImage({ ...options, strings: 'github.com/pvvx\0\0V5.9\0' }));
    const run = await bench.run({
      flowId: FLOW,
      link: [`virtual:${DEVICE}?unit=1&state=pvvx`, `virtual:${DEVICE}?unit=2`],
      images: [file],
    });
    expect(endsOf(run)).toEqual(['PASS', 'OTA_IMAGE_TOO_LARGE']);
    expect(lastOf(run, 1).identity.firmware).toBe('pvvx 5.9');
    expect(starts(await bench.flashOf(DEVICE, 1), await readFile(file))).toBe(true);
  });
});

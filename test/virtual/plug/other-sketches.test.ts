import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ARDUINO_FIRMWARES } from '../../../src/virtual/plug/arduino-firmwares.ts';
import { practiceFull15, practiceLite9 } from '../../../src/virtual/plug/tasmota/tasmota-images.ts';
import { LonePlug } from './harness/lone-plug.ts';
import { ask, upload } from './harness/raw-http.ts';

const SHARED = join(import.meta.dirname, '../../../../shared/data/plugs');
const plugs: LonePlug[] = [];
afterEach(() => plugs.splice(0).forEach((plug) => plug.close()));

function plugWith(file: string): LonePlug {
  const flash = new Uint8Array(1_048_576).fill(0xff);
  flash.set(readFileSync(join(SHARED, file)));
  const plug = new LonePlug({ firmwares: ARDUINO_FIRMWARES, flash, chip: { onlyDout: false } });
  plugs.push(plug);
  return plug;
}

describe.skipIf(!existsSync(SHARED))('real images of other firmware', () => {
  it("Athom's updater is an access point with the core's update page", async () => {
    const plug = plugWith('athom-esp8266-mini-updater.bin');
    expect(plug.running?.name).toBe('update-server');
    await plug.until(() => plug.accessPoint != null);
    expect(plug.accessPoint?.ssid).toBe('ESP_UPDATE_A1B2C3');
    const port = await plug.port(80);
    expect((await ask(port, '/update')).body.toString()).toContain("action='/update'");
    const html = await upload(port, '/update', Buffer.from('<html>'.repeat(500)), { field: 'update' });
    expect([html.status, html.text]).toEqual([200, 'Update error: ERROR[10]: Magic byte is not 0xE9']);
    const empty = await upload(port, '/update', new Uint8Array(), { field: 'update' });
    expect(empty.text).toBe('Update error: ERROR[13]: No data supplied');
    const large = await upload(port, '/update', Buffer.concat([practiceFull15(), new Uint8Array(200_000)]));
    expect(large.text).toBe('Update error: ERROR[4]: Not Enough Space');
    const four = practiceLite9();
    four[3] = 0x40;
    expect((await upload(port, '/update', four)).text).toBe(
      'Update error: ERROR[9]: new Flash config wrong, real size: 1048576',
    );
    expect((await upload(port, '/update', practiceLite9())).text).toBe('Update Success! Rebooting...');
    await plug.started(2);
    expect(plug.running?.name).toBe('tasmota');
  });

  it('ESPurna asks for its login and takes an upload', async () => {
    const plug = plugWith('espurna-base-1.13.5.bin');
    expect(plug.running?.name).toBe('espurna');
    await plug.until(() => plug.accessPoint != null);
    expect(plug.accessPoint).toMatchObject({ ssid: 'ESPURNA-A1B2C3', password: 'fibonacci' });
    const port = await plug.port(80);
    expect((await ask(port, '/')).status).toBe(401);
    const headers = { Authorization: `Basic ${Buffer.from('admin:fibonacci').toString('base64')}` };
    const html = await upload(port, '/upgrade', Buffer.from('<html>'.repeat(500)), {
      field: 'upgrade',
      headers,
    });
    expect([html.status, html.text]).toEqual([400, 'ERROR: Magic byte is not 0xE9']);
    const taken = await upload(port, '/upgrade', practiceLite9(), { field: 'upgrade', headers });
    expect([taken.status, taken.text]).toEqual([200, 'OK']);
    await plug.started(2);
    expect(plug.running?.name).toBe('tasmota');
  });

  it('a quad-mode image does not start where only DOUT can be read', () => {
    const flash = new Uint8Array(1_048_576).fill(0xff);
    const image = practiceLite9();
    image[2] = 2;
    flash.set(image);
    const plug = new LonePlug({ firmwares: ARDUINO_FIRMWARES, flash });
    plugs.push(plug);
    expect(plug.ended).toBe('nothing in flash starts');
  });
});

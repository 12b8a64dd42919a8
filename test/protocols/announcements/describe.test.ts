import { describe, expect, it } from 'vitest';
import { describeAnnouncement } from '../../../src/protocols/announcements/describe.ts';

const of = (type: string, name: string, txt: Readonly<Record<string, string>> = {}, port = 80) =>
  describeAnnouncement({ type, name, hostName: name, at: { host: '192.168.1.41', port }, txt });

describe('a device that announces itself', () => {
  it('is a Shelly by its name', () => {
    expect(of('_http._tcp', 'shellyplug-s-A1B2C3', { arch: 'esp8266', fw_version: '1.0' })).toEqual({
      model: 'Shelly plug-s',
      name: 'shellyplug-s-A1B2C3',
      macTail: 'a1b2c3',
      link: 'http://192.168.1.41',
    });
    expect(of('_http._tcp', 'lamp', { id: 'shelly1-A1B2C3D4E5F6', fw_version: '2.12.1' })).toEqual({
      model: 'Shelly 1',
      name: 'lamp',
      firmware: 'shelly-homekit 2.12.1',
      mac: 'a1:b2:c3:d4:e5:f6',
      macTail: 'd4e5f6',
      link: 'http://192.168.1.41',
    });
    expect(of('_http._tcp', 'HP LaserJet')).toBeUndefined();
    expect(of('_http._tcp', 'shelly')).toMatchObject({ model: 'Shelly' });
  });

  it('is a Shelly of the second generation by its own service', () => {
    expect(
      of('_shelly._tcp', 'shellyplusplugs-a1b2c3d4e5f6', { gen: '2', app: 'PlusPlugS', ver: '1.3.0' }),
    ).toMatchObject({
      model: 'Shelly PlusPlugS',
      firmware: '1.3.0',
      mac: 'a1:b2:c3:d4:e5:f6',
    });
    expect(of('_shelly._tcp', 'shellyplusplugs-a1b2c3d4e5f6')).toMatchObject({ model: 'Shelly plusplugs' });
  });

  it('is the same by either of its services', () => {
    const txt = { gen: '2', app: 'PlusPlugS', ver: '1.3.0' };
    const by = (type: string) => of(type, 'shellyplusplugs-a1b2c3d4e5f6', txt);
    expect(by('_http._tcp')).toEqual(by('_shelly._tcp'));
  });

  it('is a Sonoff, with a link only in DIY mode', () => {
    expect(of('_ewelink._tcp', 'eWeLink_1000abcdef', { type: 'diy_plug' }, 8081)).toEqual({
      model: 'Sonoff in DIY mode (diy_plug)',
      name: 'eWeLink_1000abcdef',
      link: 'http://192.168.1.41:8081',
    });
    expect(of('_ewelink._tcp', 'eWeLink_1000abcdef', { type: 'plug' }, 8081)).toEqual({
      model: 'eWeLink device, not in DIY mode (plug)',
      name: 'eWeLink_1000abcdef',
    });
  });

  it('is an ESPHome device with its MAC', () => {
    const txt = { mac: 'a1b2c3d4e5f6', version: '2024.5.0', board: 'esp01_1m', platform: 'ESP8266' };
    expect(of('_esphomelib._tcp', 'kitchen', txt, 6053)).toEqual({
      model: 'ESPHome device (esp01_1m)',
      name: 'kitchen',
      firmware: 'ESPHome 2024.5.0',
      mac: 'a1:b2:c3:d4:e5:f6',
      macTail: 'd4e5f6',
      link: 'esphome://192.168.1.41',
    });
    expect(of('_esphomelib._tcp', 'kitchen')).toMatchObject({ model: 'ESPHome device', firmware: 'ESPHome' });
  });

  it('takes Arduino updates', () => {
    const txt = { app_name: 'ESPURNA', app_version: '1.14.1', target_board: 'ITEAD_BASIC' };
    expect(of('_arduino._tcp', 'plug', txt, 8266)).toEqual({
      model: 'device with Arduino updates (ITEAD_BASIC)',
      name: 'plug',
      firmware: 'ESPURNA 1.14.1',
    });
    expect(of('_arduino._tcp', 'plug')).toMatchObject({ model: 'device with Arduino updates' });
  });

  it('says nothing that draws', () => {
    const device = of('_shelly._tcp', 'shelly\u001b[2J-a1b2c3', { app: '\u0007x', ver: '1\u001b[31m' });
    expect(device).toMatchObject({ name: 'shelly-a1b2c3', model: 'Shelly x', firmware: '1' });
  });

  it('of another kind is none', () => expect(of('_ipp._tcp', 'printer')).toBeUndefined());
});

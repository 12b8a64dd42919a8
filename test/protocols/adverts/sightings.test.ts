import { describe, expect, it } from 'vitest';
import {
  ageMs,
  describeAdvertisement,
  describeUnit,
  Sightings,
} from '../../../src/protocols/adverts/index.ts';
import { bytes } from '../../harness/hex.ts';
import { heard, type HeardParts } from './heard.ts';

const MAC = 'a4:c1:38:b4:94:4c';
const UNBOUND = '30585b05014c94b438c1a4280100';
const BOUND = '58585b0550f4830238c1a495ef58763c26000097e2abb5';
const PVVX = '4c94b438c1a4a9066911b60b58f70d';
const BTHOME_VALUES = '40002a016402ca0903bf13';
const BTHOME_VOLTAGE = '40002b0cf60b1000';

const listen = (...parts: readonly HeardParts[]) => {
  const sightings = new Sightings();
  for (const part of parts) sightings.hear(heard(part));
  return sightings;
};

describe('a unit on the air', () => {
  it('is made of several packets: values, voltage, name, newest strength', () => {
    const unit = listen(
      { data: { fcd2: BTHOME_VALUES }, at: 100, rssi: -70 },
      { data: { fcd2: BTHOME_VOLTAGE }, at: 200, rssi: -60 },
      { name: 'ATC_B4944C', at: 300, rssi: -65 },
    ).unit(MAC)!;
    expect(unit).toMatchObject({
      mac: MAC,
      name: 'ATC_B4944C',
      temperatureC: 25.06,
      batteryPercent: 100,
      batteryMv: 3062,
      rssiDbm: -65,
      packets: 3,
      firstHeardAtMs: 100,
      heardAtMs: 300,
      firmware: { family: 'free', text: 'pvvx', certain: true },
    });
    expect(ageMs(unit, 1_300)).toBe(1_000);
  });

  it('leaves everything else on the air alone', () => {
    const sightings = listen({ name: 'Headphones' }, { data: { '180f': '64' } }, {});
    expect(sightings.units()).toEqual([]);
  });

  it('is known by its name alone, but not for certain', () => {
    expect(listen({ name: 'LYWSD03MMC' }).unit(MAC)).toMatchObject({
      model: 'LYWSD03MMC',
      firmware: { family: 'stock', certain: false },
    });
  });

  it('tells stock from pvvx in its Mi format by the name only', () => {
    expect(listen({ data: { fe95: UNBOUND } }).unit(MAC)!.firmware).toEqual({
      family: 'stock',
      text: 'stock',
      certain: false,
    });
    expect(listen({ data: { fe95: UNBOUND }, name: 'LYWSD03MMC' }).unit(MAC)!.firmware).toMatchObject({
      family: 'stock',
      certain: true,
    });
    expect(listen({ data: { fe95: UNBOUND }, name: 'ATC_B4944C' }).unit(MAC)!.firmware).toMatchObject({
      family: 'free',
    });
  });

  it('says when it changed its firmware: the name of the firmware before does not speak for the new one', () => {
    const sightings = listen(
      { data: { fe95: UNBOUND }, name: 'LYWSD03MMC', at: 10 },
      { data: { fe95: UNBOUND }, at: 20 },
      { data: { '181a': PVVX }, at: 30 },
      { data: { '181a': PVVX }, at: 40 },
    );
    expect(sightings.unit(MAC)).toMatchObject({
      firmware: { family: 'free', text: 'pvvx', certain: true },
      firmwareSinceMs: 30,
      heardAtMs: 40,
      model: 'LYWSD03MMC',
    });
    expect(sightings.unit(MAC)!.name).toBeUndefined();

    sightings.hear(heard({ data: { fe95: UNBOUND }, at: 50 }));
    expect(sightings.unit(MAC)).toMatchObject({ firmware: { family: 'stock' }, firmwareSinceMs: 50 });
  });

  it('keeps whether it is bound over packets that do not say', () => {
    const address = 'a4:c1:38:02:83:f4';
    const sightings = listen(
      { address, data: { fe95: BOUND }, at: 1 },
      { address, data: { fe95: '30585b0551f4830238c1a408' }, at: 2 },
    );
    expect(sightings.unit(address)).toMatchObject({ bound: true });
    expect(listen({ data: { fe95: UNBOUND } }).unit(MAC)).toMatchObject({ bound: false });
  });

  it('is opened with the key of this very unit', () => {
    const address = 'a4:c1:38:02:83:f4';
    const key = bytes('e9ea895fac7cca6d30532432a516f3a8');
    const sightings = new Sightings({ bindKeyOf: (of) => (of === address ? key : undefined) });
    expect(sightings.hear(heard({ address, data: { fe95: BOUND } }))).toMatchObject({
      locked: false,
      humidityPercent: 46.7,
    });
  });

  it('has its MAC from the payload where the operating system hides it', () => {
    const sightings = listen({ address: 'c0ffee', addressIsMac: false, data: { '181a': PVVX } });
    expect(sightings.unit(MAC)).toMatchObject({ address: 'c0ffee', mac: MAC });
  });

  it('has a name that is safe to show, and no more of it than the air holds', () => {
    const sightings = listen({ data: { '181a': PVVX }, name: `\u001b[31mred\u202e\n${'x'.repeat(100)}` });
    expect(sightings.unit(MAC)!.name).toBe(`red ${'x'.repeat(25)}`);
  });

  it('is forgotten first when a thousand others pass by and it is silent', () => {
    const sightings = new Sightings();
    const address = (index: number) =>
      `a4:c1:38:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 0xff).toString(16).padStart(2, '0')}`;
    for (let index = 0; index < 1_024; index++)
      sightings.hear(heard({ address: address(index), name: 'LYWSD03MMC', at: index }));
    sightings.hear(heard({ address: address(0), at: 2_000 }));
    sightings.hear(heard({ address: address(1_024), name: 'LYWSD03MMC', at: 2_001 }));
    expect(sightings.units()).toHaveLength(1_024);
    expect(sightings.unit(address(0))).toBeDefined();
    expect(sightings.unit(address(1))).toBeUndefined();
  });
});

describe('the line of a scan', () => {
  it.each([
    [{ data: { fe95: UNBOUND }, name: 'LYWSD03MMC' }, 'LYWSD03MMC  stock, not bound  "LYWSD03MMC"  -58 dBm'],
    [{ data: { fe95: BOUND } }, 'LYWSD03MMC  stock (by its format), bound, encrypted  -58 dBm'],
    [{ data: { '181a': PVVX } }, 'thermometer  pvvx  17.1 C 45 %RH battery 88 % 2998 mV  -58 dBm'],
    [{ data: { fcd2: BTHOME_VALUES } }, 'thermometer  BTHome  25.1 C 51 %RH battery 100 %  -58 dBm'],
    [{ name: 'MHO-C401' }, 'MHO-C401  stock (by its format)  "MHO-C401"  -58 dBm'],
    [{ name: 'LYWSD03MMC-z' }, 'LYWSD03MMC  Zigbee or BTHome build  "LYWSD03MMC-z"  -58 dBm'],
    [{ data: { fdcd: '080c d43b2200f0a4 0104' } }, 'thermometer  Qingping stock  -58 dBm'],
  ] satisfies [HeardParts, string][])('%o', (parts, line) => {
    expect(describeAdvertisement(heard(parts))).toBe(line);
  });

  it('is missing for what is no thermometer', () => {
    expect(describeAdvertisement(heard({ name: 'TV' }))).toBeUndefined();
  });

  it('is the same for a unit', () => {
    const sightings = new Sightings();
    const unit = sightings.hear(heard({ data: { '181a': PVVX }, name: 'ATC_B4944C' }))!;
    expect(describeUnit(unit)).toContain('"ATC_B4944C"');
  });
});

import { describe, expect, it } from 'vitest';
import { fitsShelly } from '../../src/firmware/fits-shelly.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { SHELLY_MODELS, shellyModelOfType } from '../../src/firmware/shelly-models.ts';
import { arduinoEsp8266 } from './build-images.ts';
import { mongooseFw, mongooseZip, type ArchiveOptions } from './build-mongoose.ts';

const modelOf = (type: string) => {
  const model = shellyModelOfType(type);
  if (model == null) throw new Error(`no model ${type}`);
  return model;
};
const plugS = modelOf('SHPLG-S');
const judge = async (options: ArchiveOptions, as: 'takeover' | 'stock' = 'takeover', model = plugS) =>
  fitsShelly(await inspectBytes('x.zip', mongooseZip(options)), model, as);
const takeover = { fw: mongooseFw('mg2x\0https://ota.tasmota.com/tasmota/release/tasmota.bin') };

describe('an archive and a Shelly', () => {
  it('fits exactly the model it is named for', async () => {
    const file = await inspectBytes('x.zip', mongooseZip(takeover));
    for (const model of SHELLY_MODELS) {
      const problems = fitsShelly(file, model, 'takeover');
      if (model === plugS) expect(problems).toEqual([]);
      else
        expect(problems[0]?.text).toMatch(/^The archive is for Shelly Plug S \(SHPLG-S\), this unit is a /);
    }
  });

  it('with stock firmware inside is no takeover, and the other way round', async () => {
    expect((await judge(takeover, 'stock'))[0]?.text).toBe('The archive is a takeover, not stock firmware.');
    const stock = { fw: mongooseFw('api.shelly.cloud') };
    expect((await judge(stock))[0]).toMatchObject({ severity: 'error' });
    expect(await judge(stock, 'stock')).toEqual([]);
  });

  it('that does not tell what it is gets a warning', async () => {
    expect(await judge({})).toMatchObject([{ severity: 'warning' }]);
  });

  it('with a fault of its own, or something else, is refused', async () => {
    expect((await judge({ platform: 'esp32' }))[0]?.text).toMatch(/is for esp32/);
    const image = await inspectBytes('x.bin', arduinoEsp8266());
    expect(fitsShelly(image, plugS, 'takeover')[0]?.text).toMatch(/is no update archive/);
  });
});

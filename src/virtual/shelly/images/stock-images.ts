import { latin1 } from '../../bytes.ts';
import { esp8266Image, wordPadded } from '../../esp/images/image-maker.ts';
import { codeLike, Random } from '../../esp/images/random.ts';
import type { ShellyModel } from '../models.ts';

/** As in the examples of the reference. */
export const STOCK_FW = '20230109-114426/v1.12.2-gdeadbee';
/** Of the practice stock zip: a version that is not on the unit yet. */
export const NEWER_FW = '20230913-112003/v1.14.0-gcb84623';
/** Too old to begin with: it is updated to a current stock first. */
export const OLD_FW = '20180411-111900/v1.3.0-g0000000';
/** A unit whose version cannot be told. */
export const NO_FW = '0.0.0';

const DIO = 2;
const SIZE_2MB = 3;
const HEADER = { mode: DIO, sizeId: SIZE_2MB, frequencyId: 0xf };

const IROM = 0x4020_8010;
const IRAM = 0x4010_0000;
const DATA = 0x3ffe_8000;

/** An application as rboot starts it: one image that loads into RAM and runs from flash. */
function application(seed: number, codeBytes: number, texts: readonly string[]): Uint8Array {
  const random = new Random(seed);
  return esp8266Image({ ...HEADER, entry: 0x4010_027c }, [
    { address: IROM, data: codeLike(random, codeBytes) },
    { address: IRAM, data: codeLike(random, 24_576) },
    { address: DATA, data: wordPadded(latin1(`\0${texts.join('\0')}\0`)) },
  ]);
}

/** Boot loader of two segments, as rboot is. */
export const rbootImage = (): Uint8Array =>
  esp8266Image({ ...HEADER, entry: 0x4010_06ac }, [
    { address: IRAM, data: codeLike(new Random(71), 1_732) },
    { address: DATA, data: codeLike(new Random(72), 1_256) },
  ]);

/** Practice stand-in for a stock firmware. */
export const stockImage = (model: ShellyModel, fw: string): Uint8Array =>
  application(81, 98_304, ['practice shelly stock', `app=${model.app}`, `fw=${fw}`, 'coiot', model.type]);

export const TAKEOVER_VERSION = '0.4.6';

/** Practice stand-in for the intermediate of mgos-to-tasmota: the URL of its target is one C string in it. */
export const takeoverImage = (model: ShellyModel, url: string): Uint8Array =>
  application(82, 61_440, [
    'practice mgos takeover',
    model.app,
    TAKEOVER_VERSION,
    'mgos-recover',
    'RJoPuKC3u5',
    'https://mongoose-os.com/docs/mongoose-os/userguide/licensing.md',
    url,
    'Index of %.*s',
  ]);

import { latin1 } from '../../bytes.ts';
import { imageHolds, findInImage, parseImage } from '../../esp/boot/image.ts';
import { esp8266Image, wordPadded } from '../../esp/images/image-maker.ts';
import { codeLike, Random } from '../../esp/images/random.ts';
import { APP_OFFSET } from './layout.ts';

const DOUT = 3;
const SIZE_1MB = 2;
const BOOT_ADDRESS = 0x4010_0000;
const MARK = 'practice eWeLink diy_plug';

/** Stand-in for the factory firmware in DIY mode: the SDK's boot loader, and an application that says its version. */
export function practiceDiyFlash(version: string): Uint8Array {
  const random = new Random(81);
  const header = { mode: DOUT, sizeId: SIZE_1MB, frequencyId: 0 };
  const boot = esp8266Image({ ...header, entry: 0x4010_0004 }, [
    { address: BOOT_ADDRESS, data: codeLike(random, 3072) },
  ]);
  const app = esp8266Image({ ...header, entry: 0x4010_0010 }, [
    { address: 0x4020_1010, data: codeLike(random, 262_144) },
    { address: 0x3ffe_8000, data: wordPadded(latin1(`\0${MARK}\0fwVersion ${version}\0`)) },
  ]);
  const whole = new Uint8Array(APP_OFFSET + app.length).fill(0xff);
  whole.set(boot);
  whole.set(app, APP_OFFSET);
  return whole;
}

/** Version of the DIY firmware that stands in flash; undefined where something else does. */
export function diyVersion(flash: Uint8Array): string | undefined {
  const boot = parseImage(flash, 0, 'esp8266', APP_OFFSET);
  const app = parseImage(flash, APP_OFFSET, 'esp8266');
  if (typeof boot === 'string' || typeof app === 'string') return undefined;
  if (boot.segments[0]?.address !== BOOT_ADDRESS) return undefined;
  if (boot.checksum !== boot.expectedChecksum || app.checksum !== app.expectedChecksum) return undefined;
  return imageHolds(app, MARK) ? findInImage(app, /fwVersion (\d+\.\d+\.\d+)/)?.[1] : undefined;
}

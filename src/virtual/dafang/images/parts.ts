import { joinBytes, latin1 } from '../../bytes.ts';
import { codeLike, Random } from '../../esp/images/random.ts';
import { bootLoader, type BootLoaderSpec } from './boot-loader.ts';
import { DAFANG_MAP, DEMO_PART_NAMES, filled } from './flash-map.ts';
import { Jffs2Maker } from './jffs2.ts';
import { squashfs } from './squashfs.ts';
import { uImage } from './uimage.ts';
import { cameraIdentity } from './unit-identity.ts';

/** Where the kernel of the camera unpacks itself to. */
const KERNEL_AT = 0x8001_0000;
const LZMA = 3;
const KERNEL_BYTES = 0x1c_0000;
const ROOT_BYTES = 0x2f_0000;
const DRIVER_BYTES = 0x8_0000;

const made = new Map<string, Uint8Array>();
/** Megabytes of noise are made once and given to who does not change them. */
function once(name: string, make: () => Uint8Array): Uint8Array {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

/** `factory`: what a camera comes with; `practice`: what the practice images bring instead. */
export type Edition = 'factory' | 'practice';
const seedOf = (edition: Edition, part: number): number => (edition === 'factory' ? 0xda0 : 0xdb0) + part;

export const boot = (spec: Omit<BootLoaderSpec, 'seed'>, edition: Edition): Uint8Array =>
  once(`boot ${spec.family} ${spec.ramMiB} ${edition}`, () =>
    bootLoader({ ...spec, seed: seedOf(edition, 0) }),
  );

export const kernel = (edition: Edition): Uint8Array =>
  once(`kernel ${edition}`, () => {
    const code = codeLike(new Random(seedOf(edition, 2)), KERNEL_BYTES);
    // The header of an LZMA stream: properties, dictionary of 8 MiB, size unknown.
    code.set([0x5d, 0x00, 0x00, 0x80, 0x00, ...Array<number>(8).fill(0xff)]);
    return uImage(code, {
      name: 'Linux-3.10.14',
      type: 'kernel',
      compression: LZMA,
      loadAddress: KERNEL_AT,
    });
  });

const root = (edition: Edition) => once(`root ${edition}`, () => squashfs(ROOT_BYTES, seedOf(edition, 4)));
const driver = (edition: Edition) =>
  once(`driver ${edition}`, () => squashfs(DRIVER_BYTES, seedOf(edition, 6)));

const appfs = (edition: Edition) =>
  once(`appfs ${edition}`, () => {
    const maker = new Jffs2Maker(DAFANG_MAP.appfs.size);
    const bin = maker.directory('bin');
    maker.directory('init');
    const random = new Random(seedOf(edition, 8));
    for (let part = 0; part < 40; part++)
      maker.file(`practice-${part}`, codeLike(random, 0x1000), { parent: bin });
    return maker.done();
  });

const PARTS = { kernel, root, driver, appfs };

export const part = (name: (typeof DEMO_PART_NAMES)[number], edition: Edition): Uint8Array =>
  PARTS[name](edition);

/** demo.bin as the packer of Dafang-Hacks makes it: four parts at their full size behind one header. */
export const demo = (edition: Edition): Uint8Array =>
  once(`demo ${edition}`, () =>
    uImage(joinBytes(...DEMO_PART_NAMES.map((name) => filled(name, part(name, edition)))), {
      name: 'jz_fw',
      type: 'firmware',
      compression: 0,
      loadAddress: 0,
    }),
  );

/** Settings of its owner. */
export function config(unit: number): Uint8Array {
  const { ssid, password, formerPassword } = cameraIdentity(unit);
  const maker = new Jffs2Maker(DAFANG_MAP.config.size);
  maker.file('.user_config', latin1('[USER]\nlight=1\nmotion=0\n'));
  maker.file('.wifissid', latin1(ssid), { compression: 'none' });
  maker.file('.wifipasswd', latin1(password), { former: latin1(formerPassword), compression: 'none' });
  maker.file('.camera_encyid', latin1('0'), { compression: 'none' });
  maker.file('license.txt', latin1(new Random(0x11ce + unit).hex(32)));
  return maker.done();
}

/** Who it is. */
export function para(unit: number): Uint8Array {
  const maker = new Jffs2Maker(DAFANG_MAP.para.size);
  const directory = maker.directory('config');
  maker.file('.product_config', latin1(cameraIdentity(unit).productConfig), {
    parent: directory,
    former: latin1('[xiaomi]\n'),
  });
  return maker.done();
}

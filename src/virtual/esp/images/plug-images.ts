import { joinBytes, latin1, words } from '../../bytes.ts';
import { PRACTICE_LOG_MARK } from '../boot/practice-log.ts';
import { esp8266Image, wordPadded } from './image-maker.ts';
import { codeLike, Random } from './random.ts';
import { unitSecrets } from './unit-secrets.ts';

const MIB = 1_048_576;
export const DOUT = 3;
export const DIO = 2;
/** Size nibbles of the ESP8266 header. */
export const SIZE_1MB = 2;
const SIZE_2MB = 3;

const EBOOT_ADDRESS = 0x4010_f000;
const EBOOT_BYTES = 3584;
const APP_OFFSET = 0x1000;
/** The SDK keeps its parameters in the last sectors: RF data, then two copies of the station settings, then a flag. */
const RF_SECTOR = -4;
const PARAMETER_SECTORS = [-3, -2];
const FLAG_SECTOR = -1;
/** Where a Mongoose-like file system with its text settings lies in a 2 MB factory flash. */
const FILE_SYSTEM_OFFSET = 0x10_0000;

/** What a firmware file of the Arduino core is made of. */
export interface TwoPartFirmware {
  readonly mode: number;
  readonly sizeId: number;
  readonly seed: number;
  readonly codeBytes: number;
  readonly texts: readonly string[];
  readonly log: readonly string[];
  /** Words that stand in the code. */
  readonly codeWords: readonly number[];
}

/** A firmware file of two images, as the Arduino core makes them: a small loader at 0, the application a sector on. */
export function twoPartImage(firmware: TwoPartFirmware): Uint8Array {
  const random = new Random(firmware.seed);
  const header = { mode: firmware.mode, sizeId: firmware.sizeId, frequencyId: 0 };
  const eboot = esp8266Image({ ...header, entry: EBOOT_ADDRESS }, [
    { address: EBOOT_ADDRESS, data: codeLike(new Random(1), EBOOT_BYTES) },
  ]);
  const log = `${PRACTICE_LOG_MARK}${firmware.log.join('\n')}\0`;
  const rodata = wordPadded(latin1(`\0${firmware.texts.join('\0')}\0${log}`));
  const app = esp8266Image({ ...header, entry: 0x4010_00b8 }, [
    {
      address: 0x4020_1010,
      data: joinBytes(words(...firmware.codeWords), codeLike(random, firmware.codeBytes)),
    },
    { address: 0x4010_0000, data: codeLike(random, 27_648) },
    { address: 0x3ffe_8000, data: rodata },
  ]);
  const whole = new Uint8Array(APP_OFFSET + app.length).fill(0xaa);
  whole.set(eboot);
  whole.set(app, APP_OFFSET);
  return whole;
}

/** Practice stand-in for a Tasmota build for 1 MB boards. */
export const practiceTasmota = () =>
  twoPartImage({
    mode: DOUT,
    sizeId: SIZE_1MB,
    seed: 41,
    codeBytes: 360_448,
    texts: [
      'Project %s %s Version %s%s-2_7_8(%s)',
      'Tasmota',
      'tasmota_%06X',
      '12:00:00\0Oct  1 2026',
      'lite',
      'http://ota.practice.invalid/tasmota/release/tasmota.bin.gz',
    ],
    // The compatibility marker that Tasmota builds carry around their version word.
    codeWords: [0x5aa5_5aa5, 0x0e03_0000, 0xa55a_a55a, 0x0e03_0000],
    log: [],
  });

const factoryFirmware = (sizeId: number, mode: number) =>
  twoPartImage({
    mode,
    sizeId,
    seed: 51,
    codeBytes: 425_984,
    texts: ['practice-plug-factory', '20260101-120000/v1.11.0@practice'],
    codeWords: [],
    log: ['[Jan  1 00:00:00.218] mgos_init2           practice-plug-factory 1.11.0 (20260101-120000)'],
  });

const templates = new Map<number, Uint8Array>();

/** The whole flash of a new plug of 1 or 2 MiB. */
export function plugFactoryFlash(unit: number, sizeBytes: number): Uint8Array {
  let template = templates.get(sizeBytes);
  if (!template) {
    template = new Uint8Array(sizeBytes).fill(0xff);
    const small = sizeBytes === MIB;
    template.set(factoryFirmware(small ? SIZE_1MB : SIZE_2MB, small ? DOUT : DIO));
    templates.set(sizeBytes, template);
  }
  return withParameters(template.slice(), unit);
}

/** A plug that runs the practice Tasmota already. */
export function plugTasmotaFlash(unit: number, sizeBytes: number): Uint8Array {
  const flash = new Uint8Array(sizeBytes).fill(0xff);
  flash.set(practiceTasmota());
  return withParameters(flash, unit);
}

/** A conversion over the air failed: the first sector is gone. */
export function plugBrickedFlash(unit: number, sizeBytes: number): Uint8Array {
  const flash = plugFactoryFlash(unit, sizeBytes);
  flash.fill(0xff, 0, APP_OFFSET);
  return flash;
}

function withParameters(flash: Uint8Array, unit: number): Uint8Array {
  const { ssid, password, deviceId } = unitSecrets(unit);
  const sector = (index: number) => flash.length + index * 4096;
  flash.set(new Random(61).bytes(128), sector(RF_SECTOR));
  for (const index of PARAMETER_SECTORS) {
    const parameters = new Uint8Array(512);
    // The layout of the SDK's station settings: length of the SSID, SSID, password.
    parameters.set(joinBytes(words(ssid.length), latin1(ssid)), 0x0c);
    parameters.set(latin1(password), 0x37);
    flash.set(parameters, sector(index));
  }
  flash.set(words(0, 1, 0x55aa_55aa), sector(FLAG_SECTOR));
  if (flash.length > FILE_SYSTEM_OFFSET) {
    const settings = JSON.stringify({
      device: { id: `practice-plug-${deviceId}` },
      wifi: { sta: { enable: true, ssid, pass: password } },
    });
    flash.set(latin1(`conf9.json\0${settings}\0`), FILE_SYSTEM_OFFSET);
  }
  return flash;
}

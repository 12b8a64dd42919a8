import { BenchError } from '../../src/core/errors.ts';
import type { Task } from '../../src/core/steps.ts';
import type { HttpLogin } from '../../src/drivers/http/port.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import type { WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { PlanRequest } from '../flow.ts';
import { loginOf, newFirmwareOf, wifiOf, type NewFirmware } from '../network-plug/index.ts';
import { targetSlot } from './firmware-slot.ts';

export interface EspHomeImage {
  readonly file: InspectedFile;
  /** Last part of its path. */
  readonly name: string;
  readonly wanted: NewFirmware;
  /** Whether it may be sent packed, see `mayCompress`. */
  readonly mayCompress: boolean;
}

/** What a batch is going to do, known before any unit is touched. */
export interface EspHomePlan {
  readonly task: Task;
  /** Of a flash. */
  readonly image: EspHomeImage | undefined;
  readonly method: 'ota' | 'web';
  readonly otaPassword: string | undefined;
  /** Of the web server. */
  readonly login: HttpLogin | undefined;
  /** For targets that are no ESPHome. */
  readonly wifi: WifiSettings | undefined;
  /** How long a unit is waited for: 30 s are enough for healthy ones. */
  readonly waitMs: number;
  /** By link: MAC of units whose proof is open. */
  readonly openProofs: Map<string, string>;
}

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan({ task, files, settings }: PlanRequest): Promise<EspHomePlan> {
  if (task === 'restore')
    throw new BenchError('USAGE', {
      message: 'ESPHome gives no backup that could be put back.',
      advice: 'Flash the image that is wanted instead.',
    });
  if (task !== 'flash' && files.size > 0)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  const file = files.get(targetSlot.id);
  if (task === 'flash' && file === undefined)
    throw new BenchError('USAGE', {
      message: `The firmware is missing: ${targetSlot.title}.`,
      advice: 'Give it with --firmware FILE.',
    });
  const password = settings['ota-password'] ?? '';
  return Promise.resolve({
    task,
    image: file === undefined ? undefined : imageOf(file),
    method: settings['method'] === 'web' ? 'web' : 'ota',
    otaPassword: password === '' ? undefined : password,
    login: loginOf(settings),
    wifi: wifiOf(settings),
    waitMs: Number(settings['wait-seconds'] ?? 120) * 1000,
    openProofs: new Map(),
  });
}

function imageOf(file: InspectedFile): EspHomeImage {
  const reason = targetSlot.refuses(file);
  const wanted = newFirmwareOf(file.product);
  if (reason !== undefined || wanted === undefined)
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${file.path}: ${reason ?? 'it cannot be recognised'}`,
      detail: { file: file.path },
    });
  return { file, name: file.path.replace(/^.*[\\/]/, ''), wanted, mayCompress: mayCompress(file) };
}

const SMALLEST_FLASH_BYTES = 0x10_0000;

/**
 * Of a plain image an ESP8266 compares the flash size with its own and takes over the flash mode that runs; of a packed
 * one it does neither (Updater.cpp of esp8266/Arduino), so only what starts on every unit goes out packed.
 */
function mayCompress({ kind, parts }: InspectedFile): boolean {
  const [part] = parts;
  return (
    kind === 'esp8266-image' &&
    part?.flashMode === 'dout' &&
    (part.headerFlashSizeBytes ?? Infinity) <= SMALLEST_FLASH_BYTES
  );
}

export function warningsOf({ image, wifi, method }: EspHomePlan): string[] {
  if (image === undefined) return [];
  const { wanted, file } = image;
  const isEspHome = wanted.firmware === 'esphome';
  return [
    ...file.problems.map(({ text }) => text),
    ...(isEspHome && wanted.version === undefined
      ? ['The image does not say its version: that it runs is told by what changes.']
      : []),
    ...(isEspHome
      ? [
          'A build of the same ESPHome version and YAML as what runs cannot be told from it: such units stay UNSURE.',
        ]
      : []),
    ...(!isEspHome && !wanted.livesAtAccessPoint && wifi === undefined
      ? [
          'No wifi-ssid is given: units that do not find the Wi-Fi by themselves wait at their own access points and stay UNSURE.',
        ]
      : []),
    ...(method === 'web'
      ? ['The web update gives no reasons where it fails, and its progress is what left this computer.']
      : []),
  ];
}

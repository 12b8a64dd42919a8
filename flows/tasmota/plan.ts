import { BenchError } from '../../src/core/errors.ts';
import type { Task } from '../../src/core/steps.ts';
import type { HttpLogin } from '../../src/drivers/http/port.ts';
import { productText } from '../../src/firmware/products.ts';
import { parseTasmotaSettings } from '../../src/firmware/tasmota-settings.ts';
import {
  parseCommands,
  parseTemplate,
  type TasmotaTemplate,
  type WifiSettings,
} from '../../src/protocols/tasmota/index.ts';
import type { FirmwareSlot, PlanRequest } from '../flow.ts';
import { haaPlanOf, type HaaPlan } from '../haa/plan.ts';
import { loginOf, wifiOf } from '../network-plug/index.ts';
import { imageOf, isMinimal, refusesImage, type PlugImage } from './image.ts';

export const targetSlot: FirmwareSlot = {
  id: 'target',
  title: 'what the plugs are to run (Tasmota, HAA, ESPHome, ESPurna)',
  required: true,
  refuses: (file) =>
    refusesImage(file) ??
    (isMinimal(file)
      ? 'tasmota-minimal is no last image: it has no set-up pages. It is the slot minimal.'
      : undefined),
};

export const minimalSlot: FirmwareSlot = {
  id: 'minimal',
  title: 'tasmota-minimal, for units without room',
  required: false,
  refuses: (file) =>
    isMinimal(file)
      ? refusesImage(file)
      : `This is no tasmota-minimal: ${file.product == null ? file.title : productText(file.product)}.`,
};

/** What is set once the new firmware is proved. */
export interface SetUp {
  readonly template: TasmotaTemplate | undefined;
  /** Template of the name, see `fillName`. */
  readonly name: string | undefined;
  readonly commands: readonly string[];
}

/** What a batch is going to do, known before any unit is touched. */
export interface TasmotaPlan {
  readonly task: Task;
  /** Of a flash. */
  readonly target: PlugImage | undefined;
  readonly minimal: PlugImage | undefined;
  readonly way: 'auto' | 'direct' | 'minimal';
  readonly method: 'upload' | 'url';
  readonly patch: 'ask' | 'yes' | 'no';
  readonly setUp: SetUp;
  readonly wifi: WifiSettings | undefined;
  readonly login: HttpLogin | undefined;
  readonly waitMs: number;
  /** Where the target is an HAA installer and the job says how it goes on. */
  readonly haa: HaaPlan | undefined;
}

/** Throws USAGE and FIRMWARE_REFUSED. */
export async function makePlan({ task, files, settings, backup }: PlanRequest): Promise<TasmotaPlan> {
  const [target, minimal] = [targetSlot, minimalSlot].map(({ id }) => {
    const file = files.get(id);
    return file == null ? undefined : imageOf(id, file);
  });
  if (task === 'flash' && target == null)
    throw new BenchError('USAGE', {
      message: `The firmware is missing: ${targetSlot.title}.`,
      advice: 'Give it with --firmware FILE.',
    });
  if (task !== 'flash' && files.size > 0)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  if (backup != null && parseTasmotaSettings(backup.file.content)?.isSound !== true)
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `${backup.file.path}: this is no settings backup of a Tasmota that verifies.`,
    });
  const isHaa = target?.becomes.firmware === 'haa-portal';
  const haa = await haaPlanOf(settings);
  if (haa != null && !isHaa)
    throw new BenchError('USAGE', {
      message: 'accessory and mirror are for HAA, and the target is none.',
      advice: 'Give fullhaaboot or tasmota2haa as the target, or leave these settings out.',
    });
  const setUp = setUpOf(settings);
  if (isSetUp(setUp) && (target == null || target.becomes.firmware !== 'tasmota'))
    throw new BenchError('USAGE', {
      message: 'template, unit-name and commands are for Tasmota, and no Tasmota is the target.',
    });
  return {
    task,
    target,
    minimal,
    way: settings['way'] as TasmotaPlan['way'],
    method: settings['method'] as TasmotaPlan['method'],
    patch: settings['patch'] as TasmotaPlan['patch'],
    setUp,
    wifi: wifiOf(settings),
    login: loginOf(settings),
    waitMs: Number(settings['wait-seconds'] ?? 120) * 1000,
    haa,
  };
}

function setUpOf(settings: PlanRequest['settings']): SetUp {
  const template = settings['template'] ?? '';
  const name = settings['unit-name'] ?? '';
  if (/[;"\p{Cc}]/u.test(name))
    throw new BenchError('USAGE', { message: 'unit-name: ; " and control characters cannot be in it.' });
  return {
    template: template.trim() === '' ? undefined : parseTemplate(template),
    name: name.trim() === '' ? undefined : name.trim(),
    commands: parseCommands(settings['commands'] ?? ''),
  };
}

export const isSetUp = ({ template, name, commands }: SetUp): boolean =>
  template != null || name != null || commands.length > 0;

export function warnings({ target, minimal, wifi, haa }: TasmotaPlan): string[] {
  if (target == null) return [];
  const { becomes } = target;
  return [
    ...(becomes.firmware !== 'tasmota' && !becomes.livesAtAccessPoint && wifi == null
      ? [`${becomes.title} knows nothing of the Wi-Fi of Tasmota: it waits at its own access point.`]
      : []),
    ...(becomes.firmware === 'haa-portal' && haa == null
      ? ['Without accessory, wifi-ssid and wifi-password the units are left at the set-up page of HAA.']
      : []),
    ...(becomes.firmware === 'tasmota' && minimal == null && !target.packed
      ? [
          'No minimal is in hand: units without room for the target, and units whose result could not be told from what ran before, stay as they are.',
        ]
      : []),
    ...(becomes.firmware === 'tasmota' && becomes.version == null
      ? ['The image does not say its version: that it runs is told by what changes.']
      : []),
  ];
}

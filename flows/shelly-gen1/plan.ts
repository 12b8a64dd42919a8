import { BenchError } from '../../src/core/errors.ts';
import type { Task } from '../../src/core/steps.ts';
import type { HttpLogin } from '../../src/drivers/http/port.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { fitsPath } from '../../src/firmware/path-rules.ts';
import type { ShellyModel } from '../../src/firmware/shelly-models.ts';
import type { WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { PlanRequest } from '../flow.ts';
import { loginOf, newFirmwareOf, wifiOf, type NewFirmware, type WantedUnit } from '../network-plug/index.ts';
import type { ShellyDevice } from './device.ts';
import { firstError, shellySlots, TAKEOVER, TARGET } from './firmware-slots.ts';

/** Both images of a conversion, whole and in memory from the plan on: what becomes of the files later changes nothing. */
export interface Conversion {
  readonly takeover: InspectedFile;
  readonly target: InspectedFile;
  /** The one that the takeover archive is made for. */
  readonly model: ShellyModel;
  /** What the target says of itself once it runs. */
  readonly wanted: NewFirmware;
}

/** What a batch is going to do, known before any unit is touched. */
export interface ShellyPlan {
  readonly device: ShellyDevice;
  readonly task: Task;
  /** Of a flash. */
  readonly conversion: Conversion | undefined;
  readonly wifi: WifiSettings | undefined;
  readonly login: HttpLogin | undefined;
  /** By link: units that hold the target and have not answered with it yet, for looking again. */
  readonly openProofs: Map<string, WantedUnit>;
}

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan(device: ShellyDevice, request: PlanRequest): ShellyPlan {
  const { task, files, settings } = request;
  if (task === 'restore')
    throw new BenchError('USAGE', {
      message: 'Settings of stock firmware are kept to be read by people; no firmware takes them back.',
      advice: 'Going back to stock firmware over the network is not offered.',
    });
  if (task !== 'flash' && files.size > 0)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  return {
    device,
    task,
    conversion: task === 'flash' ? conversionOf(device, files) : undefined,
    wifi: wifiOf(settings),
    login: loginOf(settings),
    openProofs: new Map(),
  };
}

function conversionOf(device: ShellyDevice, files: PlanRequest['files']): Conversion {
  for (const slot of shellySlots(device)) {
    const file = files.get(slot.id);
    if (file === undefined)
      throw new BenchError('USAGE', {
        message: `The firmware is missing: ${slot.title}.`,
        advice: 'Give both with --firmware takeover=FILE target=FILE.',
      });
    const reason = slot.refuses(file);
    if (reason !== undefined) throw refused(file, reason);
  }
  const takeover = files.get(TAKEOVER)!;
  const target = files.get(TARGET)!;
  const model = takeover.mongoose!.model!;
  const unfit = firstError(
    fitsPath(target, 'takeover', { model, flashSizeBytes: model.flashBytes }).problems,
  );
  if (unfit !== undefined) throw refused(target, unfit);
  const wanted = newFirmwareOf(target.product);
  if (wanted === undefined)
    throw refused(target, `nothing is known by which ${target.title} could be recognised on the network`);
  return { takeover, target, model, wanted };
}

const refused = (file: InspectedFile, reason: string): BenchError =>
  new BenchError('FIRMWARE_REFUSED', { message: `${file.path}: ${reason}`, detail: { file: file.path } });

export function warningsOf({ conversion, wifi }: ShellyPlan): string[] {
  if (conversion === undefined) return [];
  const { takeover, target, model, wanted } = conversion;
  const { targetUrl } = takeover.mongoose!;
  return [
    ...fitsPath(target, 'takeover', { model, flashSizeBytes: model.flashBytes }).problems.map(
      ({ text }) => text,
    ),
    ...(targetUrl === undefined
      ? ['The URL in the takeover archive cannot be replaced: it is safe only in a network without internet.']
      : []),
    ...(wifi === undefined && !wanted.livesAtAccessPoint
      ? ['No wifi-ssid is given: converted units wait at their own access points and stay UNSURE.']
      : []),
  ];
}

import { BenchError } from '../../src/core/errors.ts';
import type { Task } from '../../src/core/steps.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import { patchedCopy } from '../../src/firmware/patched-copy.ts';
import { fitsPath, type PathVerdict } from '../../src/firmware/path-rules.ts';
import type { WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { FirmwareSlot, PlanRequest } from '../flow.ts';
import { newFirmwareOf, wifiOf, type NewFirmware, type WantedUnit } from '../network-plug/index.ts';

/** The image as it goes to the units; whole and in memory from the plan on. */
export interface SonoffImage {
  readonly file: InspectedFile;
  /** Last part of its path; of a patched copy its own. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Of `content`, lower-case hex. */
  readonly sha256: string;
  /** What was changed against the file, one sentence each. */
  readonly changes: readonly string[];
  /** What it says of itself once it runs. */
  readonly wanted: NewFirmware;
}

/** What a batch is going to do, known before any unit is touched. */
export interface SonoffPlan {
  readonly task: Task;
  /** Of a flash. */
  readonly image: SonoffImage | undefined;
  readonly wifi: WifiSettings | undefined;
  /** By link: units that hold the image and have not answered with it yet, for looking again. */
  readonly openProofs: Map<string, WantedUnit>;
}

/** Units that DIY mode can flash are ESP8285: 1 MB of flash inside, which starts only in DOUT mode. */
const UNIT = { flashSizeBytes: 0x10_0000, needsDout: true } as const;

const fits = (file: InspectedFile): PathVerdict => fitsPath(file, 'sonoff-diy', UNIT);

export const targetSlot: FirmwareSlot = {
  id: 'target',
  title: 'what the units are to run (Tasmota, ESPHome, ESPurna), at most 508 KB',
  required: true,
  refuses: (file) => {
    const { problems, patch } = fits(file);
    const error = problems.find(({ severity }) => severity === 'error')?.text;
    if (error !== undefined && patch === undefined) return error;
    return newFirmwareOf(file.product) === undefined
      ? `Nothing is known by which ${file.title} could be recognised on the network.`
      : undefined;
  },
};

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan({ task, files, settings }: PlanRequest): Promise<SonoffPlan> {
  if (task === 'restore')
    throw new BenchError('USAGE', {
      message: 'Settings of stock firmware are kept to be read by people; no firmware takes them back.',
      advice: 'Going back to stock firmware over the network is not offered.',
    });
  if (task !== 'flash' && files.size > 0)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  const file = files.get(targetSlot.id);
  if (task === 'flash' && file === undefined)
    throw new BenchError('USAGE', {
      message: `The firmware is missing: ${targetSlot.title}.`,
      advice: 'Give it with --firmware FILE.',
    });
  return Promise.resolve({
    task,
    image: file === undefined ? undefined : imageOf(file, settings['patch'] === 'yes'),
    wifi: wifiOf(settings),
    openProofs: new Map(),
  });
}

function imageOf(file: InspectedFile, mayPatch: boolean): SonoffImage {
  const reason = targetSlot.refuses(file);
  const wanted = newFirmwareOf(file.product);
  if (reason !== undefined || wanted === undefined) throw refused(file, reason ?? 'it cannot be recognised');
  const { problems, patch } = fits(file);
  if (patch === undefined)
    return {
      file,
      name: file.path.replace(/^.*[\\/]/, ''),
      content: file.content,
      sha256: file.sha256,
      changes: [],
      wanted,
    };
  if (!mayPatch)
    throw refused(
      file,
      problems
        .filter(({ severity }) => severity === 'error')
        .map(({ text }) => text)
        .join(' '),
      'Set patch=yes: a copy that these units start is made, kept and sent; the file stays as it is.',
    );
  const { name, bytes, sha256, changes } = patchedCopy(file, patch.changes);
  return { file, name, content: bytes, sha256, changes, wanted };
}

const refused = (file: InspectedFile, reason: string, advice?: string): BenchError =>
  new BenchError('FIRMWARE_REFUSED', {
    message: `${file.path}: ${reason}`,
    detail: { file: file.path },
    ...(advice !== undefined && { advice }),
  });

export function warningsOf({ image, wifi }: SonoffPlan): string[] {
  if (image === undefined) return [];
  return [
    'Units that are locked ask their vendor over the internet to unlock them, once: their network must lead there until then.',
    ...fits(image.file)
      .problems.filter(({ severity }) => severity === 'warning')
      .map(({ text }) => text),
    ...image.changes.map((change) => `Sent is ${image.name}, a changed copy. ${change}`),
    ...(wifi === undefined && !image.wanted.livesAtAccessPoint
      ? [
          'No wifi-ssid is given: units that do not find the Wi-Fi by themselves wait at their own access points and stay UNSURE.',
        ]
      : []),
  ];
}

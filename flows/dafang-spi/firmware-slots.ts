import { dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../src/firmware/dafang/identity.ts';
import type { FirmwareKind, InspectedFile } from '../../src/firmware/inspect.ts';
import type { FirmwareSlot } from '../flow.ts';

function slot(
  id: string,
  title: string,
  kind: FirmwareKind,
  more: (file: InspectedFile) => string | undefined = () => undefined,
): FirmwareSlot {
  return {
    id,
    title,
    required: false,
    refuses: (file) => {
      const broken = file.problems.find(({ severity }) => severity === 'error');
      if (broken) return broken.text;
      if (file.kind !== kind) return `${file.title} is no ${title}.`;
      return more(file);
    },
  };
}

/** Two squashfs go to this camera, and nothing in them tells which is which but their size. */
const DRIVER_BYTES = dafangPart('driver').size;
const used = (file: InspectedFile) => (file.parts[0]?.partition === 'root' ? 'root' : 'driver');

function tooLarge(name: 'root' | 'driver' | 'appfs' | 'para', file: InspectedFile): string | undefined {
  const { size } = dafangPart(name);
  return file.content.length > size
    ? `The file has ${file.content.length} bytes, the part ${name} only ${size}.`
    : undefined;
}

export const dafangSlots: readonly FirmwareSlot[] = [
  slot('boot', 'Dafang boot loader (SPL and U-Boot)', 'dafang-boot'),
  slot('demo', 'demo.bin (kernel, root, driver and appfs)', 'dafang-demo'),
  slot('kernel', 'kernel uImage', 'dafang-kernel'),
  slot('root', 'root squashfs', 'squashfs', (file) =>
    used(file) === 'root'
      ? tooLarge('root', file)
      : `It uses less than ${DRIVER_BYTES} bytes: this is a driver squashfs, not the root.`,
  ),
  slot('driver', 'driver squashfs', 'squashfs', (file) =>
    used(file) === 'driver'
      ? tooLarge('driver', file)
      : `It uses more than ${DRIVER_BYTES} bytes: this is a root squashfs, not the drivers.`,
  ),
  slot('appfs', 'appfs jffs2', 'jffs2', (file) =>
    file.content.length <= dafangPart('config').size
      ? 'It is as small as config or para, and not the application: those two belong to one camera alone.'
      : tooLarge('appfs', file),
  ),
  slot('base', 'older dump of this camera, for a new chip', 'dafang-full-flash'),
  slot('para', 'para of this camera (its identity)', 'dafang-para', (file) =>
    identityOf(file.content).mac === undefined ? 'There is no MAC in it.' : tooLarge('para', file),
  ),
];

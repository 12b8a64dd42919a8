import { unitSecrets } from '../../esp/images/unit-secrets.ts';
import { Random } from '../../esp/images/random.ts';
import { words } from '../../bytes.ts';
import { rbootConfigSector, type RbootSlot } from '../../plug/boot/rboot-config.ts';
import { filesRegion } from '../mongoose/file-system.ts';
import { merged, SETTINGS_FILE, type Tree } from '../mongoose/settings.ts';
import { shellyId, type ShellyModel } from '../models.ts';
import { rbootImage, stockImage, takeoverImage } from './stock-images.ts';

export const SHELLY_FLASH_BYTES = 2_097_152;
const SLOT_DISTANCE = 0x10_0000;
/** As the file systems of published zips lie (`addr` of their `fs` part), 256 KiB of it. */
const FILES_OFFSET = 0xb_b000;
const FILES_BYTES = 0x4_0000;
const SYSTEM_SECTOR = 0x1f_c000;

/** Two slots: the first right behind the boot config, the second 1 MiB on. */
export const shellySlots = (model: ShellyModel): readonly RbootSlot[] =>
  [0, SLOT_DISTANCE].map((distance) => {
    const first = model.bootConfigOffset + 0x1000;
    return {
      firmwareOffset: first + distance,
      firmwareBytes: FILES_OFFSET - first,
      filesOffset: FILES_OFFSET + distance,
      filesBytes: FILES_BYTES,
    };
  });

export interface FactoryOptions {
  readonly model: ShellyModel;
  readonly mac: string;
  readonly unit: number;
  readonly fw: string;
  /** On no network yet: it opens its own access point. */
  readonly isNew?: boolean;
  /** Over what every unit has. */
  readonly settings?: Tree;
  /** It is halfway in a conversion: the intermediate firmware runs, from the second slot, and fetches from there. */
  readonly takeoverUrl?: string;
}

/** Flash of a unit as it left the factory, or halfway in a conversion. Every second one has had an update in its life and runs from the second slot. */
export function shellyFlash(options: FactoryOptions): Uint8Array {
  const { model, unit, takeoverUrl } = options;
  const flash = new Uint8Array(SHELLY_FLASH_BYTES).fill(0xff);
  const slots = shellySlots(model);
  const current = unit % 2 === 0 || takeoverUrl != null ? 1 : 0;
  const slot = slots[current]!;
  flash.set(rbootImage());
  flash.set(
    rbootConfigSector({
      current,
      previous: current,
      isFirstBoot: false,
      isUncommitted: false,
      attempts: 0,
      slots,
    }),
    model.bootConfigOffset,
  );
  const image = takeoverUrl == null ? stockImage(model, options.fw) : takeoverImage(model, takeoverUrl);
  flash.set(image, slot.firmwareOffset);
  const files = new Map([
    ['index.html', '<!DOCTYPE html><title>practice shelly</title>'],
    [SETTINGS_FILE, JSON.stringify(settingsOf(options))],
  ]);
  flash.set(filesRegion(files, slot.filesBytes), slot.filesOffset);
  flash.set(new Random(61).bytes(128), SYSTEM_SECTOR);
  flash.set(words(0, 1, 0x55aa_55aa), SYSTEM_SECTOR + 0x3000);
  return flash;
}

function settingsOf({ model, mac, unit, isNew, settings = {} }: FactoryOptions): Tree {
  const { ssid, password } = unitSecrets(unit);
  const station: Tree =
    isNew === true ? { enable: false, ssid: '', pass: '' } : { enable: true, ssid, pass: password };
  return merged({ device: { id: shellyId(model, mac) }, wifi: { sta: station } }, settings);
}

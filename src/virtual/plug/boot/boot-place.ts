import { hex } from '../../bytes.ts';
import { IMAGE_MAGIC, parseImage } from '../../esp/boot/image.ts';
import type { PlugChip } from '../plug-firmware.ts';
import { findRbootConfig } from './rboot-config.ts';

/** What the boot loader in flash starts, or why nothing starts. */
export type BootPlace =
  | {
      /** `eboot`: the Arduino core's, application at 0x1000. `rboot`: slots by a config, of Mongoose OS or HAA. */
      readonly loader: 'eboot' | 'rboot';
      readonly appOffset: number;
      /** Of rboot; its number in the config. */
      readonly slot?: number;
    }
  | { readonly dead: string };

/** eboot is one segment in this stretch of RAM. */
const EBOOT_ADDRESS = 0x4010_f000;
export const EBOOT_APP_OFFSET = 0x1000;
/** Where an rboot without a config looks first. */
const RBOOT_FIRST_SLOT = 0x2000;
/** Application image of SDK v2, with its flash-mapped part in front. */
export const APP_V2_MAGIC = 0xea;
const DOUT = 3;
const MOST_SEGMENTS = 16;

/** By content alone: ROM, then the boot loader it finds at 0, then the application that one would start. */
export function bootPlace(flash: Uint8Array, chip: Pick<PlugChip, 'onlyDout'>): BootPlace {
  const first = parseImage(flash, 0, 'esp8266');
  if (typeof first === 'string') return { dead: `no boot loader at 0x0 (${first})` };
  if (first.checksum !== first.expectedChecksum)
    return { dead: 'the boot loader at 0x0 is damaged (checksum)' };
  if (chip.onlyDout && first.mode !== DOUT)
    return { dead: 'the image at 0x0 is not DOUT: this flash cannot be read that way' };
  const [segment] = first.segments;
  if (first.segments.length === 1 && segment?.address === EBOOT_ADDRESS) return ebootPlace(flash, chip);
  if (first.segments.length > 1) return rbootPlace(flash);
  return { dead: 'what stands at 0x0 is no boot loader' };
}

function ebootPlace(flash: Uint8Array, chip: Pick<PlugChip, 'onlyDout'>): BootPlace {
  const app = parseImage(flash, EBOOT_APP_OFFSET, 'esp8266');
  if (typeof app === 'string') return { dead: `no application at 0x1000 (${app})` };
  if (app.checksum !== app.expectedChecksum)
    return { dead: 'the application at 0x1000 is damaged: it crashes at its start (checksum)' };
  if (chip.onlyDout && app.mode !== DOUT)
    return { dead: 'the application at 0x1000 is not DOUT: this flash cannot be read that way' };
  return { loader: 'eboot', appOffset: EBOOT_APP_OFFSET };
}

function rbootPlace(flash: Uint8Array): BootPlace {
  const config = findRbootConfig(flash)?.config;
  if (config == null)
    return isApp(flash, RBOOT_FIRST_SLOT)
      ? { loader: 'rboot', appOffset: RBOOT_FIRST_SLOT, slot: 0 }
      : { dead: `rboot finds no application at 0x${hex(RBOOT_FIRST_SLOT)}` };
  for (const slot of new Set([config.current, config.previous])) {
    const { firmwareOffset } = config.slots[slot]!;
    if (isApp(flash, firmwareOffset)) return { loader: 'rboot', appOffset: firmwareOffset, slot };
  }
  return { dead: 'rboot finds no application in its slots' };
}

/** What rboot looks at: the magic and a number of segments. */
function isApp(flash: Uint8Array, offset: number): boolean {
  const magic = flash[offset];
  const segments = flash[offset + 1] ?? 0;
  return (magic === IMAGE_MAGIC || magic === APP_V2_MAGIC) && segments > 0 && segments <= MOST_SEGMENTS;
}

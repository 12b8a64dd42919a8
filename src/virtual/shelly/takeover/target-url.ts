import { textOfBytes } from '../images/firmware-text.ts';
import { parseTree, settingAt } from '../mongoose/settings.ts';

/** Compiled into the published one for Tasmota; on the practice LAN there is no way to it. */
export const DEFAULT_TARGET_URL = 'https://ota.tasmota.com/tasmota/release/tasmota.bin';

/** Addresses of files; a firmware holds others too, of its makers' pages. */
const FILE_URL = /\0(https?:\/\/[\x21-\x7e]{4,200}\.(?:bin|bin\.gz)(?:\?[\x21-\x7e]{0,100})?)\0/;
/** Settings as text in a file system, whatever its kind. */
const URL_SETTING = /"mg2x"\s*:\s*\{[^{}]*?"url"\s*:\s*"([^"\\]{1,200})"/;

/** `mg2x.url` where nothing was set on the unit: of the files that came with it, else compiled in. */
export function targetUrlOf(firmware: Uint8Array, filesRegion: Uint8Array): string {
  return (
    URL_SETTING.exec(textOfBytes(filesRegion))?.[1] ??
    FILE_URL.exec(textOfBytes(firmware))?.[1] ??
    DEFAULT_TARGET_URL
  );
}

/** The settings file that such a region amounts to, to be kept when it is formatted anew. */
export function defaultsOf(filesRegion: Uint8Array): Map<string, string> {
  const url = URL_SETTING.exec(textOfBytes(filesRegion))?.[1];
  return new Map(url == null ? [] : [['conf0.json', JSON.stringify({ mg2x: { url } })]]);
}

/** What a settings file says of it. */
export function urlInSettings(text: string | undefined): string | undefined {
  const url = settingAt(parseTree(text ?? '{}'), 'mg2x.url');
  return typeof url === 'string' ? url : undefined;
}

import { httpUpdate } from '../arduino/http-update.ts';
import type { TasmotaUnit } from './unit.ts';

/** Attempts, counted down before each: the last one is not made. */
const ATTEMPTS = 5;
const BETWEEN_MS = 2000;

/**
 * Upgrade by URL (reference section 5.4). The same URL is asked for again after a failure, with `.gz` behind it the last
 * time; where space is short, the minimal build beside it. The answer is what Tasmota publishes in the end.
 */
export async function upgradeByUrl(unit: TasmotaUnit): Promise<string> {
  const { plug, build, sketch, signal } = unit;
  let wantsMinimal = false;
  let failure = '';
  await unit.settings.pin();
  for (let left = ATTEMPTS - 1; left > 0; left--) {
    signal.throwIfAborted();
    let url = otaUrl(unit);
    if (wantsMinimal) url = minimalUrl(url);
    // Seen in the source: it is compared with the whole URL, so that a name that ends so gets it once more.
    if (left < Math.floor(ATTEMPTS / 2)) url += '.gz';
    unit.print(`UPL: ${url}`);
    const result = await httpUpdate(plug, {
      url,
      sketch,
      updater: unit.updater,
      sdkVersion: build.sdk,
      tellsChipId: build.tellsChipId,
      signal,
    });
    signal.throwIfAborted();
    if (result.kind !== 'failed') {
      if (result.kind === 'staged') await unit.updateStaged();
      if (wantsMinimal && result.kind === 'staged') plug.rtc.user = { ...plug.rtc.user, wantsFull: 1 };
      return 'Successful. Restarting';
    }
    failure = result.text;
    plug.log(`${url}: ${failure}`);
    if (!build.isMinimal && (result.why === 'tooLittleSpace' || result.why === 'wrongFlash'))
      wantsMinimal = true;
    await plug.wait(BETWEEN_MS, signal);
  }
  unit.settings.unpin();
  return `Failed ${failure}`;
}

/** `%d` and `%04d` in it stand for the number of the chip. */
function otaUrl({ settings, plug }: TasmotaUnit): string {
  const number = chipNumber(plug.chip.mac);
  return settings
    .text('OtaUrl')
    .replace('%04d', String(number).padStart(4, '0'))
    .replace('%d', String(number));
}

/** The lower 13 bits of the chip's number, as Tasmota puts them behind its name. */
export const chipNumber = (mac: string): number =>
  Number.parseInt(mac.slice(9).replaceAll(':', ''), 16) & 0x1fff;

/** `/tasmota-de.bin.gz` becomes `/tasmota-minimal.bin.gz`; only the file name is looked at. */
export function minimalUrl(url: string): string {
  const file = url.lastIndexOf('/') + 1;
  const name = url.slice(file);
  const dot = name.indexOf('.');
  const ending = dot < 0 ? '' : name.slice(dot);
  const dash = name.lastIndexOf('-');
  const stem = dash >= 0 ? name.slice(0, dash) : dot < 0 ? name : name.slice(0, dot);
  return `${url.slice(0, file)}${stem}-minimal${ending}`;
}

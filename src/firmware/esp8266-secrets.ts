import { isFilled } from './bytes.ts';
import type { EspImage } from './esp-image.ts';
import { credentialsText } from './esp32-secrets.ts';
import type { BackupFacts, Product } from './firmware-file.ts';
import type { Fact } from './image-report.ts';
import { findWifiInText, readSdkSector, type WifiFinding } from './wifi-credentials.ts';

const SECTOR_BYTES = 0x1000;

/** Where a product keeps its credentials, as far as a dump does not show them. */
const KEPT_ELSEWHERE: Readonly<Record<string, string>> = {
  Tasmota: 'Tasmota keeps them in its own settings area',
  ESPHome: 'ESPHome usually compiles them into the application',
  'Mongoose OS': 'Mongoose OS keeps them in its file system',
};

/** The SDK's parameter sectors at the end of the configured and of the real flash, JSON text, and what is known of products. */
export function searchEsp8266Secrets(
  content: Uint8Array,
  images: readonly (EspImage | undefined)[],
  product: Product | undefined,
): { readonly backup: Omit<BackupFacts, 'runs'>; readonly facts: readonly Fact[] } {
  const ends = new Set([content.length, images[0]?.sizeBytes ?? content.length]);
  const findings: WifiFinding[] = [];
  const unsure: string[] = [];
  for (const end of ends) {
    if (end > content.length) continue;
    // Two copies, of which the last sector tells the valid one: both can be read, so both count.
    for (const start of [end - 3 * SECTOR_BYTES, end - 2 * SECTOR_BYTES]) {
      const sector = content.subarray(start, start + SECTOR_BYTES);
      const found = readSdkSector(sector);
      if (found === 'unknown') unsure.push('the SDK parameters have a form that is not known');
      else if (found !== 'unset') findings.push(found);
    }
  }
  findings.push(...findWifiInText(content));

  const blankData = hasOnlyBlankData(content, images);
  const elsewhere = product == null ? undefined : KEPT_ELSEWHERE[product.name];
  if (elsewhere != null && (!blankData || product?.name === 'ESPHome')) unsure.push(elsewhere);
  else if (!blankData) unsure.push('there is data whose form is not known');
  const state = findings.length > 0 ? 'found' : unsure.length > 0 ? 'unknown' : 'none';
  const ssids = [...new Set(findings.map(({ ssid }) => ssid))];
  return {
    backup: { wifiCredentials: state, ssids, secrets: [], blankData },
    facts: [{ label: 'Wi-Fi credentials', value: credentialsText(state, findings, unsure) }],
  };
}

/** True when all behind the images is erased, but for the five system sectors at the end (calibration, parameters). */
function hasOnlyBlankData(content: Uint8Array, images: readonly (EspImage | undefined)[]): boolean {
  const used = Math.max(...images.map((image) => (image == null || image.truncated ? 0 : image.end)));
  const start = Math.ceil(used / SECTOR_BYTES) * SECTOR_BYTES;
  return isFilled(content.subarray(start, Math.max(start, content.length - 5 * SECTOR_BYTES)), 0xff);
}

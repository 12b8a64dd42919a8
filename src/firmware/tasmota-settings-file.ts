import type { Findings } from './findings.ts';
import type { EspChipName } from './firmware-file.ts';
import { parseTasmotaSettings } from './tasmota-settings.ts';

const CHIP_NAMES: readonly EspChipName[] = [
  ...(['ESP8266', 'ESP32', 'ESP32-S2', 'ESP32-S3', 'ESP32-C2', 'ESP32-C3', 'ESP32-C6', 'ESP32-H2'] as const),
];

/** Undefined when this is no settings backup of Tasmota. No setting is shown: most are secrets of the house. */
export function describeTasmotaSettings(content: Uint8Array): Findings | undefined {
  const backup = parseTasmotaSettings(content);
  if (backup == null) return undefined;
  const { versionText, chip, isSound, files, form } = backup;
  return {
    kind: 'tasmota-settings',
    chip: CHIP_NAMES.find((name) => name === chip),
    title: `Settings backup of Tasmota ${versionText} (${chip})`,
    facts: [
      { label: 'Tasmota', value: versionText },
      { label: 'Chip family', value: chip },
      { label: 'Form', value: form === 'bare' ? 'settings alone' : 'settings with files of drivers' },
      ...(files.length === 0 ? [] : [{ label: 'Files', value: files.join(' ') }]),
      { label: 'CRC', value: isSound ? 'fits' : 'WRONG' },
      { label: 'Secrets', value: 'holds the Wi-Fi password and others: keep it private' },
    ],
    problems: isSound
      ? []
      : [
          {
            severity: 'error',
            text: 'The settings do not fit their checksum, or the file is cut short: it must not be restored.',
          },
        ],
    parts: [],
  };
}

import { sanitize } from '../../core/text.ts';
import type { AnnouncedService } from '../../drivers/http/port.ts';
import { plainMac } from '../plugs/mac.ts';

/** The service of the native API, with which every ESPHome unit says what it runs. */
export const ESPHOME_SERVICE = '_esphomelib._tcp';

/** What a unit announces of itself. Texts are safe to show. */
export interface EspHomeAnnouncement {
  readonly name: string;
  readonly host: string;
  /** Lower case with colons. */
  readonly mac?: string;
  /** Of the ESPHome that built what runs: `2024.6.0`. */
  readonly version?: string;
  /** `ESP8266`, `ESP32`, or the name of another chip. */
  readonly platform?: string;
  /** As its YAML names it: `esp01_1m`, `esp32-c3-devkitm-1`. */
  readonly board?: string;
  /** Of newer builds: changes with the YAML. */
  readonly configHash?: string;
  /** Of builds that have a project: name and version of it. */
  readonly project?: string;
}

/** Undefined for what is no announcement of ESPHome. */
export function readEspHome(service: AnnouncedService): EspHomeAnnouncement | undefined {
  if (service.type !== ESPHOME_SERVICE) return undefined;
  const { txt } = service;
  const text = (key: string): string | undefined => {
    const value = sanitize(txt[key] ?? '').slice(0, 60);
    return value === '' ? undefined : value;
  };
  const mac = plainMac(txt['mac'] ?? '');
  const project = [text('project_name'), text('project_version')].filter(Boolean).join(' ');
  const fields = {
    mac,
    version: text('version'),
    platform: text('platform'),
    board: text('board'),
    configHash: text('config_hash'),
    project: project === '' ? undefined : project,
  };
  return {
    name: sanitize(service.name).slice(0, 60),
    host: service.at.host,
    ...(Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== undefined),
    ) as Partial<EspHomeAnnouncement>),
  };
}

/**
 * What two announcements say of the build: equal texts prove nothing, different ones are another build. Never holds
 * the address, which a restart may change.
 */
export const buildText = ({ version, configHash, project, board }: EspHomeAnnouncement): string =>
  [version, configHash, project, board].map((part) => part ?? '-').join(' ');

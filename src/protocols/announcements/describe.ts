import { sanitize } from '../../core/text.ts';
import type { AnnouncedService } from '../../drivers/http/port.ts';

/** The services of devices that can be flashed over the network; all that is asked for in a search. */
export const ANNOUNCED_TYPES = [
  '_http._tcp',
  '_shelly._tcp',
  '_ewelink._tcp',
  '_esphomelib._tcp',
  '_arduino._tcp',
] as const;

/** What a device says of itself by mDNS. Texts are safe to show. */
export interface AnnouncedDevice {
  /** `Shelly plug-s`, `Sonoff in DIY mode (diy_plug)`. */
  readonly model: string;
  /** `shellyplug-s-A1B2C3` */
  readonly name: string;
  /** What it runs, where it tells. */
  readonly firmware?: string;
  /** Lower case with colons, where it tells the whole of it. */
  readonly mac?: string;
  /** The last six digits of it, lower case; there with `mac` too. */
  readonly macTail?: string;
  /** Undefined where no link can name it. */
  readonly link?: string;
}

/** Undefined for what is none of these devices: printers and routers announce `_http._tcp` too. */
export function describeAnnouncement(service: AnnouncedService): AnnouncedDevice | undefined {
  const described = DESCRIBERS[service.type]?.(service);
  if (!described) return undefined;
  const { id, ...device } = described;
  return { ...device, name: sanitize(service.name), ...macOf(id) };
}

interface Described extends Pick<AnnouncedDevice, 'model' | 'firmware' | 'link'> {
  /** Ends with the MAC or with its last six digits. */
  readonly id: string;
}

const text = ({ txt }: AnnouncedService, key: string): string => sanitize(txt[key] ?? '');

const DESCRIBERS: Readonly<Record<string, (service: AnnouncedService) => Described | undefined>> = {
  '_http._tcp': (service) => (isShelly(service) ? describeShelly(service) : undefined),
  '_shelly._tcp': (service) => describeShelly(service),
  '_ewelink._tcp': (service) => {
    const type = text(service, 'type');
    const isDiy = type.startsWith('diy');
    return {
      model: isDiy
        ? `Sonoff in DIY mode (${type})`
        : `eWeLink device, not in DIY mode (${type || 'unknown'})`,
      id: '',
      ...(isDiy && { link: httpLink(service) }),
    };
  },
  '_esphomelib._tcp': (service) => {
    const board = text(service, 'board') || text(service, 'platform');
    return {
      model: board === '' ? 'ESPHome device' : `ESPHome device (${board})`,
      id: text(service, 'mac'),
      firmware: `ESPHome ${text(service, 'version')}`.trim(),
      // Its updater listens on another port than its API, which is what it announces.
      link: `esphome://${service.at.host}`,
    };
  },
  '_arduino._tcp': (service) => {
    const board = text(service, 'target_board') || text(service, 'board');
    const app = [text(service, 'app_name'), text(service, 'app_version')].filter(Boolean).join(' ');
    return {
      model: board === '' ? 'device with Arduino updates' : `device with Arduino updates (${board})`,
      id: '',
      ...(app !== '' && { firmware: app }),
    };
  },
};

const shellyId = (service: AnnouncedService): string => text(service, 'id') || sanitize(service.name);
const isShelly = (service: AnnouncedService): boolean => /^shelly/i.test(shellyId(service));

/** One of the second generation announces itself by both services, with the same texts. */
function describeShelly(service: AnnouncedService): Described {
  const id = shellyId(service);
  const app = text(service, 'app');
  return {
    model: app === '' ? shellyModel(id) : `Shelly ${app}`,
    id,
    link: httpLink(service),
    ...shellyFirmware(text(service, 'ver'), text(service, 'fw_version')),
  };
}

function shellyFirmware(version: string, firstGenerationVersion: string): { readonly firmware?: string } {
  if (version !== '') return { firmware: version };
  // The stock firmware of the first generation says 1.0 whatever it is.
  const isStock = firstGenerationVersion === '' || firstGenerationVersion === '1.0';
  return isStock ? {} : { firmware: `shelly-homekit ${firstGenerationVersion}` };
}

/** `shellyplug-s-A1B2C3` is a `Shelly plug-s`. */
function shellyModel(id: string): string {
  const stem = /^shelly(.*?)-[0-9a-f]{6,12}$/i.exec(id)?.[1];
  return stem === undefined || stem === '' ? 'Shelly' : `Shelly ${stem}`;
}

const httpLink = ({ at }: AnnouncedService): string =>
  at.port === 80 ? `http://${at.host}` : `http://${at.host}:${at.port}`;

function macOf(id: string): Pick<AnnouncedDevice, 'mac' | 'macTail'> {
  const digits = /(?:^|[^0-9a-f])([0-9a-f]{12}|[0-9a-f]{6})$/i.exec(id)?.[1]?.toLowerCase();
  if (digits === undefined) return {};
  const mac = digits.length === 12 ? digits.match(/../g)?.join(':') : undefined;
  return { ...(mac !== undefined && { mac }), macTail: digits.slice(-6) };
}

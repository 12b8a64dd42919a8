import * as z from 'zod';
import { CodecError } from '../../core/codec-error.ts';
import { sanitize } from '../../core/text.ts';
import { parseVersion, type TasmotaVersion } from './version.ts';

/** What a unit says of itself (`Status 0`). Texts are sanitised; what it does not say is missing. */
export interface TasmotaStatus {
  readonly version: TasmotaVersion;
  /** As it says it: `9.2.0(tasmota)`. */
  readonly versionText: string;
  /** Lower case with colons. */
  readonly mac: string;
  readonly hostname?: string;
  /** Of the Wi-Fi interface, as it says it. */
  readonly address?: string;
  readonly deviceName?: string;
  readonly module?: number;
  /** `ESP8266EX`, `ESP8285N08`, `ESP32-...`; missing before 9. */
  readonly hardware?: string;
  /** `2021-01-23T20:04:54`: when the firmware that runs was compiled. */
  readonly builtAt?: string;
  /** Bytes of the firmware that runs, in whole KiB. */
  readonly programKiB?: number;
  /** Between the end of the firmware that runs and where the update area ends, KiB. */
  readonly freeKiB?: number;
  /** Of the chip, KiB; what the firmware was built for stands in `programFlashKiB`. */
  readonly flashKiB?: number;
  readonly programFlashKiB?: number;
  readonly uptimeSeconds?: number;
  readonly bootCount?: number;
  readonly restartReason?: string;
  readonly otaUrl?: string;
  /** 0 to 100. */
  readonly rssiPercent?: number;
  /** dBm; missing before 8. */
  readonly signalDbm?: number;
  readonly ssid?: string;
}

const optional = <T extends z.ZodType>(type: T) => type.optional().catch(undefined);
const text = optional(
  z
    .string()
    .max(200)
    .transform((said) => sanitize(said)),
);
const count = optional(z.number().int().nonnegative().max(1e9));
/** A group that is missing or no object is one that says nothing. */
const group = <T extends z.ZodRawShape>(shape: T) =>
  z.preprocess((value) => (typeof value === 'object' && value !== null ? value : {}), z.object(shape));

const schema = z.object({
  Status: group({ DeviceName: text, Module: count }),
  StatusPRM: group({
    Uptime: optional(z.union([z.string().max(40), z.number()])),
    BootCount: count,
    RestartReason: text,
    OtaUrl: text,
  }),
  StatusFWR: z.object({ Version: z.string().max(80), BuildDateTime: text, Hardware: text }),
  StatusMEM: group({ ProgramSize: count, Free: count, FlashSize: count, ProgramFlashSize: count }),
  StatusNET: z.object({ Mac: z.string().max(40), Hostname: text, IPAddress: text }),
  StatusSTS: group({
    UptimeSec: count,
    Wifi: group({ SSId: text, RSSI: count, Signal: optional(z.number().min(-130).max(0)) }),
  }),
});

/** Throws CodecError for what is no status of a Tasmota: without a version or a MAC nothing can be done with it. */
export function parseStatus(answer: Readonly<Record<string, unknown>>): TasmotaStatus {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new CodecError('no status of a Tasmota');
  const { Status, StatusPRM, StatusFWR, StatusMEM, StatusNET, StatusSTS } = parsed.data;
  const version = parseVersion(StatusFWR.Version);
  if (version == null) throw new CodecError('no version of a Tasmota');
  const mac = StatusNET.Mac.toLowerCase();
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw new CodecError('no MAC');
  const uptimeSeconds = StatusSTS.UptimeSec ?? parseUptime(StatusPRM.Uptime);
  return withoutUndefined({
    version,
    versionText: sanitize(StatusFWR.Version),
    mac,
    hostname: StatusNET.Hostname,
    address: StatusNET.IPAddress,
    deviceName: Status.DeviceName,
    module: Status.Module,
    hardware: StatusFWR.Hardware,
    builtAt: StatusFWR.BuildDateTime,
    programKiB: StatusMEM.ProgramSize,
    freeKiB: StatusMEM.Free,
    flashKiB: StatusMEM.FlashSize,
    programFlashKiB: StatusMEM.ProgramFlashSize,
    uptimeSeconds,
    bootCount: StatusPRM.BootCount,
    restartReason: StatusPRM.RestartReason,
    otaUrl: StatusPRM.OtaUrl,
    rssiPercent: StatusSTS.Wifi.RSSI == null ? undefined : Math.min(100, StatusSTS.Wifi.RSSI),
    signalDbm: StatusSTS.Wifi.Signal,
    ssid: StatusSTS.Wifi.SSId,
  });
}

/** `1T02:03:04`; before 6 whole hours as a number. */
function parseUptime(value: string | number | undefined): number | undefined {
  if (typeof value === 'number') return value * 3600;
  const found = /^(\d{1,5})T(\d\d):(\d\d):(\d\d)$/.exec(value ?? '');
  if (found == null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map(Number);
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

type Known<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

const withoutUndefined = <T extends object>(value: T): Known<T> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Known<T>;

import { freeSketchBytes, headerFlashBytes } from '../arduino/sketch.ts';
import type { TasmotaUnit } from './unit.ts';

type Json = Record<string, unknown>;

/** dBm to percent as Tasmota has it. */
export const signalPercent = (dbm: number): number => Math.min(100, Math.max(0, 2 * (dbm + 100)));

/** Groups of the Status command by number; 0 is all of them. */
export function statusOf(unit: TasmotaUnit, group: number | undefined): Json | undefined {
  const groups: Readonly<Record<number, () => Json>> = {
    1: () => ({ StatusPRM: parameters(unit) }),
    2: () => ({ StatusFWR: firmware(unit) }),
    3: () => ({ StatusLOG: logging(unit) }),
    4: () => ({ StatusMEM: memory(unit) }),
    5: () => ({ StatusNET: network(unit) }),
    6: () => ({ StatusMQT: mqtt(unit) }),
    7: () => ({ StatusTIM: time(unit) }),
    10: () => ({ StatusSNS: { Time: localTime(unit) } }),
    11: () => ({ StatusSTS: state(unit) }),
  };
  if (group == null) return { Status: summary(unit) };
  if (group === 0)
    return Object.assign({ Status: summary(unit) }, ...Object.values(groups).map((each) => each())) as Json;
  return groups[group === 8 ? 10 : group]?.();
}

function summary({ settings }: TasmotaUnit): Json {
  return {
    Module: settings.module,
    DeviceName: settings.text('DeviceName'),
    FriendlyName: [settings.text('FriendlyName1')],
    Topic: settings.text('Topic'),
    ButtonTopic: settings.text('ButtonTopic') || '0',
    Power: settings.power ? 1 : 0,
    PowerOnState: 3,
    LedState: 1,
    LedMask: 'FFFF',
    SaveData: 1,
    SaveState: 1,
    SwitchTopic: settings.text('SwitchTopic') || '0',
    SwitchMode: [0, 0, 0, 0, 0, 0, 0, 0],
    ButtonRetain: 0,
    SwitchRetain: 0,
    SensorRetain: 0,
    PowerRetain: 0,
  };
}

const REASONS = { power: 'Power On', restart: 'Software/System restart', watchdog: 'Exception' } as const;

function parameters(unit: TasmotaUnit): Json {
  const { settings, plug } = unit;
  return {
    Baudrate: 115200,
    SerialConfig: '8N1',
    GroupTopic: settings.text('GroupTopic1'),
    OtaUrl: settings.text('OtaUrl'),
    RestartReason: REASONS[plug.startedBy],
    Uptime: uptimeText(unit.uptimeSeconds),
    StartupUTC: isoSeconds(plug.clock.now() - unit.uptimeSeconds * 1000),
    Sleep: 50,
    CfgHolder: 4617,
    BootCount: settings.bootCount,
    SaveCount: settings.saveCount,
    SaveAddress: settings.slotOffset.toString(16).toUpperCase(),
  };
}

function firmware({ build, plug }: TasmotaUnit): Json {
  return {
    Version: `${build.version}(${build.variant})`,
    BuildDateTime: build.builtAt,
    Boot: 31,
    Core: build.core,
    SDK: build.sdk,
    CpuFrequency: 80,
    Hardware: hardware(plug.chip.onlyDout),
    CR: '354/699',
  };
}

export const hardware = (onlyDout: boolean): string => (onlyDout ? 'ESP8285' : 'ESP8266EX');

function logging({ settings }: TasmotaUnit): Json {
  const flags = (first: number) =>
    Array.from({ length: 32 }, (_, bit) => settings.option(first + bit) ?? 0)
      .reduce((word, bit, at) => word + bit * 2 ** at, 0)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0');
  const params = Array.from({ length: 18 }, (_, index) => settings.option(32 + index) ?? 0);
  return {
    SerialLog: 2,
    WebLog: 2,
    MqttLog: 0,
    SysLog: 0,
    LogHost: settings.text('LogHost'),
    LogPort: 514,
    SSId: [settings.text('SSId1'), settings.text('SSId2')],
    TelePeriod: 300,
    Resolution: '558180C0',
    SetOption: [
      flags(0),
      Buffer.from(params).toString('hex').toUpperCase(),
      flags(50),
      flags(82),
      flags(114),
    ],
  };
}

function memory({ plug, sketch }: TasmotaUnit): Json {
  const chipId = plug.chip.flashBytes === 2 * 1024 * 1024 ? '1540EF' : '1440EF';
  return {
    ProgramSize: Math.floor(sketch.sizeBytes / 1024),
    Free: Math.floor(freeSketchBytes(sketch.sizeBytes) / 1024),
    Heap: 26,
    ProgramFlashSize: (headerFlashBytes(sketch.sizeId) ?? plug.chip.flashBytes) / 1024,
    FlashSize: plug.chip.flashBytes / 1024,
    FlashChipId: chipId,
    FlashFrequency: 40,
    FlashMode: sketch.mode,
  };
}

function network(unit: TasmotaUnit): Json {
  const { build, plug, settings, address = '0.0.0.0' } = unit;
  const gateway = address.replace(/\d+$/, '1');
  return {
    Hostname: unit.hostName,
    IPAddress: address,
    Gateway: gateway,
    Subnetmask: '255.255.255.0',
    DNSServer: gateway,
    Mac: plug.chip.mac.toUpperCase(),
    Webserver: 2,
    ...(build.knowsReferer && { HTTP_API: settings.option(128) }),
    WifiConfig: 4,
    WifiPower: 17,
  };
}

function mqtt({ plug, settings }: TasmotaUnit): Json {
  return {
    MqttHost: settings.text('MqttHost'),
    MqttPort: 1883,
    MqttClientMask: 'DVES_%06X',
    MqttClient: `DVES_${plug.chip.mac.slice(9).replaceAll(':', '').toUpperCase()}`,
    MqttUser: settings.text('MqttUser'),
    MqttCount: 0,
    MAX_PACKET_SIZE: 1200,
    KEEPALIVE: 30,
  };
}

function time(unit: TasmotaUnit): Json {
  const now = localTime(unit);
  return { UTC: now, Local: now, StartDST: '', EndDST: '', Timezone: '+00:00' };
}

function state(unit: TasmotaUnit): Json {
  return {
    Time: localTime(unit),
    Uptime: uptimeText(unit.uptimeSeconds),
    UptimeSec: unit.uptimeSeconds,
    Heap: 26,
    SleepMode: 'Dynamic',
    Sleep: 50,
    LoadAvg: 19,
    MqttCount: 0,
    POWER: unit.settings.power ? 'ON' : 'OFF',
    Wifi: {
      AP: 1,
      SSId: unit.settings.text('SSId1'),
      BSSId: '02:00:5E:10:00:01',
      Channel: 6,
      RSSI: signalPercent(unit.plug.wifi.rssiDbm),
      Signal: unit.plug.wifi.rssiDbm,
      LinkCount: 1,
      Downtime: '0T00:00:03',
    },
  };
}

const isoSeconds = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
const localTime = ({ plug }: TasmotaUnit): string => isoSeconds(plug.clock.now());

/** `0T00:01:23`. */
export function uptimeText(seconds: number): string {
  const two = (value: number) => String(Math.floor(value) % 60).padStart(2, '0');
  const hours = String(Math.floor(seconds / 3600) % 24).padStart(2, '0');
  return `${Math.floor(seconds / 86_400)}T${hours}:${two(seconds / 60)}:${two(seconds)}`;
}

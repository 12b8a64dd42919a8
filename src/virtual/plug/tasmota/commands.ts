import { versionWord } from './build.ts';
import type { SettingsText } from './settings-layout.ts';
import { statusOf } from './status.ts';
import type { TasmotaUnit } from './unit.ts';

type Json = Record<string, unknown>;

/** Commands that only hold a text; those that change the network take a restart. */
const TEXTS: Readonly<Record<string, { readonly text: SettingsText; readonly restarts?: boolean }>> = {
  otaurl: { text: 'OtaUrl' },
  hostname: { text: 'Hostname', restarts: true },
  devicename: { text: 'DeviceName' },
  friendlyname: { text: 'FriendlyName1' },
  topic: { text: 'Topic', restarts: true },
  grouptopic: { text: 'GroupTopic1', restarts: true },
  fulltopic: { text: 'FullTopic', restarts: true },
  mqtthost: { text: 'MqttHost', restarts: true },
  mqttuser: { text: 'MqttUser', restarts: true },
  loghost: { text: 'LogHost' },
};
/** As they are written in answers; what is not here is answered in the writing of the reference. */
const WRITTEN: Readonly<Record<string, string>> = {
  otaurl: 'OtaUrl',
  hostname: 'Hostname',
  devicename: 'DeviceName',
  friendlyname: 'FriendlyName1',
  topic: 'Topic',
  grouptopic: 'GroupTopic1',
  fulltopic: 'FullTopic',
  mqtthost: 'MqttHost',
  mqttuser: 'MqttUser',
  loghost: 'LogHost',
};
const BACKLOG_LIMIT = 30;
/** Between two commands of a backlog, ms (SetOption34). */
const BACKLOG_STEP_MS = 200;
const OTA_URL_LIMIT = 100;

/** Carries out one command line as the console does; the answer is what would be published. */
export function execute(unit: TasmotaUnit, line: string): Json {
  const [, name = '', indexText = '', parameter = ''] =
    /^\s*([a-z]+?)(\d*)(?:\s+(.*))?$/is.exec(line.trim()) ?? [];
  unit.print(`CMD: ${line.trim()}`);
  const index = indexText === '' ? 1 : Number(indexText);
  const answer = perform(unit, name.toLowerCase(), index, parameter.trim());
  unit.print(`RSL: RESULT = ${JSON.stringify(answer)}`);
  return answer;
}

function perform(unit: TasmotaUnit, name: string, index: number, parameter: string): Json {
  const { settings, build } = unit;
  const number = /^-?\d+$/.test(parameter) ? Number(parameter) : undefined;
  switch (name) {
    case 'status':
      return statusOf(unit, number) ?? { Command: 'Error' };
    case 'state':
      return (statusOf(unit, 11) as { StatusSTS: Json }).StatusSTS;
    case 'backlog':
      return backlog(unit, parameter);
    case 'power':
      if (parameter !== '')
        settings.power = /^(1|on)$/i.test(parameter) || (/^(2|toggle)$/i.test(parameter) && !settings.power);
      return { POWER: settings.power ? 'ON' : 'OFF' };
    case 'ssid':
    case 'password':
      return network(unit, name, index, parameter);
    case 'webpassword':
      if (parameter === '') return { WebPassword: '****' };
      settings.setText('WebPassword', cleared(parameter));
      void settings.save();
      return { WebPassword: settings.text('WebPassword') };
    case 'so':
    case 'setoption':
      return setOption(unit, index, number);
    case 'module':
      return moduleCommand(unit, number);
    case 'template':
      return template(unit, parameter);
    case 'upgrade':
      if (number !== 1 && !(parameter.length >= 3 && isNewer(parameter, build.word)))
        return { Upgrade: `1 or >${build.version} to upgrade` };
      unit.startUpgrade();
      return { Upgrade: `Version ${build.version} from ${settings.text('OtaUrl')}` };
    case 'restart':
      if (number === 99) unit.restartNow();
      else if (number === 1) unit.restartSoon();
      return { Restart: number === 1 || number === 99 ? 'Restarting' : '1 to restart, 2 to halt' };
    case 'reset':
      return reset(unit, number);
    default:
      return text(unit, name, parameter);
  }
}

function backlog(unit: TasmotaUnit, lines: string): Json {
  const commands = lines
    .split(';')
    .map((line) => line.trim().replace(/^backlog\d?\s+/i, ''))
    .filter((line) => line !== '')
    .slice(0, BACKLOG_LIMIT);
  const work = async () => {
    for (const command of commands) {
      await unit.plug.wait(BACKLOG_STEP_MS, unit.signal);
      if (unit.signal.aborted) return;
      execute(unit, command);
    }
  };
  work().catch(() => {});
  return { Backlog: 'Appended' };
}

function network(unit: TasmotaUnit, name: 'ssid' | 'password', index: number, parameter: string): Json {
  const { settings } = unit;
  if (index !== 1 && index !== 2) return { Command: 'Unknown' };
  const key = `${name === 'ssid' ? 'SSId' : 'Password'}${index}` as const;
  const isTaken = name === 'ssid' ? parameter !== '' : parameter.length > 4 || parameter === '"';
  if (isTaken) {
    settings.setText(key, cleared(parameter));
    unit.restartSoon();
  }
  return { [key]: name === 'ssid' || isTaken ? settings.text(key) : '****' };
}

function setOption({ settings }: TasmotaUnit, index: number, value: number | undefined): Json {
  if (settings.option(index) == null) return { Command: 'Unknown' };
  const isNumber = index >= 32 && index <= 49;
  if (value != null && value >= 0 && value <= (isNumber ? 255 : 1)) {
    settings.setOption(index, value);
    void settings.save();
  }
  const now = settings.option(index);
  return { [`SetOption${index}`]: isNumber ? now : now === 1 ? 'ON' : 'OFF' };
}

function moduleCommand(unit: TasmotaUnit, number: number | undefined): Json {
  const { settings } = unit;
  if (number != null && number >= 0 && number <= 75) {
    settings.module = number;
    unit.restartSoon();
  }
  const name = settings.module === 0 ? settings.text('TemplateName') : 'Sonoff Basic';
  return { Module: { [settings.module]: name } };
}

function template(unit: TasmotaUnit, parameter: string): Json {
  const { settings } = unit;
  if (parameter.includes('{')) {
    let given: Json;
    try {
      given = JSON.parse(parameter) as Json;
    } catch {
      return { Template: 'Invalid JSON' };
    }
    const { gpios, flag, base } = settings.template;
    if (typeof given.NAME === 'string') settings.setText('TemplateName', given.NAME);
    settings.template = {
      gpios: Array.isArray(given.GPIO) ? given.GPIO.map(Number) : gpios,
      flag: typeof given.FLAG === 'number' ? given.FLAG : flag,
      base: typeof given.BASE === 'number' ? given.BASE : base,
    };
    if (settings.module === 0) unit.restartSoon();
    else void settings.save();
  }
  const { gpios, flag, base } = settings.template;
  return { NAME: settings.text('TemplateName'), GPIO: gpios, FLAG: flag, BASE: base };
}

function reset(unit: TasmotaUnit, number: number | undefined): Json {
  if (number == null || ((number < 1 || number > 6) && number !== 99)) return { Reset: '1 to reset' };
  if (number === 99) {
    unit.settings.bootCount = 0;
    return { Reset: 'Done' };
  }
  unit.restartSoon(number);
  return { Reset: number === 1 ? 'Reset and Restarting' : 'Erase, Reset and Restarting' };
}

function text(unit: TasmotaUnit, name: string, parameter: string): Json {
  const known = TEXTS[name];
  if (known == null) return { Command: 'Unknown' };
  if (parameter !== '') {
    const limit = known.text === 'OtaUrl' ? OTA_URL_LIMIT : Infinity;
    unit.settings.setText(known.text, cleared(parameter).slice(0, limit));
    if (known.restarts === true) unit.restartSoon();
    else void unit.settings.save();
  }
  return { [WRITTEN[name]!]: unit.settings.text(known.text) };
}

/** A lone quotation mark clears. */
const cleared = (parameter: string): string => (parameter === '"' ? '' : parameter);

/** No way down: only a version above the one that runs is taken. */
function isNewer(text: string, word: number): boolean {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return versionWord(major, minor, patch) > word;
}

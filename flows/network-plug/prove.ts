import { BenchError, toBenchError, type ErrorCode } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { sanitize } from '../../src/core/text.ts';
import type { Network, WifiStation } from '../../src/drivers/http/port.ts';
import { whoAnswers, type PlugAnswer } from '../../src/protocols/plugs/index.ts';
import type { WifiSettings } from '../../src/protocols/tasmota/index.ts';
import type { RunContext } from '../flow.ts';
import { atAccessPoint, type HeardAccessPoint } from './air.ts';
import { awaitUnit, type Appearance } from './appear.ts';
import { mayUnplug } from './do-not-unplug.ts';
import { giveWifi } from './give-wifi.ts';
import { isThatFirmware, type NewFirmware } from './new-firmware.ts';
import { leadPhone } from './phone.ts';
import type { WantedUnit } from './unit-finder.ts';

export interface ProofOptions {
  readonly unit: WantedUnit;
  readonly wanted: NewFirmware;
  /** Where it is to be at home; undefined: that is not this job's affair. */
  readonly wifi: WifiSettings | undefined;
  /** How long the unit is left alone and looked for, ms. */
  readonly limitMs: number;
  /** Ends the wait for it to appear: mostly `run.brokenOff`, since a cancel changes nothing for the unit. */
  readonly signal: AbortSignal;
  /** Whether this is what ran before the flash. */
  readonly ranBefore: (answer: PlugAnswer) => boolean;
  /** What it means that the unit answers with something that is neither; OTHER_FIRMWARE_ANSWERS when missing. */
  readonly codeForOther?: (answer: PlugAnswer) => ErrorCode;
  /** The flow by which a unit comes back that stays silent. */
  readonly next?: string;
}

/** Without a Wi-Fi interface only a person can hear an access point: asked for when the unit is not met for so long, ms. */
const PHONE_AFTER_MS = 60_000;
/** From its Wi-Fi settings to its first answer there, ms: restart, join, address. */
const JOIN_LIMIT_MS = 90_000;
/** A unit that was just given its Wi-Fi gets a new address, ms. */
const JOIN_SWEEP_MS = 10_000;

/**
 * What becomes of a unit that holds its new firmware, until that has answered with its MAC: met on the network, or
 * heard as an access point and brought onto the network from there. Writes nothing but the Wi-Fi settings of the job.
 */
export async function proveOnNetwork(
  run: RunContext,
  network: Network,
  options: ProofOptions,
): Promise<Verdict> {
  const station = await network.wifi();
  const appearance = await appear(run, network, station, options);
  // From here on everything waits for a person or a network, and nothing is written: a cancel ends it.
  try {
    return await judge(run, network, station, appearance, options);
  } catch (error) {
    const ended = toBenchError(error);
    if (ended.code !== 'ABORTED' && ended.code !== 'OPERATOR_NEEDED') throw ended;
    return ended.code === 'ABORTED'
      ? silent(appearance, options, 'The wait for it was cancelled.')
      : silent(appearance, options);
  }
}

/** For a run that ended open: looks and writes nothing, not even Wi-Fi settings. */
export async function lookOnNetwork(
  run: RunContext,
  network: Network,
  options: Omit<ProofOptions, 'wifi'>,
): Promise<Verdict> {
  const station = await network.wifi();
  const appearance = await appear(run, network, station, { ...options, wifi: undefined });
  return judge(run, network, station, appearance, { ...options, wifi: undefined }, true);
}

function appear(
  run: RunContext,
  network: Network,
  station: WifiStation | undefined,
  { unit, wanted, limitMs, signal }: ProofOptions,
): Promise<Appearance> {
  return awaitUnit(run, network, {
    unit,
    wanted,
    isIt: (answer) => isThatFirmware(answer, wanted),
    limitMs: station === undefined ? Math.min(limitMs, PHONE_AFTER_MS) : limitMs,
    station,
    signal,
    label: `waiting for ${wanted.title}`,
  });
}

async function judge(
  run: RunContext,
  network: Network,
  station: WifiStation | undefined,
  appearance: Appearance,
  options: ProofOptions,
  looksOnly = false,
): Promise<Verdict> {
  if (appearance.kind === 'answers') return proved(run, appearance.answer, options);
  if (appearance.kind === 'access-point' && station !== undefined) {
    run.pilotThrough(`its access point ${sanitize(appearance.heard.ap.ssid)} is heard`);
    return fromAccessPoint(run, network, station, appearance.heard, options);
  }
  const isUnheard = appearance.kind === 'silent' && appearance.last === undefined && station === undefined;
  if (!isUnheard || looksOnly || options.wanted.accessPointPrefix === undefined)
    return silent(appearance, options);
  const answer = await leadPhone(run, network, options);
  return answer === undefined ? silent(appearance, options) : proved(run, answer, options);
}

async function proved(
  run: RunContext,
  answer: PlugAnswer,
  { unit, wanted }: ProofOptions,
  more: { readonly heard?: HeardAccessPoint; readonly notDone?: readonly string[] } = {},
): Promise<Verdict> {
  mayUnplug(run);
  await run.identify({ mac: unit.mac, firmware: answer.title });
  const by = answer.macFrom === 'arp' ? ' (MAC by the ARP table of this computer)' : '';
  const where = more.notDone === undefined ? `at ${answer.at.host}` : 'at its own access point';
  return {
    outcome: 'PASS',
    message: `The unit came back with ${answer.title}${wanted.version === undefined ? '; the image names no version' : ''}.`,
    proof: more.heard === undefined ? ['answered'] : ['heard', 'answered'],
    evidence: `${unit.mac} answers ${where}: ${answer.title}${by}`,
    ...(more.notDone !== undefined && { notDone: more.notDone }),
  };
}

/** Joins it, asks the firmware who it is, and gives it its Wi-Fi; what is only heard proves nothing. */
async function fromAccessPoint(
  run: RunContext,
  network: Network,
  station: WifiStation,
  heard: HeardAccessPoint,
  options: ProofOptions,
): Promise<Verdict> {
  const { unit, wanted, wifi } = options;
  const name = sanitize(heard.ap.ssid);
  if (wifi === undefined && !wanted.livesAtAccessPoint)
    return open(
      'AT_ACCESS_POINT',
      heard,
      `Written; the unit waits at its access point ${name}, and this job has no wifi-ssid for it.`,
    );
  run.progress({ label: `joining ${name}`, done: 0, unit: 'tries' });
  const port = wanted.portAtAccessPoint;
  const met = await atAccessPoint(run, station, { ap: heard.ap, port }, async (at) => {
    const answer = await whoAnswers(network, at, { signal: run.signal, mac: unit.mac });
    const isIt = answer !== undefined && isThatFirmware(answer, wanted) && isOwn(answer, heard, unit);
    if (!isIt || wifi === undefined) return { answer, isIt, given: false };
    return { answer, isIt, given: await giveWifi(run, network, at, wanted, wifi) };
  });
  if (!met.isIt || met.answer === undefined)
    return open(
      'AT_ACCESS_POINT',
      heard,
      `Written; ${name} is heard, but what answers there is ${met.answer?.title ?? 'nothing'}, not ${wanted.title} on ${unit.mac}.`,
    );
  if (!met.given) {
    const notDone = ['it has no Wi-Fi yet: it waits at its own access point to be set up'];
    if (wanted.livesAtAccessPoint)
      return proved(run, { ...met.answer, mac: unit.mac }, options, { heard, notDone });
    return open('AT_ACCESS_POINT', heard);
  }
  run.log('info', `${name}: the Wi-Fi settings were taken`);
  const home = await awaitUnit(run, network, {
    unit,
    wanted,
    isIt: (answer) => isThatFirmware(answer, wanted),
    limitMs: JOIN_LIMIT_MS,
    station: undefined,
    signal: run.signal,
    label: `waiting for ${wanted.title} on the network`,
    sweepEveryMs: JOIN_SWEEP_MS,
  });
  if (home.kind === 'answers') return proved(run, home.answer, options, { heard });
  return open('WIFI_NOT_TAKEN', heard, undefined, ['answered']);
}

/** Its own MAC, or that of its access point; where the firmware says none the BSSID has to be the unit's. */
const isOwn = (answer: PlugAnswer, heard: HeardAccessPoint, { mac }: WantedUnit): boolean =>
  answer.macFrom === 'firmware' ? answer.mac === mac : heard.by === 'bssid';

const open = (
  code: ErrorCode,
  heard: HeardAccessPoint,
  message?: string,
  proof: Verdict['proof'] = [],
): Verdict =>
  verdictFrom(new BenchError(code, message === undefined ? {} : { message }), {
    proof: ['heard', ...proof],
    evidence: `access point ${sanitize(heard.ap.ssid)}, ${heard.ap.bssid}${heard.by === 'name' ? ' (only its name fits)' : ''}`,
  });

/** What can be said where the new firmware did not answer. */
function silent(
  appearance: Appearance,
  { wanted, unit, ranBefore, codeForOther, next }: ProofOptions,
  why = '',
): Verdict {
  if (appearance.kind === 'access-point') return open('AT_ACCESS_POINT', appearance.heard);
  const { last, heard } =
    appearance.kind === 'silent' ? appearance : { last: appearance.answer, heard: undefined };
  if (last !== undefined && last.firmware !== 'unknown') {
    const code = ranBefore(last) ? 'OLD_FIRMWARE_STAYED' : (codeForOther?.(last) ?? 'OTHER_FIRMWARE_ANSWERS');
    const message = `${unit.mac} answers with ${last.title}, not with ${wanted.title}. ${why}`.trim();
    return verdictFrom(new BenchError(code, { message }), {
      proof: ['answered'],
      evidence: last.title,
    });
  }
  const noted = [
    ...(heard === undefined ? [] : [` An access point of it is heard: ${sanitize(heard.ap.ssid)}.`]),
    ...(last === undefined ? [] : [` What answers with its MAC is ${last.title}.`]),
  ].join('');
  const prefix = wanted.accessPointPrefix;
  return verdictFrom(
    new BenchError('NEW_FIRMWARE_SILENT', {
      message:
        `Written, but ${wanted.title} answers neither on the network nor as an access point.${noted} ${why}`.trim(),
      ...(next !== undefined && { next }),
      ...(prefix !== undefined && {
        advice: `Leave the power on and look with a phone for a Wi-Fi named ${prefix}…; give the unit its network there, then look again.`,
      }),
    }),
    heard === undefined ? {} : { proof: ['heard'], evidence: sanitize(heard.ap.ssid) },
  );
}

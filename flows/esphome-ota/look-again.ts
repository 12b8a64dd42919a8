import { BenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { type EspHomeAnnouncement } from '../../src/protocols/esphome/index.ts';
import * as z from 'zod';
import { settle, type StepResult } from '../flow.ts';
import { decodeSettings, lookOnNetwork, PLUG_SETTINGS } from '../network-plug/index.ts';
import { announcementOf } from './announced.ts';
import { RAN_ESPHOME } from './backup.ts';
import { judge } from './judge.ts';
import { saysOfItself } from './prove.ts';
import type { EspHomeRun, EspHomeSession } from './session.ts';

const LIMIT_MS = 60_000;

/** For a run that ended UNSURE: asks what the unit announces now, and writes nothing. */
export async function lookAgain(session: EspHomeSession, run: EspHomeRun): Promise<StepResult> {
  const { openProofs, image } = run.plan;
  const { network, at } = session.link;
  const mac = openProofs.get(run.link.text);
  const { wanted } = image!;
  if (wanted.firmware !== 'esphome' && mac !== undefined) {
    await run.identify({ mac });
    const options = { unit: { mac, at: { host: at.host, port: 80 } }, wanted, limitMs: LIMIT_MS };
    return settle(
      await lookOnNetwork(run, network, { ...options, signal: run.signal, ranBefore: () => false }),
    );
  }
  const now = await announcementOf(run, network, mac === undefined ? { host: at.host } : { mac }, run.signal);
  if (now?.mac === undefined)
    return settle(
      verdictFrom(
        new BenchError('NEW_FIRMWARE_SILENT', { message: 'Nothing that is this unit announces itself.' }),
      ),
    );
  await run.identify({ mac: now.mac, firmware: `ESPHome ${now.version ?? 'of unknown version'}` });
  const verdict = judged(await announcedBefore(run, now.mac), now, now.mac, wanted);
  if (verdict.outcome === 'PASS') openProofs.delete(run.link.text);
  return settle(verdict);
}

function judged(
  before: EspHomeAnnouncement | undefined,
  now: EspHomeAnnouncement,
  mac: string,
  wanted: NonNullable<EspHomeRun['plan']['image']>['wanted'],
): Verdict {
  const facts = { proof: ['heard'], evidence: saysOfItself(now, mac) } as const;
  switch (judge(before, now, wanted)) {
    case 'new':
      return {
        outcome: 'PASS',
        message: `The unit runs ESPHome ${now.version}; before it ran ${before?.version}.`,
        ...facts,
      };
    case 'alike':
      return verdictFrom(new BenchError('ESPHOME_LOOKS_ALIKE'), facts);
    case 'old':
      return verdictFrom(
        new BenchError('OLD_FIRMWARE_STAYED', {
          message: `It runs what it ran before: ESPHome ${now.version}.`,
        }),
        facts,
      );
    case 'other':
      return verdictFrom(
        new BenchError('OTHER_FIRMWARE_ANSWERS', {
          message: `It runs ESPHome ${now.version}, not ${wanted.title}.`,
        }),
        facts,
      );
    case 'unseen':
      return verdictFrom(new BenchError('ESPHOME_VERSION_UNSEEN'), facts);
  }
}

const optional = z.string().optional();
const kept = z.object({
  announced: z.object({
    name: z.string(),
    host: z.string(),
    mac: optional,
    version: optional,
    platform: optional,
    board: optional,
    configHash: optional,
    project: optional,
  }),
});

/** As it was kept right before the image went to this unit. */
async function announcedBefore(run: EspHomeRun, mac: string): Promise<EspHomeAnnouncement | undefined> {
  const [newest] = await run.backups.ofUnit(mac, PLUG_SETTINGS);
  if (newest === undefined) return undefined;
  try {
    const { ran, answers } = decodeSettings(await run.backups.read(newest), newest.file);
    const found = kept.safeParse(answers);
    if (ran !== RAN_ESPHOME || !found.success) return undefined;
    const { name, host, ...rest } = found.data.announced;
    return {
      name,
      host,
      ...(Object.fromEntries(
        Object.entries(rest).filter(([, text]) => text !== undefined),
      ) as Partial<EspHomeAnnouncement>),
    };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return undefined;
  }
}

import { isBenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import { bootWatch, type BootReport } from '../../src/protocols/esp/index.ts';
import { settle, type ActPrompt, type StepResult } from '../flow.ts';
import { bootVerdict, unseenBoot } from './boot-verdict.ts';
import { ROM_BAUD, type EspRun, type EspSession } from './session.ts';

/** With lines the boot follows the reset at once; this bounds a unit that prints nothing. */
const LINES_LIMIT_MS = 25_000;
/** The ROM of an ESP8266 with a 26 MHz crystal talks at this rate; its firmware at 115200. */
const ESP8266_ROM_BAUD = 74_880;
const REOPEN_INTERVAL_MS = 1_000;

/** Starts the unit from flash and judges what it says. Nothing is written. */
export async function reboot(session: EspSession, run: EspRun): Promise<StepResult> {
  session.loader?.close();
  session.loader = undefined;
  return settle(await watchedVerdict(session, run));
}

/** For a run that ended UNSURE: only listens. */
export async function lookAgain(session: EspSession, run: EspRun): Promise<StepResult> {
  session.readBack = run.plan.options.stub || run.plan.device.chip !== 'ESP8266';
  return settle(await watchedVerdict(session, run));
}

async function watchedVerdict(session: EspSession, run: EspRun) {
  try {
    const report =
      session.resetBy === 'lines' ? await watchByLines(session, run) : await watchByHands(session, run);
    for (const line of report.text.trim().split('\n').slice(-60)) run.log('device', sanitize(line));
    return bootVerdict(report, session, run);
  } catch (error) {
    // Nobody is there to cycle the power: what was written stays written, only its proof is missing.
    if (isBenchError(error, 'OPERATOR_NEEDED')) return unseenBoot(session, error.message, error.advice);
    // So it does when the wait is cancelled: the unit holds the new firmware, and ABORTED would hide that.
    if (run.signal.aborted && session.readBack && !session.current) {
      return unseenBoot(session, 'The wait for its start was cancelled.');
    }
    throw error;
  }
}

function watchByLines(session: EspSession, run: EspRun): Promise<BootReport> {
  return bootWatch(session.port, {
    clock: run.clock,
    signal: run.signal,
    expectation: session.expectation,
    resetBy: 'lines',
    ...(run.plan.device.chip === 'ESP8266' && { baudRates: [ROM_BAUD, ESP8266_ROM_BAUD] }),
    limitMs: LINES_LIMIT_MS,
  });
}

async function watchByHands(session: EspSession, run: EspRun): Promise<BootReport> {
  const { device } = run.plan;
  const prompt = run.operator.act({
    act: 'power-into-firmware',
    title: device.intoFirmware,
    wiringPage: device.wiringPage,
  });
  let report = await watchPastDownloadMode(session, run, prompt, ROM_BAUD);
  const unreadable = report.verdict.kind === 'garbage' || report.verdict.kind === 'nothing';
  if (device.chip === 'ESP8266' && unreadable) {
    prompt.done('It said nothing that can be read at 115200.');
    const again = run.operator.act({
      act: 'power-into-firmware',
      title: `Once more, to hear its boot ROM: ${device.intoFirmware}`,
      wiringPage: device.wiringPage,
    });
    const rom = await watchPastDownloadMode(session, run, again, ESP8266_ROM_BAUD);
    if (rom.verdict.kind !== 'nothing') report = rom;
    again.done('Heard. Nothing is to be held any more.');
    return report;
  }
  prompt.done('Heard. Nothing is to be held any more.');
  return report;
}

/** A unit whose GPIO0 is still low says so; the watch goes on until it was freed. */
async function watchPastDownloadMode(
  session: EspSession,
  run: EspRun,
  prompt: ActPrompt,
  baudRate: number,
): Promise<BootReport> {
  const { limitMs } = prompt;
  for (;;) {
    try {
      const report = await bootWatch(session.port, {
        clock: run.clock,
        signal: run.signal,
        expectation: session.expectation,
        resetBy: 'hands',
        baudRates: [baudRate],
        ...(limitMs !== undefined && { limitMs: limitMs * 3 }),
        onVerdict: ({ message }) => prompt.update(message),
      });
      if (report.verdict.kind !== 'download-mode' || limitMs !== undefined) return report;
      prompt.update(
        'GPIO0 is still low: the unit went into its loader. Free GPIO0, then power it off and on.',
      );
    } catch (error) {
      // Raw TCP closes with the emulator or server behind it, and a USB port of the unit goes with its power.
      if (!isBenchError(error, 'LINK_LOST')) throw error;
      await reopen(session, run, prompt);
    }
  }
}

async function reopen(session: EspSession, run: EspRun, prompt: ActPrompt): Promise<void> {
  prompt.update('The link went away with the power; waiting for it to come back.');
  await session.port.close();
  const startedMs = run.clock.monotonicMs();
  for (;;) {
    try {
      session.port = await run.openSerial(ROM_BAUD);
      return;
    } catch (error) {
      const overdue = prompt.limitMs !== undefined && run.clock.monotonicMs() - startedMs > prompt.limitMs;
      if (overdue || !isBenchError(error)) throw error;
      await run.clock.sleep(REOPEN_INTERVAL_MS, run.signal);
    }
  }
}

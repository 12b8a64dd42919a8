import { deviceText } from '../../core/text.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';
import { Capture } from './capture.ts';
import { judgeBoot } from './judge-boot.ts';
import { throwIfAborted } from './loader-errors.ts';
import { applyReset, HARD_RESET, HARD_RESET_USB_JTAG } from './reset.ts';
import type { BootReport, BootVerdict, BootWatchOptions } from './types.ts';

const APP_BAUD = 115_200;
/** Text kept of a boot, bytes. */
const TEXT_LIMIT = 64 * 1024;
/** A verdict must stand this long: firmware that names itself may still crash at its first radio call, ms. */
const STANDS_MS = 3_000;
/** Quiet flash boot that counts as running (design: ten seconds), ms. */
const QUIET_MS = 10_000;
/** Pause after which new text is judged, so that a flood of small chunks is not judged one by one, ms. */
const JUDGE_AFTER_MS = 50;

/** How long each verdict must stand unchanged before it ends the watch; missing: until something else is heard. */
function standsMs(kind: BootVerdict['kind'], quietMs: number): number | undefined {
  switch (kind) {
    case 'boot-loop':
      return 0;
    case 'proved':
    case 'other-firmware':
    case 'invalid-image':
      return Math.min(STANDS_MS, quietMs);
    case 'running':
    case 'garbage':
      return quietMs;
    case 'download-mode':
    case 'nothing':
      return undefined;
  }
}

/**
 * Listens to one boot, or to one per rate where the lines can reset the unit again, and judges it. Leaves the port
 * open at the last rate. Throws LINK_LOST, NO_CONTROL_LINES and the signal's reason.
 */
export async function bootWatch(port: SerialPort, options: BootWatchOptions): Promise<BootReport> {
  const baudRates = options.baudRates ?? [APP_BAUD];
  const rates = options.resetBy === 'lines' && port.hasBaudRate ? baudRates : baudRates.slice(0, 1);
  let best: BootReport | undefined;
  for (const baudRate of rates.length === 0 ? [APP_BAUD] : rates) {
    const report = await watchOneBoot(port, baudRate, options);
    if (best == null || weight(report.verdict) > weight(best.verdict)) best = report;
    if (weight(best.verdict) >= CONCLUSIVE) break;
  }
  return best!;
}

const CONCLUSIVE = 4;
/** How much a verdict says, to choose between boots heard at different rates. */
function weight({ kind }: BootVerdict): number {
  if (kind === 'nothing') return 0;
  if (kind === 'garbage') return 1;
  if (kind === 'running') return 2;
  return kind === 'download-mode' ? 3 : CONCLUSIVE;
}

async function watchOneBoot(
  port: SerialPort,
  baudRate: number,
  options: BootWatchOptions,
): Promise<BootReport> {
  const { clock, signal, expectation, resetBy, usbJtag } = options;
  throwIfAborted(signal);
  const capture = new Capture(TEXT_LIMIT);
  const quietMs = options.quietMs ?? QUIET_MS;
  if (port.hasBaudRate && port.baudRate !== baudRate) await port.setBaudRate(baudRate);
  await port.flushInput();

  return new Promise<BootReport>((resolve, reject) => {
    let verdict = judgeBoot('', expectation);
    let starts = '';
    let cancelEnd = () => {};
    let cancelJudge: (() => void) | undefined;
    const text = () => deviceText(capture.bytes());
    const settle = (act: () => void) => {
      unsubscribe.forEach((stop) => stop());
      cancelEnd();
      cancelJudge?.();
      cancelLimit();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const end = () => settle(() => resolve({ verdict, text: text(), baudRate: port.baudRate }));
    const judge = () => {
      cancelJudge = undefined;
      const heard = text();
      const next = judgeBoot(heard, expectation);
      const startsNow = String(heard.match(/rst:0x|rst cause/gi)?.length ?? 0);
      const isSame = next.kind === verdict.kind && next.line === verdict.line && startsNow === starts;
      starts = startsNow;
      verdict = next;
      if (isSame) return;
      options.onVerdict?.(verdict);
      cancelEnd();
      const ms = standsMs(verdict.kind, quietMs);
      cancelEnd = ms == null ? () => {} : clock.after(ms, end);
    };
    const onAbort = () => settle(() => reject(signal.reason as Error));
    const onLimit = () => {
      verdict = judgeBoot(text(), expectation);
      end();
    };
    const cancelLimit = options.limitMs == null ? () => {} : clock.after(options.limitMs, onLimit);
    const unsubscribe = [
      port.onData((bytes) => {
        capture.add(bytes);
        cancelJudge ??= clock.after(JUDGE_AFTER_MS, judge);
      }),
      port.onLost((error) => settle(() => reject(error))),
    ];
    signal.addEventListener('abort', onAbort, { once: true });
    if (resetBy === 'lines') {
      const strategy = usbJtag === true ? HARD_RESET_USB_JTAG : HARD_RESET;
      applyReset(port, clock, strategy, signal).catch((error: Error) => settle(() => reject(error)));
    }
  });
}

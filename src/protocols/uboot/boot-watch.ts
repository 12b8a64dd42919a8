import type { UbootConsole } from './console.ts';
import { macOfLinux, recognise, type Heard } from './heard.ts';

/** Linux loads the Wi-Fi driver within this, counted from its banner. */
const MAC_MS = 90_000;
const SURE_MS = 10_000;
/** Power or reset to the banner of Linux: countdown, 2.5 MB from flash, unpacking. */
const LINUX_MS = 60_000;
/** A prompt that stands this long will not start by itself. */
const PROMPT_STANDS_MS = 3_000;

export interface BootHeard {
  readonly heard: Heard;
  /** What Linux says it runs with. */
  readonly mac: string | undefined;
  /** The line that says so, or that says best what happened. */
  readonly line: string | undefined;
  readonly hasLinux: boolean;
}

/**
 * Listens to one start, from a reset that was just sent or from power that comes; sends nothing. `limitMs`: so long
 * until something is heard at all; missing: as long as it takes. Throws LINK_LOST and the reason of the signal.
 */
export async function watchBoot(
  console: UbootConsole,
  options: {
    readonly signal: AbortSignal;
    readonly limitMs?: number;
    readonly onHeard?: (heard: Heard) => void;
  },
): Promise<BootHeard> {
  const { inbox } = console;
  const { signal, onHeard } = options;
  let said = '';
  const look = (text: string) => {
    const heard = recognise(text);
    if (heard.kind !== said) onHeard?.(heard);
    said = heard.kind;
    return heard;
  };
  const started = (text: string) => {
    const { kind } = look(text);
    return kind === 'nothing' || kind === 'garbage' ? undefined : true;
  };
  const forever = 2 ** 31 - 1;
  const limitMs = options.limitMs ?? forever;
  await inbox.wait(started, { quietMs: limitMs, limitMs, signal });
  const isLinux = (text: string) => {
    const { kind } = look(text);
    return kind === 'linux' || kind === 'linux-no-mac' || kind === 'no-kernel' || kind === 'prompt'
      ? true
      : undefined;
  };
  await inbox.wait(isLinux, { quietMs: LINUX_MS, limitMs: LINUX_MS, signal });
  const { kind } = look(inbox.text);
  if (kind === 'prompt' || kind === 'no-kernel')
    // `bootm` says why it failed before the prompt comes.
    await inbox.wait((text) => (look(text).kind === 'linux' ? true : undefined), {
      quietMs: PROMPT_STANDS_MS,
      limitMs: PROMPT_STANDS_MS,
      signal,
    });
  if (/linux/.test(look(inbox.text).kind)) {
    const named = (isSure: boolean) => (text: string) => {
      const mac = macOfLinux(text);
      if (look(text).kind === 'linux-no-mac') return true;
      return mac !== undefined && (mac.isSure || !isSure) ? true : undefined;
    };
    await inbox.wait(named(false), { quietMs: MAC_MS, limitMs: MAC_MS, signal });
    // The address of the efuse may be named before the one in use.
    if (macOfLinux(inbox.text)) await inbox.wait(named(true), { quietMs: SURE_MS, limitMs: SURE_MS, signal });
  }
  const heard = look(inbox.text);
  // What the driver made up is no identity: its line may come right behind the one that says so.
  const mac = heard.kind === 'linux' ? macOfLinux(inbox.text) : undefined;
  console.logAnswer(mac?.line ?? heard.line ?? '');
  return { heard, mac: mac?.mac, line: mac?.line ?? heard.line, hasLinux: /linux/.test(heard.kind) };
}

/** A program that keeps the computer awake for as long as it runs. */
export interface InhibitorCommand {
  /** As shown to the operator. */
  readonly by: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** What a command prints once it holds the computer awake. */
export const HELD = 'held';

/**
 * Says that it holds, then lives for as long as its input is open: when benchflash dies, by kill -9 too, the input
 * closes and the computer may sleep again.
 */
const HOLD = ['sh', '-c', `echo ${HELD}; exec cat >/dev/null`] as const;

/** ES_CONTINUOUS | ES_SYSTEM_REQUIRED of SetThreadExecutionState (learn.microsoft.com, winbase.h); held by the thread. */
const STAY_AWAKE = '2147483649';

/** The commands to try on this system, the most complete one first. */
export function inhibitorCommands(platform: NodeJS.Platform, reason: string): readonly InhibitorCommand[] {
  switch (platform) {
    case 'linux':
      return [
        // The lid needs a right that a remote session may lack; then the rest is tried without it.
        systemd('sleep:idle:handle-lid-switch', reason),
        systemd('sleep:idle', reason),
        {
          by: 'gnome-session-inhibit',
          file: 'gnome-session-inhibit',
          args: ['--app-id', 'benchflash', '--reason', reason, '--inhibit', 'suspend:idle', ...HOLD],
        },
      ];
    case 'darwin':
      return [{ by: 'caffeinate', file: 'caffeinate', args: ['-i', '-m', '-s', ...HOLD] }];
    case 'win32':
      return [{ by: 'SetThreadExecutionState', file: 'powershell.exe', args: powershell() }];
    default:
      return [];
  }
}

function systemd(what: string, reason: string): InhibitorCommand {
  return {
    by: 'systemd-inhibit',
    file: 'systemd-inhibit',
    args: [`--what=${what}`, '--who=benchflash', `--why=${reason}`, '--mode=block', ...HOLD],
  };
}

function powershell(): readonly string[] {
  const script = [
    `$signature = '[DllImport("kernel32.dll")] public static extern uint SetThreadExecutionState(uint flags);'`,
    `$power = Add-Type -MemberDefinition $signature -Name Power -Namespace Benchflash -PassThru`,
    `if ($power::SetThreadExecutionState([uint32]${STAY_AWAKE}) -eq 0) { exit 1 }`,
    `[Console]::Out.WriteLine('${HELD}')`,
    `[void][Console]::In.ReadToEnd()`,
  ].join('; ');
  return ['-NoProfile', '-NonInteractive', '-Command', script];
}

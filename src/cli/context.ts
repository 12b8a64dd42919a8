import type { GlobalOptions } from './global-options.ts';
import type { Host } from './host.ts';
import type { Output } from './output.ts';
import type { CommandServices } from './services.ts';

/** What every command gets. A command resolves with its exit code and may throw BenchError. */
export interface CommandContext {
  readonly host: Host;
  readonly services: CommandServices;
  readonly options: GlobalOptions;
  readonly output: Output;
}

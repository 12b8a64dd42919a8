/** One structured log line of a slot; texts are already sanitised and redacted by whoever writes them. */
export interface LogLine {
  /** Wall-clock, ms since the epoch. */
  readonly time: number;
  readonly level: 'info' | 'warn' | 'error' | 'device';
  readonly text: string;
}
export type LogSink = (level: LogLine['level'], text: string) => void;

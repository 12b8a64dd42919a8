/** True progress of one step: it moves only on bytes that were acknowledged by the far side. */
export interface Progress {
  /** What is being done now, e.g. `reading flash`, `writing app at 0x10000`. */
  readonly label: string;
  readonly done: number;
  /** Missing when the end is unknown: a spinner, never a guessed bar. */
  readonly total?: number;
  readonly unit: 'bytes' | 'tries' | 'seconds';
}
export type ProgressSink = (progress: Progress) => void;
export const noProgress: ProgressSink = () => {};

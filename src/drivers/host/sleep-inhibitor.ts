/** Whether the computer is kept awake now. */
export type AwakeState =
  | { readonly state: 'off' }
  /** `by`: the program that holds it, e.g. `systemd-inhibit`. */
  | { readonly state: 'held'; readonly by: string }
  /** Nothing on this machine can hold it; the work goes on. `why` is for the operator. */
  | { readonly state: 'unavailable'; readonly why: string };

export interface SleepInhibitor {
  readonly current: AwakeState;
  /**
   * Keeps the computer awake until `release` is called (idempotent). Counted: it may sleep again after the last
   * release. Resolves once it is held or known to be unavailable; never rejects.
   */
  acquire(reason: string): Promise<{ readonly state: AwakeState; release(): void }>;
  /** Lets go whatever the count; for the end of the program. */
  close(): void;
}

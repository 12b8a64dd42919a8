/** One question about this machine and its answer. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly state: 'yes' | 'no';
  /** False where only some flows need it. */
  readonly needed: boolean;
  readonly finding: string;
  /** How to make a "no" a "yes"; missing only for a yes. */
  readonly fix?: string;
}

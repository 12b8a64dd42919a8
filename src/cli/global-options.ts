/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly plain: boolean;
  /** False for --no-color. */
  readonly color: boolean;
  readonly ascii: boolean;
  readonly dataDir?: string;
}

/** One run of a program of this computer. */
export interface ProgramRequest {
  /** Looked for on the PATH, then in the sbin folders. */
  readonly program: string;
  readonly args: readonly string[];
  /**
   * For a program that changes a unit: it finishes its work whatever becomes of this process and its terminal
   * (Ctrl+C, hang-up, a broken pipe). `signal` still ends it.
   */
  readonly shielded?: boolean;
  /** Ends it with its whole process group: asked first, forced after 5 s. */
  readonly signal?: AbortSignal;
  /** Ends it likewise when it takes longer, ms. Missing: as long as it takes. */
  readonly limitMs?: number;
  /** Text as it comes on either pipe, cut anywhere; nothing is held back for a line end. */
  readonly onOutput?: (pipe: 'stdout' | 'stderr', text: string) => void;
}

/** How it ended. */
export interface ProgramEnd {
  /** Undefined when it was ended by a signal or did not start. */
  readonly exitCode: number | undefined;
  /** Why there was no run to speak of; undefined once the program ran. */
  readonly notStarted: 'missing' | 'forbidden' | undefined;
  /** Set when `signal` or `limitMs` ended it. */
  readonly endedBy: 'signal' | 'limit' | undefined;
  /** The last 256 KiB of each pipe. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of our own for the files a program takes and gives. Only this user may look into it. */
export interface ScratchFolder {
  /** Absolute path of a file in it. */
  pathOf(name: string): string;
  write(name: string, content: Uint8Array | string): Promise<void>;
  /** Undefined when there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Idempotent, never throws. */
  remove(): Promise<void>;
}

/** Programs of this computer, each in its own process group. */
export interface Programs {
  /** Resolves when the program has ended and both pipes are read to their end; never rejects. */
  run(request: ProgramRequest): Promise<ProgramEnd>;
  /** Throws DISK_FULL. */
  scratch(): Promise<ScratchFolder>;
  /** `1a86:5512` of every USB device; empty where the system does not tell. */
  usbIds(): Promise<readonly string[]>;
}

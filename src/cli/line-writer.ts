/** The part of a Node stream that lines are written to. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: 'drain' | 'error', listener: (error?: Error) => void): unknown;
}

interface Waiting {
  text: string;
  readonly replacedBy: string | undefined;
}

/**
 * Lines to a reader that may be slow or may go away. While the reader is slow lines wait here, and of those that
 * only matter while they are new (progress) the newest of each kind is kept. When the reader has gone, lines go
 * nowhere: that a pager was closed must not stop a flash in the middle.
 */
export class LineWriter {
  readonly #stream: TextStream;
  readonly #idle = new Set<() => void>();
  #queue: Waiting[] = [];
  #blocked = false;
  #broken = false;
  #inFlight = 0;

  constructor(stream: TextStream) {
    this.#stream = stream;
    stream.on('error', () => this.#break());
    stream.on('drain', () => {
      this.#blocked = false;
      this.#pump();
    });
  }

  /** True once the reader has gone (EPIPE, EIO after a hang-up). */
  get broken(): boolean {
    return this.#broken;
  }

  /** Writes one line. `replacedBy`: while it waits, a later line with the same key takes its place. */
  line(text: string, replacedBy?: string): void {
    if (this.#broken) return;
    const waiting =
      replacedBy == null ? undefined : this.#queue.find((each) => each.replacedBy === replacedBy);
    if (waiting) waiting.text = `${text}\n`;
    else this.#queue.push({ text: `${text}\n`, replacedBy });
    this.#pump();
  }

  /** Resolves when everything has been handed to the system, or the reader has gone. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.add(resolve);
      this.#settle();
    });
  }

  #pump(): void {
    while (!this.#blocked && !this.#broken) {
      const next = this.#queue.shift();
      if (!next) break;
      this.#inFlight++;
      const ready = this.#stream.write(next.text, (error) => {
        this.#inFlight--;
        if (error) this.#break();
        this.#settle();
      });
      if (!ready) this.#blocked = true;
    }
    this.#settle();
  }

  #break(): void {
    this.#broken = true;
    this.#queue = [];
    this.#settle();
  }

  #settle(): void {
    if (!this.#broken && (this.#queue.length > 0 || this.#inFlight > 0)) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

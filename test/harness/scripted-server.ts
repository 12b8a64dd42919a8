import type {
  FetchEvent,
  FirmwareServer,
  Offer,
  OfferedFile,
  Offering,
} from '../../src/drivers/http/firmware-server.ts';

/** A firmware server whose units are played by a test. */
export class ScriptedServer implements FirmwareServer {
  readonly offers: ScriptedOffering[] = [];

  async offer(offer: Offer): Promise<Offering> {
    const offering = new ScriptedOffering(offer, this.offers.length + 1);
    this.offers.push(offering);
    return offering;
  }

  /** The newest offer that is not withdrawn and has a file at this URL; what a unit would be served. */
  at(url: string): { readonly offering: ScriptedOffering; readonly file: OfferedFile } | undefined {
    for (const offering of [...this.offers].reverse())
      for (const file of offering.offer.files)
        if (!offering.withdrawn && offering.urlOf(file.name) === url) return { offering, file };
    return undefined;
  }

  /** A unit fetches this URL whole; undefined where it gets 404. */
  fetch(url: string): Uint8Array | undefined {
    const found = this.at(url);
    if (found === undefined) return undefined;
    const { offering, file } = found;
    const { length } = file.content;
    offering.tell({ type: 'asked', file: file.name, headers: {} });
    offering.tell({ type: 'bytes', file: file.name, bytes: length, totalBytes: length });
    offering.tell({ type: 'whole', file: file.name });
    return file.content;
  }

  /** A unit fetches a piece of this URL and goes away. */
  fetchPiece(url: string, bytes: number): void {
    const { offering, file } = this.at(url)!;
    offering.tell({ type: 'asked', file: file.name, headers: {} });
    offering.tell({ type: 'bytes', file: file.name, bytes, totalBytes: file.content.length });
    offering.tell({ type: 'broken', file: file.name, bytes });
  }
}

export class ScriptedOffering implements Offering {
  readonly offer: Offer;
  readonly at = { host: '10.1.0.2', port: 8080 };
  readonly selfTestBytesPerSecond = 1e6;
  withdrawn = false;
  readonly #folder: string;
  readonly #told: FetchEvent[] = [];
  readonly #listeners = new Set<(event: FetchEvent) => void>();

  constructor(offer: Offer, number: number) {
    this.offer = offer;
    this.#folder = `offer${number}`;
  }

  urlOf(file: string): string {
    return `http://${this.at.host}:${this.at.port}/${this.#folder}/${file}`;
  }

  subscribe(listener: (event: FetchEvent) => void): () => void {
    for (const event of this.#told) listener(event);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async withdraw(): Promise<void> {
    this.withdrawn = true;
  }

  tell(event: FetchEvent): void {
    this.#told.push(event);
    for (const listener of [...this.#listeners]) listener(event);
  }
}

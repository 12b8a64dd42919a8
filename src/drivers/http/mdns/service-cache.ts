import { sanitize } from '../../../core/text.ts';
import type { AnnouncedService } from '../port.ts';
import type { MdnsQuestion, MdnsRecord } from './packet.ts';

/** Services that are remembered; a house full of devices has a tenth of them. */
const MAX_SERVICES = 512;
const MAX_HOSTS = 512;
const DOMAIN = '.local';

interface Entry {
  readonly type: string;
  /** As it was written: `shellyplug-s-A1B2C3._http._tcp.local`. */
  readonly instance: string;
  srv?: { readonly target: string; readonly port: number };
  txt?: Readonly<Record<string, string>>;
  /** What was told of it, to see a change. */
  told?: string;
}

/** Puts together what comes in pieces: which services there are, on which host, at which address. */
export class ServiceCache {
  readonly #types: ReadonlySet<string>;
  readonly #mayBeAt: (address: string) => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #addresses = new Map<string, string>();

  /** `mayBeAt`: an address that a unit may have; others are not believed. */
  constructor(types: readonly string[], mayBeAt: (address: string) => boolean) {
    this.#types = new Set(types.map((type) => `${type}${DOMAIN}`.toLowerCase()));
    this.#mayBeAt = mayBeAt;
  }

  /** Takes the records of one message; returns the services that are new or have changed by it. */
  hear(records: readonly MdnsRecord[]): readonly AnnouncedService[] {
    for (const record of records) if (record.type === 'PTR') this.#hearPointer(record);
    for (const record of records) this.#hearRest(record);
    return [...this.#entries.values()].flatMap((entry) => {
      const service = this.#serviceOf(entry);
      const said = JSON.stringify(service);
      if (service === undefined || said === entry.told) return [];
      entry.told = said;
      return [service];
    });
  }

  /** What must still be asked for, so that every service that was heard of can be told. */
  missing(): readonly MdnsQuestion[] {
    return [...this.#entries.values()].flatMap((entry): MdnsQuestion[] => {
      const { srv, txt, instance } = entry;
      if (!srv || !txt)
        return [
          ...(srv ? [] : [{ type: 'SRV' as const, name: instance }]),
          ...(txt ? [] : [{ type: 'TXT' as const, name: instance }]),
        ];
      return this.#addresses.has(srv.target.toLowerCase()) ? [] : [{ type: 'A', name: srv.target }];
    });
  }

  #hearPointer({ name, instance, ttlSeconds }: MdnsRecord & { readonly type: 'PTR' }): void {
    const key = instance.toLowerCase();
    if (!this.#types.has(name) || !key.endsWith(`.${name}`)) return;
    // A lifetime of nothing is a goodbye.
    if (ttlSeconds === 0) this.#entries.delete(key);
    else if (!this.#entries.has(key) && this.#entries.size < MAX_SERVICES)
      this.#entries.set(key, { type: name, instance });
  }

  #hearRest(record: MdnsRecord): void {
    if (record.ttlSeconds === 0) return;
    const { name } = record;
    switch (record.type) {
      case 'A':
        if (!this.#mayBeAt(record.address)) return;
        if (this.#addresses.has(name) || this.#addresses.size < MAX_HOSTS)
          this.#addresses.set(name, record.address);
        return;
      case 'SRV': {
        const entry = this.#entries.get(name);
        if (entry && record.port > 0) entry.srv = { target: record.target, port: record.port };
        return;
      }
      case 'TXT': {
        const entry = this.#entries.get(name);
        if (entry) entry.txt = record.txt;
        return;
      }
      case 'PTR':
    }
  }

  #serviceOf({ type, instance, srv, txt }: Entry): AnnouncedService | undefined {
    const host = srv && this.#addresses.get(srv.target.toLowerCase());
    if (!srv || !txt || host === undefined) return undefined;
    return {
      type: type.slice(0, -DOMAIN.length),
      name: sanitize(instance.slice(0, -type.length - 1)),
      hostName: sanitize(srv.target.replace(/\.local\.?$/i, '')),
      at: { host, port: srv.port },
      txt,
    };
  }
}

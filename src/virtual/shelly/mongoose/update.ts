import { createHash, type Hash } from 'node:crypto';
import { joinBytes } from '../../bytes.ts';
import { findRbootConfig, rbootConfigSector, type RbootSlot } from '../../plug/boot/rboot-config.ts';
import type { RunningPlug } from '../../plug/plug-firmware.ts';
import { parseManifest, type Manifest, type ManifestPart } from './manifest.ts';
import { UpdateRefused, ZipStream, type ZipEntry } from './zip-stream.ts';

const SECTOR_BYTES = 4096;
const MANIFEST = 'manifest.json';
/** The boot loader has the first sectors, up to its config at the nearest. */
const BOOT_LIMIT_BYTES = 4096;

export interface RunningVersion {
  readonly version: string;
  readonly build_id: string;
}

/** A part that is being written. */
interface OpenPart {
  readonly kind: string;
  readonly part: ManifestPart;
  readonly offset: number;
  readonly hash: Hash;
  pending: Uint8Array;
  written: number;
}

/**
 * An update of a Mongoose OS firmware, fed with the bytes of its zip as they come: written into the slot that does not
 * run, checked, and started by a new boot config only once all of it is there.
 */
export class MongooseUpdate {
  private readonly plug: RunningPlug;
  private readonly running: RunningVersion;
  private readonly log: (text: string) => void;
  private readonly zip: ZipStream;
  private readonly done = new Set<string>();
  private manifestBytes: Uint8Array = new Uint8Array();
  private manifest: Manifest | undefined;
  private open: OpenPart | undefined;
  private bootLoader: Uint8Array | undefined;
  private isReadingManifest = false;

  constructor(plug: RunningPlug, running: RunningVersion, log: (text: string) => void) {
    this.plug = plug;
    this.log = log;
    this.running = running;
    this.zip = new ZipStream({
      begin: (entry) => this.begin(entry),
      data: (bytes) => this.data(bytes),
      end: (entry) => this.end(entry),
    });
  }

  /** Nothing more is needed of the archive. */
  get isWhole(): boolean {
    return this.zip.isOver;
  }

  /** Throws UpdateRefused. */
  async feed(bytes: Uint8Array): Promise<void> {
    await this.zip.feed(bytes);
  }

  /** Everything that will come has come: the new slot is the one to start. Throws UpdateRefused. */
  async finish(): Promise<void> {
    if (this.manifest == null) throw new UpdateRefused('Wrong state for finalize');
    const { parts } = this.manifest;
    const isMissing = (kind: string) => isWanted(kind, parts[kind]!) && !this.done.has(kind);
    if (this.open != null || Object.keys(parts).some(isMissing))
      throw new UpdateRefused('Incomplete update package');
    const found = this.bootConfig();
    const other = otherSlot(found.config);
    if (this.bootLoader != null) await this.plug.write(0, this.bootLoader);
    const next = { current: other, previous: found.config.current, isFirstBoot: true, isUncommitted: true };
    await this.plug.write(found.offset, rbootConfigSector({ ...found.config, ...next, attempts: 0 }));
    this.plug.settle();
  }

  private async begin(entry: ZipEntry): Promise<void> {
    if (this.manifest == null) {
      if (entry.name !== MANIFEST) throw new UpdateRefused('Expected manifest, found something else');
      this.isReadingManifest = true;
      return;
    }
    const found = Object.entries(this.manifest.parts).find(
      ([kind, part]) => part.src === entry.name && isWanted(kind, part),
    );
    if (found == null) return;
    const [kind, part] = found;
    const place = this.placeOf(kind);
    if (entry.bytes > place.bytes) throw new UpdateRefused('Image too big');
    if (
      part.cs_sha1 != null &&
      sha1(this.plug.flash.subarray(place.offset, place.offset + entry.bytes)) === part.cs_sha1
    ) {
      this.log(`${kind}: already there, skipped`);
      this.done.add(kind);
      return;
    }
    this.log(`${kind}: ${entry.bytes} bytes to 0x${place.offset.toString(16)}`);
    this.open = {
      kind,
      part,
      offset: place.offset,
      hash: createHash('sha1'),
      pending: new Uint8Array(),
      written: 0,
    };
  }

  private async data(bytes: Uint8Array): Promise<void> {
    if (this.isReadingManifest) {
      this.manifestBytes = joinBytes(this.manifestBytes, bytes);
      return;
    }
    const { open } = this;
    if (open == null) return;
    open.hash.update(bytes);
    open.pending = joinBytes(open.pending, bytes);
    if (open.kind === 'boot') return;
    while (open.pending.length >= SECTOR_BYTES) {
      await this.plug.write(open.offset + open.written, open.pending.subarray(0, SECTOR_BYTES));
      open.written += SECTOR_BYTES;
      open.pending = open.pending.slice(SECTOR_BYTES);
    }
  }

  private async end(entry: ZipEntry): Promise<void> {
    if (this.isReadingManifest) {
      this.isReadingManifest = false;
      this.manifest = this.acceptedManifest();
      return;
    }
    const { open } = this;
    if (open == null) return;
    this.open = undefined;
    if (open.kind === 'boot') this.bootLoader = open.pending;
    else if (open.pending.length > 0) {
      const last = new Uint8Array(SECTOR_BYTES).fill(0xff);
      last.set(open.pending);
      await this.plug.write(open.offset + open.written, last);
    }
    if (open.part.cs_sha1 != null && open.hash.digest('hex') !== open.part.cs_sha1.toLowerCase())
      throw new UpdateRefused('Invalid checksum');
    this.log(`${open.kind}: ${entry.bytes} bytes written, checksum ok`);
    this.done.add(open.kind);
  }

  private acceptedManifest(): Manifest {
    const manifest = parseManifest(Buffer.from(this.manifestBytes).toString());
    if (manifest.version === this.running.version && manifest.build_id === this.running.build_id)
      throw new UpdateRefused('Version is the same as current');
    this.log(`update ${manifest.name} ${manifest.version} ${manifest.build_id}`);
    return manifest;
  }

  private placeOf(kind: string): { readonly offset: number; readonly bytes: number } {
    if (kind === 'boot') return { offset: 0, bytes: BOOT_LIMIT_BYTES };
    const { config } = this.bootConfig();
    const slot: RbootSlot = config.slots[otherSlot(config)]!;
    return kind === 'fw'
      ? { offset: slot.firmwareOffset, bytes: slot.firmwareBytes }
      : { offset: slot.filesOffset, bytes: slot.filesBytes };
  }

  private bootConfig(): NonNullable<ReturnType<typeof findRbootConfig>> {
    const found = findRbootConfig(this.plug.flash);
    if (found == null || found.config.slots.length < 2) throw new UpdateRefused('Wrong state for finalize');
    return found;
  }
}

/** `fw` and `fs` always; the boot loader where the manifest says so; other parts are of no use to a running unit. */
const isWanted = (kind: string, part: ManifestPart): boolean =>
  kind === 'fw' || kind === 'fs' || (kind === 'boot' && part.update === true);

const otherSlot = (config: { readonly current: number }): number => (config.current === 0 ? 1 : 0);

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

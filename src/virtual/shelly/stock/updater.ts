import { fetchOver, type Fetching } from '../../plug/http/fetch.ts';
import type { RunningPlug } from '../../plug/plug-firmware.ts';
import { MongooseUpdate } from '../mongoose/update.ts';
import { UpdateRefused } from '../mongoose/zip-stream.ts';
import { plainMac } from '../models.ts';

/** What one TCP segment brings to the chip. */
const SEGMENT_BYTES = 1460;
/** After so much of the zip `drops-download` strikes. */
export const DROPS_AFTER_BYTES = 32_768;
/** `pending-long` lasts this long, ms. */
export const PENDING_MS = 180_000;
/** Without progress for so long it gives up, ms (reference 1.4). */
const IDLE_LIMIT_MS = 600_000;
const MOST_REDIRECTS = 3;
/** Between the end of the update and the restart, ms. */
const RESTART_MS = 1000;

export interface UpdaterParts {
  readonly plug: RunningPlug;
  readonly log: (text: string) => void;
  readonly id: string;
  readonly app: string;
  readonly fw: string;
}

/** The updater behind `/ota`: pulls a zip and writes it into the other slot. */
export class StockUpdater {
  private readonly parts: UpdaterParts;
  private word: 'idle' | 'pending' | 'updating' = 'idle';
  private fetching: Fetching | undefined;

  constructor(parts: UpdaterParts) {
    this.parts = parts;
  }

  status() {
    return { status: this.word, has_update: false, new_version: '', old_version: this.parts.fw };
  }

  /** Begins, unless one is running. The answer to it says no more than that it was asked for. */
  begin(url: string | undefined): void {
    if (this.word !== 'idle') return;
    this.word = 'updating';
    void this.run(url);
  }

  private async run(url: string | undefined): Promise<void> {
    const { plug } = this.parts;
    try {
      await this.update(url);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.parts.log(`update failed: ${reason}`);
      this.word = 'idle';
      this.fetching = undefined;
      return;
    }
    this.parts.log('Update applied, rebooting');
    await plug.wait(RESTART_MS);
    plug.restart();
  }

  private async update(url: string | undefined): Promise<void> {
    const { plug } = this.parts;
    if (plug.fault('accepts-never-fetches')) throw new UpdateRefused('nothing happens');
    if (plug.fault('pending-long')) {
      this.word = 'pending';
      await plug.clock.sleep(PENDING_MS);
      this.word = 'updating';
    }
    if (url == null) throw new UpdateRefused('the update server of the maker cannot be reached');
    const update = new MongooseUpdate(plug, { version: '1.0', build_id: this.parts.fw }, this.parts.log);
    const fetching = await this.answered(url);
    this.fetching = fetching;
    const length = Number(fetching.head.headers['content-length']);
    if (!Number.isInteger(length) || length <= 0)
      throw this.closed(new UpdateRefused('Invalid content-length'));
    try {
      await this.take(fetching, update, length);
      await update.finish();
    } catch (error) {
      throw this.closed(error);
    }
    fetching.close();
  }

  private async take(fetching: Fetching, update: MongooseUpdate, length: number): Promise<void> {
    const { plug } = this.parts;
    let received = 0;
    let cancelIdle = this.afterIdle();
    try {
      for await (const piece of fetching.body) {
        cancelIdle();
        received += piece.length;
        await update.feed(piece);
        if (received >= DROPS_AFTER_BYTES && plug.fault('drops-download')) {
          fetching.close(true);
          throw new UpdateRefused(`Update aborted after ${received} bytes`);
        }
        if (received >= length) break;
        cancelIdle = this.afterIdle();
      }
    } finally {
      cancelIdle();
    }
    this.parts.log(`${received} of ${length} bytes came`);
    if (!update.isWhole && received < length) throw new UpdateRefused('Update aborted');
  }

  /** The first answer that is none of the redirects Mongoose OS follows. */
  private async answered(url: string): Promise<Fetching> {
    let target = new URL(url);
    for (let hop = 0; ; hop++) {
      const fetching = await fetchOver(this.parts.plug.wifi, {
        url: target,
        headerLines: this.headerLines(),
        eventBytes: SEGMENT_BYTES,
      });
      const { status, headers } = fetching.head;
      this.parts.log(`GET ${target.href}: ${status}`);
      if (status === 200 || status === 206) return fetching;
      fetching.close();
      if (status === 302 && headers.location != null && hop < MOST_REDIRECTS)
        target = new URL(headers.location, target);
      else throw new UpdateRefused('Invalid HTTP response code');
    }
  }

  /** Section 1.6 of the reference. */
  private headerLines(): readonly string[] {
    const { plug, id, app, fw } = this.parts;
    return [
      `User-Agent: ${app}/1.0 (MongooseOS/2.13.0; esp8266)`,
      'Connection: close',
      'Range: bytes=0-',
      `X-MGOS-Device-ID: ${id} ${plainMac(plug.chip.mac)}`,
      `X-MGOS-FW-Version: ESP8266 1.0 ${fw}`,
    ];
  }

  private afterIdle(): () => void {
    return this.parts.plug.clock.after(IDLE_LIMIT_MS, () => this.fetching?.close());
  }

  private closed(error: unknown): unknown {
    this.fetching?.close();
    return error;
  }
}

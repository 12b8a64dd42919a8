import type { RunningPlug } from '../plug-firmware.ts';
import { ImageDownload, OTA_ERROR, OTA_RESULT } from './image-download.ts';
import { APP_OFFSET, SECTOR_BYTES, STAGE_OFFSET } from './layout.ts';

const BAD_PARAMETER = 422;
const HASH_CHARACTERS = 64;

/**
 * The call `ota_flash`, from the check of what was asked to the restart into whatever was downloaded. Firmware 3.3
 * answers it when all is downloaded and checked, later ones when the first piece is there: which it is on real units
 * the documents leave open, so both occur.
 */
export class OtaFlash {
  private readonly plug: RunningPlug;
  private readonly version: string;
  private readonly signal: AbortSignal;
  private isBusy = false;

  constructor(plug: RunningPlug, version: string, signal: AbortSignal) {
    this.plug = plug;
    this.version = version;
    this.signal = signal;
  }

  /** The number that the call is answered with. */
  async flash(data: Readonly<Record<string, unknown>>, isUnlocked: boolean): Promise<number> {
    const { plug, version, signal } = this;
    if (!isUnlocked || plug.fault('error-403')) return OTA_ERROR.locked;
    const url = urlOf(data.downloadUrl);
    const sha256 = data.sha256sum;
    if (url?.protocol !== 'http:' || typeof sha256 !== 'string' || sha256.length !== HASH_CHARACTERS)
      return BAD_PARAMETER;
    // Elsewhere than on the LAN: it says yes and does nothing (itead#10).
    if (!isPrivate(url.hostname)) return OTA_ERROR.none;
    if (this.isBusy) return BAD_PARAMETER;
    for (const error of [OTA_ERROR.timeout, OTA_ERROR.tooLarge, OTA_ERROR.unreachable])
      if (plug.fault(`error-${error}`)) return error;
    const hasWrongHost = /^3\.[56]\./.test(version) || plug.fault('host-bug');
    const download = new ImageDownload({ plug, url, hasWrongHost, signal });
    this.isBusy = true;
    const error = await download.begin();
    if (error !== OTA_ERROR.none) {
      this.end(download);
      return error;
    }
    const whole = this.finish(download, sha256).finally(() => this.end(download));
    if (/^3\.3\./.test(version)) return whole;
    whole.catch((failure: unknown) => this.fails(failure));
    return OTA_ERROR.none;
  }

  private end(download: ImageDownload): void {
    this.isBusy = false;
    download.close();
  }

  /** Downloads, checks, tells the server, and is what was downloaded from then on. */
  private async finish(download: ImageDownload, sha256: string): Promise<number> {
    const { plug } = this;
    const tell = async (result: number) => {
      if (!plug.fault('never-posts')) await download.post(result);
    };
    const isCut = plug.fault('drops-download');
    if (!(await download.finish(isCut ? download.totalBytes / 2 : undefined))) {
      plug.log('the download broke off');
      await tell(OTA_RESULT.downloadFailed);
      return OTA_ERROR.unreachable;
    }
    // Compared as text: a hash in capitals is another one (#102).
    if (download.sha256() !== sha256 || plug.fault('error-471')) {
      plug.log('the hash is another: without power it is a brick now');
      await plug.write(APP_OFFSET, new Uint8Array(SECTOR_BYTES).fill(0xff));
      plug.settle();
      await tell(OTA_RESULT.checkFailed);
      return OTA_ERROR.wrongHash;
    }
    await tell(OTA_RESULT.done);
    // A unit that answers only now does so before it goes.
    plug.clock.after(0, () => {
      this.become(download.totalBytes).catch((failure: unknown) => this.fails(failure));
    });
    return OTA_ERROR.none;
  }

  /** Copies what is staged to the bottom of the flash, whatever it is, and starts it. */
  private async become(bytes: number): Promise<void> {
    const { plug, signal } = this;
    if (signal.aborted) return;
    plug.log(`writes ${bytes} bytes over itself`);
    const image = plug.flash.slice(STAGE_OFFSET, STAGE_OFFSET + bytes);
    for (let at = 0; at < image.length; at += SECTOR_BYTES) {
      await plug.write(at, image.subarray(at, at + SECTOR_BYTES));
      if (signal.aborted) return;
    }
    plug.settle();
    plug.restart();
  }

  private fails(failure: unknown): void {
    if (!this.signal.aborted) this.plug.log(`model fails: ${String(failure)}`);
  }
}

function urlOf(text: unknown): URL | undefined {
  try {
    return new URL(String(text));
  } catch {
    return undefined;
  }
}

/** An IPv4 address of a private network, or of this computer. A name is none. */
function isPrivate(host: string): boolean {
  return /^(10|127)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\./.test(host) && /^[\d.]+$/.test(host);
}

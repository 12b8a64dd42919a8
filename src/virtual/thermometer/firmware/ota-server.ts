import { FLASH_TIMES, SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import { u16, u32 } from '../../bytes.ts';
import type { ThermometerBody } from '../body.ts';
import { FLASH_MAP } from '../images/flash-map.ts';
import { imageIdentity, type ImageIdentity } from '../images/image-identity.ts';
import { BOOT_MARK, BOOT_MARK_OFFSET } from './boot.ts';
import { UUID, type Link, type Service } from './gatt.ts';

/** Status byte that a read of the OTA characteristic gives (reference "Mi BLE", section 4). */
export const OTA_STATUS = {
  ok: 0,
  packetLost: 1,
  packetCrc: 2,
  flashWrite: 3,
  incomplete: 4,
  timeout: 5,
  firmwareCrc: 6,
} as const;
type OtaStatus = (typeof OTA_STATUS)[keyof typeof OTA_STATUS];

const OPCODE = { version: 0xff00, start: 0xff01, end: 0xff02 };
const PACKET_BYTES = 20;
const BLOCK_BYTES = 16;
/** Where the header gives the size of the image. */
const SIZE_OFFSET = 0x18;

/**
 * Packets that the queue of the device holds. A read drains it; what comes on top of a full queue is gone. Public
 * flashers read after every eighth packet; the margin above that is ours.
 */
export const OTA_QUEUE_PACKETS = 12;
/** Below this charge a cell does not carry a long connection (field reports: "stops at 15 %"). */
export const LOW_BATTERY_PERCENT = 40;

/** How the firmware at work takes an image. */
export interface OtaPolicy {
  /** Stock firmware: only after a login. */
  permitted(): boolean;
  /** Stock firmware throws a damaged image away without a word; others say so in the status byte. */
  readonly silentAboutCrc: boolean;
  /** Whether an image that was received whole may become the new firmware. */
  accepts(image: ImageIdentity): boolean;
  /** Longest time between two packets, ms. */
  readonly packetGapMs: number;
}

/** Where an image goes: the other bank, or the region that extended OTA prepared. */
interface Target {
  readonly offset: number;
  readonly extended: boolean;
}

interface Upload {
  readonly target: Target;
  nextIndex: number;
  /** As the header says; undefined before it came. */
  imageBytes: number | undefined;
  /** The first byte of `KNLT` is kept back until everything was checked. */
  bootMark: number;
  cancelTimeout: () => void;
}

/** The OTA service of the Telink SDK: packets into the bank that does not run, a check, and a restart. */
export class OtaServer {
  /** Set by extended OTA: the next upload goes there. */
  extendedTarget: { readonly offset: number } | undefined;
  private readonly body: ThermometerBody;
  private readonly link: Link;
  private readonly policy: OtaPolicy;
  /** Flash offset of the bank that runs. */
  private readonly runningBank: number;
  private status: OtaStatus = OTA_STATUS.ok;
  private queued = 0;
  private upload: Upload | undefined;

  constructor(body: ThermometerBody, link: Link, runningBank: number, policy: OtaPolicy) {
    this.body = body;
    this.link = link;
    this.runningBank = runningBank;
    this.policy = policy;
  }

  get isWorking(): boolean {
    return this.upload != null;
  }

  service(): Service {
    return {
      uuid: UUID.ota,
      characteristics: [
        {
          uuid: UUID.otaData,
          properties: ['read', 'writeWithoutResponse'],
          read: () => this.read(),
          write: (bytes) => this.write(bytes),
        },
      ],
    };
  }

  private read(): Uint8Array {
    this.queued = 0;
    if (this.status !== OTA_STATUS.ok) this.link.after(this.body.paced ? 500 : 0, () => this.link.restart());
    return Uint8Array.of(this.status);
  }

  private write(bytes: Uint8Array): void | Promise<void> {
    const opcode = u16(bytes, 0);
    if (bytes.length === 2 && opcode === OPCODE.version) return;
    if (bytes.length === 2 && opcode === OPCODE.start) return this.start();
    if (opcode === OPCODE.end && bytes.length >= 4) return this.end(bytes);
    if (bytes.length === PACKET_BYTES) return this.data(bytes);
  }

  private start(): void {
    if (!this.policy.permitted()) return this.link.drop();
    this.upload?.cancelTimeout();
    this.body.flash.unlock();
    this.status = OTA_STATUS.ok;
    this.queued = 0;
    const otherBank = this.runningBank === FLASH_MAP.bank1 ? FLASH_MAP.bank2 : FLASH_MAP.bank1;
    const { extendedTarget } = this;
    this.upload = {
      target: { offset: extendedTarget?.offset ?? otherBank, extended: extendedTarget != null },
      nextIndex: 0,
      imageBytes: undefined,
      bootMark: 0xff,
      cancelTimeout: () => {},
    };
    this.watch(this.upload);
    this.body.log('OTA begins');
  }

  private async data(bytes: Uint8Array): Promise<void> {
    const { upload } = this;
    if (upload == null || this.status !== OTA_STATUS.ok) return;
    this.queued += 1;
    if (this.queued > OTA_QUEUE_PACKETS) return;
    const index = u16(bytes, 0);
    if (index !== upload.nextIndex) return this.fail(OTA_STATUS.packetLost);
    if (crc16(bytes.subarray(0, 18)) !== u16(bytes, 18)) return this.fail(OTA_STATUS.packetCrc);
    upload.nextIndex += 1;
    this.watch(upload);
    const block = bytes.slice(2, 18);
    if (index === 0) {
      upload.bootMark = block[BOOT_MARK_OFFSET]!;
      block[BOOT_MARK_OFFSET] = 0xff;
    }
    if (index === SIZE_OFFSET >> 4) upload.imageBytes = u32(block, SIZE_OFFSET & 0x0f);
    if (this.strikes(upload)) return;
    await this.store(upload, index * BLOCK_BYTES, block);
  }

  private async store(upload: Upload, at: number, block: Uint8Array): Promise<void> {
    const { flash, clock, paced } = this.body;
    const offset = upload.target.offset + at;
    if (offset % SECTOR_BYTES === 0) {
      flash.eraseSectors(offset / SECTOR_BYTES, 1);
      if (paced) await clock.sleep(FLASH_TIMES.sectorEraseMs);
      if (this.link.ended.aborted) return;
      // An image longer than its bank runs into the firmware that is writing it.
      if (offset === this.runningBank) return this.link.restart();
    }
    flash.program(offset, block);
    // Power may have gone in the middle of it.
    if (this.link.ended.aborted) return;
    const kept = flash.read(offset, block.length);
    if (Buffer.compare(kept, block) !== 0) this.fail(OTA_STATUS.flashWrite);
  }

  /** Faults and an empty cell; true when the packet is lost to one. */
  private strikes(upload: Upload): boolean {
    const { faults, batteryPercent } = this.body;
    if (upload.imageBytes == null) return false;
    const share = (upload.nextIndex * BLOCK_BYTES) / upload.imageBytes;
    if (batteryPercent < LOW_BATTERY_PERCENT && share >= 0.15) {
      this.abandon('the cell gives up');
      return true;
    }
    if (share >= 0.5 && faults.strikes('drops-link-at-50%')) {
      faults.spend('drops-link-at-50%');
      this.abandon('the link drops');
      return true;
    }
    if (share >= 0.25 && faults.strikes('ota-status-3')) {
      faults.spend('ota-status-3');
      this.fail(OTA_STATUS.flashWrite);
      return true;
    }
    return false;
  }

  private end(bytes: Uint8Array): void {
    const { upload } = this;
    if (upload == null || this.status !== OTA_STATUS.ok) return;
    const last = u16(bytes, 2);
    const { target, nextIndex, imageBytes } = upload;
    const inverse = bytes.length < 6 || u16(bytes, 4) === (~last & 0xffff);
    const sentBytes = nextIndex * BLOCK_BYTES;
    if (!inverse || nextIndex === 0 || last !== nextIndex - 1 || imageBytes == null || imageBytes > sentBytes)
      return this.fail(OTA_STATUS.incomplete);
    const file = this.body.flash.read(target.offset, sentBytes).slice();
    file[BOOT_MARK_OFFSET] = upload.bootMark;
    const image = imageIdentity(file);
    const whole = image != null && image.bootable && image.crcValid;
    if (!whole && !this.policy.silentAboutCrc) return this.fail(OTA_STATUS.firmwareCrc);
    if (!whole || !this.policy.accepts(image)) return this.restartOld('the image is not taken');
    if (this.body.faults.strikes('old-firmware-returns')) {
      this.body.faults.spend('old-firmware-returns');
      return this.restartOld('the old firmware returns');
    }
    this.switchOver(upload);
  }

  private switchOver({ target, cancelTimeout }: Upload): void {
    const { flash } = this.body;
    cancelTimeout();
    flash.program(target.offset + BOOT_MARK_OFFSET, Uint8Array.of(BOOT_MARK));
    if (target.extended) {
      // As pvvx does: both banks below lose their first sector, so that the boot finds the region above.
      for (const bank of [FLASH_MAP.bank1, FLASH_MAP.bank2]) flash.eraseSectors(bank / SECTOR_BYTES, 1);
    } else flash.program(this.runningBank + BOOT_MARK_OFFSET, Uint8Array.of(0));
    flash.flush();
    this.body.log('OTA done');
    this.restart();
  }

  private fail(status: OtaStatus): void {
    this.status = status;
    this.body.log(`OTA stopped, status ${status}`);
    this.restartOld('the OTA failed');
  }

  /** The new image is made useless and the old firmware starts again. */
  private restartOld(why: string): void {
    const { upload } = this;
    if (upload == null) return;
    upload.cancelTimeout();
    this.body.flash.program(upload.target.offset + BOOT_MARK_OFFSET, Uint8Array.of(0));
    this.body.flash.flush();
    this.body.log(`The new image is dropped: ${why}`);
    this.restart();
  }

  /** 1 to 7 s in the field; without `pace=` as soon as the other side had time for one read. */
  private restart(): void {
    this.upload = undefined;
    this.link.restartWhenGone();
    const failed = this.status !== OTA_STATUS.ok;
    const pacedMs = 1000 + (this.body.unit % 5) * 1000;
    this.link.after(this.body.paced ? pacedMs : failed ? 2000 : 0, () => this.link.restart());
  }

  private abandon(why: string): void {
    this.upload?.cancelTimeout();
    this.upload = undefined;
    this.body.log(`OTA ends: ${why}`);
    this.link.drop();
  }

  private watch(upload: Upload): void {
    upload.cancelTimeout();
    upload.cancelTimeout = this.link.after(this.policy.packetGapMs, () => this.fail(OTA_STATUS.timeout));
  }
}

/** CRC-16/MODBUS, as every packet carries it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

import type { LogSink } from '../../core/log.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';
import { BAUD_LADDER, findLoader, recoverBaud, switchBaud } from './baud.ts';
import type { ChipSpec } from './chips/chip.ts';
import type { LoaderContext } from './context.ts';
import type { Conversation } from './conversation.ts';
import { eraseChip, eraseRegion, flashMd5, repeatable } from './flash-commands.ts';
import { attachFlashChip, readFlashInfo, setFlashSize } from './flash-chip.ts';
import { detectChip, readIdentity } from './identify.ts';
import type { EspLoader } from './loader.ts';
import { readFlash } from './read-flash.ts';
import { readSecurity } from './security.ts';
import { isUploadFailure, uploadStub } from './start-stub.ts';
import { syncRepeatedly } from './sync.ts';
import type {
  EspIdentity,
  FlashInfo,
  LoaderMode,
  OperationOptions,
  ReadFlashOptions,
  Region,
  SecurityState,
  WriteRegionOptions,
} from './types.ts';
import { writeRegion } from './write-region.ts';

/** SYNCs at each rate while a lost loader is looked for: enough for both framings of a stub. */
const FIND_TRIES = 6;
/** Uploads of a stub that did not greet, or where an answer was lost on the way: MEM_END itself may get lost. */
const STUB_TRIES = 2;
/** SYNCs after a stub did not greet: the ROM may need a restart of its own first (3 s in all). */
const AFTER_STUB_TRIES = 20;

export interface SessionSetup {
  readonly talk: Conversation;
  readonly chip: ChipSpec;
  readonly identity: EspIdentity;
  /** Rates at which this unit may be met, the ROM's first. */
  readonly baudRates: readonly number[];
  /** Puts the unit into its ROM loader at the first rate; undefined where only hands can. */
  readonly resetIntoRom?: () => Promise<LoaderMode | undefined>;
  /** Waits while the operator power-cycles the unit into its ROM loader; undefined where nobody can be asked. */
  readonly waitForPowerCycle?: (why: string) => Promise<LoaderMode>;
  readonly log: LogSink;
}

/** The conversation behind `EspLoader`. */
export class LoaderSession implements EspLoader, LoaderContext {
  readonly talk: Conversation;
  readonly chip: ChipSpec;
  readonly identity: EspIdentity;
  readonly #setup: SessionSetup;
  /** Rates that failed their probe: not tried again in this session. */
  readonly #badRates = new Set<number>();
  #flash: FlashInfo | undefined;
  #stubWanted = false;

  constructor(setup: SessionSetup) {
    this.#setup = setup;
    this.talk = setup.talk;
    this.chip = setup.chip;
    this.identity = setup.identity;
  }

  get mode(): LoaderMode {
    return this.talk.mode;
  }

  get baudRate(): number {
    return this.talk.port.baudRate;
  }

  get flash(): FlashInfo | undefined {
    return this.#flash;
  }

  readSecurity(): Promise<SecurityState> {
    return repeatable(this, () => readSecurity(this.talk, this.chip, this.identity));
  }

  async startStub(): Promise<LoaderMode> {
    for (let attempt = 1; this.mode === 'rom' && attempt <= STUB_TRIES; attempt++)
      if (!(await this.#uploadStub())) await this.#findAfterStub();
    if (this.mode === 'rom')
      this.#setup.log('warn', 'The stub loader did not start; going on with the ROM loader.');
    this.#stubWanted = this.mode === 'stub';
    if (this.#flash != null) await this.#prepareFlash(this.#flash.sizeBytes);
    return this.mode;
  }

  async attachFlash({ sizeBytes }: { readonly sizeBytes?: number } = {}): Promise<FlashInfo> {
    return repeatable(this, async () => {
      await attachFlashChip(this.talk, this.chip);
      const found = await readFlashInfo(this.talk, this.chip);
      const flash = sizeBytes == null ? found : { ...found, sizeBytes };
      await this.#prepareFlash(flash.sizeBytes);
      this.#flash = flash;
      return flash;
    });
  }

  async changeBaud(ladder: readonly number[] = BAUD_LADDER): Promise<number> {
    const { port } = this.talk;
    if (!port.hasBaudRate || (this.mode === 'rom' && !this.chip.rom.changesBaud)) return port.baudRate;
    const rates = [...ladder].sort((a, b) => b - a).filter((rate) => rate <= this.chip.maxBaudRate);
    for (const rate of rates) {
      if (rate === port.baudRate) break;
      if (this.#badRates.has(rate)) continue;
      if (await this.#tryRate(rate)) break;
    }
    return port.baudRate;
  }

  async slowDown(): Promise<number | undefined> {
    const lower = BAUD_LADDER.filter((rate) => rate < this.baudRate);
    if (lower.length === 0) return undefined;
    const before = this.baudRate;
    const after = await this.changeBaud(lower);
    if (after === before) return undefined;
    this.#badRates.add(before);
    this.#setup.log('warn', `Bytes were lost at ${before} baud; going on at ${after}.`);
    return after;
  }

  async writeRegion(region: Region, options: WriteRegionOptions = {}): Promise<void> {
    this.#refuseBeyondFlash('write', region.offset, region.bytes.length);
    return writeRegion(this, region, options);
  }

  async md5(offset: number, size: number, options?: OperationOptions): Promise<string> {
    this.#refuseBeyondFlash('hash', offset, size);
    return flashMd5(this, offset, size, options);
  }

  async eraseRegion(offset: number, size: number, options?: OperationOptions): Promise<void> {
    this.#refuseBeyondFlash('erase', offset, size);
    return eraseRegion(this, offset, size, options);
  }

  eraseChip(options?: OperationOptions): Promise<void> {
    return eraseChip(this, options);
  }

  async readFlash(offset: number, size: number, options: ReadFlashOptions): Promise<void> {
    this.#refuseBeyondFlash('read', offset, size);
    return readFlash(this, offset, size, options);
  }

  async resync(after?: Error): Promise<void> {
    const baudBefore = this.baudRate;
    const mode = (await this.#find()) ?? (await this.#setup.resetIntoRom?.());
    if (mode == null) throw after ?? new BenchError('LOADER_SILENT');
    await this.#takeUp(mode);
    if (mode === 'rom' && this.baudRate < baudBefore)
      await this.changeBaud(BAUD_LADDER.filter((rate) => rate <= baudBefore));
  }

  async isAlive(): Promise<boolean> {
    try {
      await this.#checkIdentity();
      return true;
    } catch (error) {
      if (isBenchError(error, 'LOADER_SILENT', 'LOADER_REFUSED', 'LOADER_UNSUPPORTED')) return false;
      throw error;
    }
  }

  close(): void {
    this.talk.channel.close();
  }

  /** Addresses wrap round in the flash chip: what is meant for beyond its end would land at its beginning. */
  #refuseBeyondFlash(act: string, offset: number, size: number): void {
    const flashBytes = this.#flash?.sizeBytes;
    if (offset >= 0 && size >= 0 && (flashBytes == null || offset + size <= flashBytes)) return;
    const range = `${size} bytes at 0x${offset.toString(16)}`;
    const flash = flashBytes == null ? 'flash' : `the ${flashBytes / 2 ** 20} MB of flash`;
    throw new BenchError('LOADER_REFUSED', {
      message: `Will not ${act} ${range}: that is not inside ${flash} of this unit. Nothing was sent.`,
      advice: 'Choose an image that fits this unit.',
      detail: { offset, size, ...(flashBytes != null && { flashBytes }) },
    });
  }

  async #prepareFlash(sizeBytes: number | undefined): Promise<void> {
    await attachFlashChip(this.talk, this.chip);
    if (sizeBytes != null) await setFlashSize(this.talk, this.chip, sizeBytes);
  }

  async #uploadStub(): Promise<boolean> {
    const stub = await this.chip.loadStub();
    try {
      return await uploadStub(this.talk, this.chip, stub);
    } catch (error) {
      if (!isUploadFailure(error)) throw error;
      return false;
    }
  }

  /** Who is there after a stub that did not greet: the ROM again, or the stub with its greeting lost. */
  async #findAfterStub(): Promise<void> {
    const mode =
      (await syncRepeatedly(this.talk.channel, { tries: AFTER_STUB_TRIES })) ??
      (await this.#setup.resetIntoRom?.());
    if (mode == null) throw new BenchError('STUB_FAILED');
    this.talk.mode = mode;
    await this.#checkIdentity();
  }

  async #tryRate(rate: number): Promise<boolean> {
    const before = this.baudRate;
    const result = await switchBaud(this.talk, this.chip, rate);
    if (result === 'switched') return true;
    this.#badRates.add(rate);
    this.#setup.log('warn', `${rate} baud does not work on this link.`);
    if (result === 'refused') return false;
    const mode =
      (await recoverBaud(this.talk, before, rate)) ??
      (await this.#setup.resetIntoRom?.()) ??
      (await this.#find()) ??
      (await this.#setup.waitForPowerCycle?.(`${rate} baud does not work on this link`));
    if (mode == null) throw new BenchError('BAUD_LOST', { detail: { baudRate: rate, worksAt: before } });
    await this.#takeUp(mode);
    return false;
  }

  #find(): Promise<LoaderMode | undefined> {
    return findLoader(this.talk, [this.baudRate, ...this.#setup.baudRates, ...BAUD_LADDER], FIND_TRIES);
  }

  /** Goes on with a loader that was found again; a unit that was reset meanwhile is set up as it was. */
  async #takeUp(mode: LoaderMode): Promise<void> {
    this.talk.mode = mode;
    await this.#checkIdentity();
    this.#setup.log('info', `The loader was found again at ${this.baudRate} baud (${mode}).`);
    if (mode === 'stub') return;
    if (this.#stubWanted) await this.startStub();
    else if (this.#flash != null) await this.#prepareFlash(this.#flash.sizeBytes);
  }

  /** Throws UNIT_SWAPPED when another unit answers. */
  async #checkIdentity(): Promise<void> {
    const chip = await detectChip(this.talk);
    const mac = chip === this.chip ? (await readIdentity(this.talk, chip)).mac : undefined;
    if (mac === this.identity.mac) return;
    throw new BenchError('UNIT_SWAPPED', {
      detail: { expected: this.identity.mac, found: mac ?? chip.name },
    });
  }
}

import { hex } from '../../../bytes.ts';
import { FLASH_TIMES, PAGE_BYTES, SECTOR_BYTES } from '../../../flash-chip/flash-times.ts';
import { number, type Command, type Program, type UBoot } from '../machine.ts';

/** Chips that both boot loaders drive, by JEDEC id (section 1 of the camera reference), as they call them. */
const KNOWN_CHIPS: Readonly<Record<string, string>> = {
  c84017: 'GD25Q64C',
  c84018: 'GD25Q128',
  c84019: 'GD25Q256',
  ef4017: 'W25Q64',
  ef4018: 'W25Q128',
  c22017: 'MX25L64',
  c22018: 'MX25L128',
  '1c7017': 'EN25QH64',
};
/** The one of Dafang-Hacks does not know it. */
const NOT_DAFANG_HACKS = { '207018': 'XT25F128A' };
/** What reading takes, bytes a millisecond. */
const READ_BYTES_PER_MS = 2500;
const PROGRESS_EVERY_MS = 100;

/** What the driver says when it looks for the chip, and whether it drives it. */
export function probeFlash(uBoot: UBoot): { readonly text: string; readonly found: boolean } {
  const id = uBoot.flash.silent ? 'ffffff' : Buffer.from(uBoot.flash.jedecId).toString('hex');
  const maker = id.slice(0, 2);
  const known: Readonly<Record<string, string>> =
    uBoot.family === 'dafang-hacks' ? KNOWN_CHIPS : { ...KNOWN_CHIPS, ...NOT_DAFANG_HACKS };
  const name = known[id];
  if (name != null) return { text: uBoot.says.chipFound(maker, name), found: true };
  const makerKnown = Object.keys(known).some((each) => each.startsWith(maker));
  return { text: uBoot.says.chipUnknown(id, makerKnown), found: false };
}

export const sf: Command = function* (uBoot, [, what, ...rest]) {
  if (what === 'probe') {
    const { text, found } = probeFlash(uBoot);
    uBoot.flashProbed = found;
    yield text;
    if (!found) yield uBoot.says.probeFailed;
    yield uBoot.says.spent('probe', 4);
    return found;
  }
  const run = what == null ? undefined : SUBCOMMANDS[what];
  if (run == null) return 'usage';
  if (!uBoot.flashProbed) {
    yield "No SPI flash selected. Please run `sf probe'\n";
    return false;
  }
  const startMs = uBoot.nowMs();
  const done = yield* run(uBoot, rest);
  if (done !== 'usage') yield uBoot.says.spent(what!, Math.round(uBoot.nowMs() - startMs));
  return done;
};

type Subcommand = (uBoot: UBoot, argv: readonly string[]) => Program<boolean | 'usage'>;

function transfer(what: 'read' | 'write' | 'update', run: Transfer): Subcommand {
  return function* (uBoot, [address, offsetText, lengthText]) {
    if (address == null || offsetText == null || lengthText == null) return 'usage';
    const [offset, length] = [number(offsetText), number(lengthText)];
    if (offset + length > uBoot.flash.sizeBytes) {
      yield uBoot.says.pastEnd(what, uBoot.flash.sizeBytes);
      return false;
    }
    yield uBoot.says.flashRange(offset, length);
    if (what !== 'read' && isLocked(uBoot, offset)) {
      yield LOCKED;
      return false;
    }
    return yield* run(uBoot, number(address), offset, length);
  };
}
type Transfer = (uBoot: UBoot, address: number, offset: number, length: number) => Program<boolean>;

const isLocked = ({ says, flash }: UBoot, offset: number) =>
  says.seesProtection && flash.isProtectedAt(offset);
const LOCKED = 'ERROR: flash area is locked\n';

const place = ({ says }: UBoot, length: number, offset: number) =>
  `SF: ${length} bytes @ ${offset === 0 ? says.flashStart : `0x${hex(offset)}`}`;

const read: Transfer = function* (uBoot, address, offset, length) {
  uBoot.ram.write(address, uBoot.flash.read(offset, length));
  yield length / READ_BYTES_PER_MS;
  yield `${place(uBoot, length, offset)} Read: OK\n`;
  return true;
};

const write: Transfer = function* (uBoot, address, offset, length) {
  const data = uBoot.ram.read(address, length);
  program(uBoot, offset, data);
  yield Math.ceil(length / PAGE_BYTES) * FLASH_TIMES.pageProgramMs;
  uBoot.flash.flush();
  yield `${place(uBoot, length, offset)} Written: OK\n`;
  return true;
};

const update: Transfer = function* (uBoot, address, offset, length) {
  const { flash } = uBoot;
  const startMs = uBoot.nowMs();
  let toldMs = startMs;
  let skipped = 0;
  const rate = (bytes: number) => Math.round((bytes * 1000) / Math.max(1, uBoot.nowMs() - startMs));
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    if (uBoot.nowMs() - toldMs > PROGRESS_EVERY_MS) {
      yield `   \rUpdating, ${Math.floor((at * 100) / length)}% ${rate(at)} B/s`;
      toldMs = uBoot.nowMs();
    }
    const count = Math.min(SECTOR_BYTES, length - at);
    const wanted = uBoot.ram.read(address + at, count);
    if (Buffer.compare(flash.read(offset + at, count), wanted) === 0) {
      skipped += count;
      yield count / READ_BYTES_PER_MS;
      continue;
    }
    if (at >= length / 2 && uBoot.faults.strikes('update-fails')) {
      yield '\rSPI flash failed in erase step\n';
      return false;
    }
    // The driver erases whole sectors and writes back what it keeps of the last one.
    const sector = flash.read(offset + at, SECTOR_BYTES).slice();
    sector.set(wanted);
    flash.eraseSectors(Math.floor((offset + at) / SECTOR_BYTES), 1);
    program(uBoot, offset + at, sector);
    yield FLASH_TIMES.sectorEraseMs * flash.eraseSlowness + 16 * FLASH_TIMES.pageProgramMs;
  }
  flash.flush();
  const tookMs = Math.round(uBoot.nowMs() - startMs);
  yield `\r${length - skipped} bytes written, ${skipped} bytes skipped`;
  yield ` in ${Math.floor(tookMs / 1000)}.${tookMs % 1000}s, speed ${rate(length)} B/s\n`;
  return true;
};

/** U-Boot looks at no status bit that says whether it worked. */
function program(uBoot: UBoot, offset: number, data: Uint8Array): void {
  let source = data;
  if (data.length > 0 && uBoot.faults.strikes('write-lies')) {
    source = data.slice();
    source[data.length >> 1]! ^= 0x01;
  }
  uBoot.flash.program(offset, source);
}

const erase: Subcommand = function* (uBoot, [offsetText, lengthText]) {
  if (offsetText == null || lengthText == null) return 'usage';
  const { flash, says } = uBoot;
  const offset = number(offsetText);
  const asked = number(lengthText.replace(/^\+/, ''));
  const length = lengthText.startsWith('+') ? Math.ceil(asked / SECTOR_BYTES) * SECTOR_BYTES : asked;
  if (offset + length > flash.sizeBytes) {
    yield says.pastEnd('erase', flash.sizeBytes);
    return false;
  }
  if (isLocked(uBoot, offset)) {
    yield LOCKED;
    return false;
  }
  const crooked = [['addr', offset] as const, ['len', length] as const].find(
    ([, value]) => value % SECTOR_BYTES !== 0,
  );
  const fails = crooked != null || uBoot.faults.strikes('update-fails');
  if (crooked != null) yield says.misaligned(crooked[0], SECTOR_BYTES);
  if (!fails) {
    flash.eraseSectors(offset / SECTOR_BYTES, length / SECTOR_BYTES);
    flash.flush();
    yield (FLASH_TIMES.sectorEraseMs * flash.eraseSlowness * length) / SECTOR_BYTES;
  }
  yield `${place(uBoot, length, offset)} Erased: ${fails ? says.eraseError : 'OK'}\n`;
  return !fails;
};

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  read: transfer('read', read),
  write: transfer('write', write),
  update: transfer('update', update),
  erase,
};

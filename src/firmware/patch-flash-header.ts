import { BenchError } from '../core/errors.ts';
import { hex, sha256, sizeText } from './bytes.ts';
import { FLASH_MODES, type EspChip } from './esp-chips.ts';
import { mapsFlash, parseEspImage, verifies, type EspImage } from './esp-image.ts';
import type { FlashMode } from './firmware-file.ts';
import { isSigned } from './image-report.ts';

export interface FlashHeaderPatch {
  readonly mode?: FlashMode;
  /** MHz; which values there are depends on the chip (40, 26, 20, 80 on ESP8266 and ESP32). */
  readonly freqMHz?: number;
  /** Bytes. */
  readonly sizeBytes?: number;
}

const MODE_BYTE = 2;
const SIZE_FREQ_BYTE = 3;

/**
 * A copy of the image with another flash mode, clock or size in its header, checksum and SHA-256 kept valid.
 * The image must start at the first byte and be what the ROM loads: a boot loader, or an ESP8266 image; what
 * follows it is copied as it is. Throws FIRMWARE_REFUSED for anything else, for an image that does not verify
 * and for a signed one. Of an ESP32 application the ROM never reads these fields.
 */
export function patchFlashHeader(image: Uint8Array, patch: FlashHeaderPatch): Uint8Array {
  const parsed = parseEspImage(image);
  const chip = parsed?.chip;
  if (parsed == null || chip == null) throw refused('it is no image of a chip that benchflash knows');
  if (chip.name !== 'ESP8266' && mapsFlash(parsed))
    throw refused('it is an application; only the boot loader decides how flash is read');
  if (parsed.form === 'v2') throw refused('the ROM does not start images of this form (EA)');
  if (!verifies(parsed)) throw refused(`it does not verify: ${parsed.problems[0]?.text ?? ''}`);
  if (isSigned(image, parsed)) throw refused('it is signed, and another header would break the signature');

  // Not slice(): of a Buffer that would be the same memory.
  const patched = Uint8Array.from(image);
  const sizeFreq = patched[SIZE_FREQ_BYTE] ?? 0;
  if (patch.mode != null) patched[MODE_BYTE] = FLASH_MODES.indexOf(patch.mode);
  const size = patch.sizeBytes == null ? sizeFreq >> 4 : sizeNibble(chip, patch.sizeBytes);
  const freq = patch.freqMHz == null ? sizeFreq & 0xf : freqNibble(chip, patch.freqMHz);
  patched[SIZE_FREQ_BYTE] = (size << 4) | freq;
  // The checksum covers segment data only; the SHA-256 covers the header too.
  if (parsed.sha256 === 'valid') resign(patched, parsed);
  return patched;
}

function resign(patched: Uint8Array, { end }: EspImage): void {
  const hashed = end - 32;
  patched.set(sha256(patched.subarray(0, hashed)), hashed);
}

const refused = (reason: string): BenchError =>
  new BenchError('FIRMWARE_REFUSED', {
    message: `The flash header of this image cannot be changed: ${reason}.`,
  });

/** The header nibble for a flash of this size. Throws FIRMWARE_REFUSED when the chip has none. */
function sizeNibble(chip: EspChip, sizeBytes: number): number {
  const nibble = nibbleOf(chip.sizes, sizeBytes);
  if (nibble == null)
    throw refused(
      `${chip.name} has no header value for a flash of ${sizeText(sizeBytes)} (${hex(sizeBytes)})`,
    );
  return nibble;
}

function freqNibble(chip: EspChip, freqMHz: number): number {
  const nibble = nibbleOf(chip.freqs, freqMHz);
  if (nibble == null) throw refused(`${chip.name} has no flash clock of ${freqMHz} MHz`);
  return nibble;
}

/** The lowest nibble of that value: of the two maps of an ESP8266 flash the plain one. */
const nibbleOf = (values: Readonly<Record<number, number>>, wanted: number): number | undefined => {
  const found = Object.entries(values).find(([, value]) => value === wanted);
  return found == null ? undefined : Number(found[0]);
};

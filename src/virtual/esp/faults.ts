import type { NamedChoice } from '../virtual-device.ts';

/** Faults of every ESP unit. Each is also known with the suffix `-once`. */
export const ESP_FAULTS = [
  { name: 'gpio0-high', text: 'GPIO0 is not low at power-up: it starts its firmware instead of the loader' },
  { name: 'tx-rx-swapped', text: 'TX and RX are swapped: nothing is heard on either side' },
  { name: 'host-tx-open', text: 'the wire from the adapter TX is open: it talks but does not hear' },
  { name: 'no-power', text: 'no power arrives' },
  { name: 'sagging-supply', text: 'weak supply: bits are written wrong while the rate is above 115200 baud' },
  { name: 'drops-bytes', text: 'loses a received byte about every 20 KB above 115200 baud' },
  {
    name: 'dies-at-50%',
    text: 'loses power after half of the write that was begun, until it is powered again',
  },
  { name: 'slow-erase', text: 'erasing takes ten times as long' },
  { name: 'baud-limit-460800', text: 'only garbage above 460800 baud' },
  { name: 'flash-encrypted', text: 'flash encryption is on in efuse (ESP32 only)' },
  { name: 'secure-boot', text: 'secure boot is on in efuse (ESP32 only)' },
  { name: 'wrong-chip', text: 'another ESP chip answers' },
  {
    name: 'boot-loop-after-flash',
    text: 'what was written verifies, but crashes and restarts over and over',
  },
  {
    name: 'mac-crc-abort',
    text: 'the new firmware aborts over the invalid MAC CRC, over and over (ESP32 only)',
  },
  { name: 'swapped-unit', text: 'another unit is in the slot after the whole flash was read once' },
  { name: 'silent-after-boot', text: 'starts what was written, but prints nothing' },
  { name: 'unknown-flash-id', text: 'the flash chip gives an id that nobody knows' },
  { name: 'flash-silent', text: 'the flash chip does not answer (id ff ff ff)' },
  { name: 'write-protected', text: 'the flash chip ignores erase and program' },
  { name: 'lost-answer', text: 'every 40th reply is lost' },
  { name: 'split-chunks', text: 'bytes arrive in pieces of one to three' },
  { name: 'merged-chunks', text: 'bytes arrive late and in lumps' },
  { name: 'boot-garbage', text: 'line noise before, within and after the boot text' },
  { name: 'hostile-text', text: 'the boot text holds escape sequences and control characters' },
  { name: 'stuck-stub', text: 'a stub loader of an earlier session still runs, at 460800 baud' },
  { name: 'loses-first-syncs', text: 'the loader misses the first three SYNC after power-up' },
  { name: 'unplugged-at-50%', text: 'the adapter is pulled out after half of the write that was begun' },
] as const satisfies readonly NamedChoice[];

export type EspFault = (typeof ESP_FAULTS)[number]['name'];

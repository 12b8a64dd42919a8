import type { NamedChoice } from '../virtual-device.ts';

/** Faults of a camera. Each is also known with the suffix `-once`. */
export const DAFANG_FAULTS = [
  // On the programmer.
  { name: 'two-reads-differ', text: 'a shaky clip: now and then a bit of what is read is wrong' },
  { name: 'drops-connection', text: 'the programmer is gone after it has moved 4 MiB' },
  {
    name: 'lies-in-a-byte',
    text: 'one byte of the boot loader reads back wrong in one bit, whatever was written',
  },
  { name: 'protected', text: 'the flash ignores erase, program and the lifting of its protection' },
  { name: 'busy', text: 'erasing and programming take as long as on the data sheet, and three times that' },
  { name: 'no-chip', text: 'no chip on the programmer: it reads ff' },
  { name: 'bad-contact', text: 'a pin of the clip has no contact: the same byte always comes' },
  // On the console.
  { name: 'no-card', text: 'no SD card in the slot' },
  { name: 'card-dead', text: 'the SD card has no power: it does not answer' },
  { name: 'card-without-partition', text: 'the SD card has no partition table' },
  { name: 'card-not-fat', text: 'the partition of the SD card is not FAT, as on a card of more than 32 GB' },
  { name: 'no-demo', text: 'the SD card holds no demo.bin' },
  { name: 'cut-demo', text: 'demo.bin on the SD card ends too early' },
  { name: 'damaged-demo', text: 'a byte of demo.bin on the SD card is wrong' },
  { name: 'loses-characters', text: 'now and then a character on its way from the camera is lost' },
  { name: 'garbles-characters', text: 'now and then a character on its way from the camera is wrong' },
  {
    name: 'upload-errors',
    text: 'a character of every 25th block of an upload arrives wrong',
  },
  { name: 'update-fails', text: 'sf update and sf erase fail half-way, until it is powered anew' },
  { name: 'write-lies', text: 'U-Boot says that it has written; a byte in flash is another one' },
  { name: 'mac-changes', text: 'Linux does not find its MAC, though para is whole: a new one at each boot' },
] as const satisfies readonly NamedChoice[];

export type DafangFault = (typeof DAFANG_FAULTS)[number]['name'];

import type { BootFamily } from '../images/boot-loader.ts';

/**
 * What two generations of U-Boot say differently. 2013.07 by the texts in the stock binary and published boot logs;
 * 2023.01 by recorded consoles of Debian's build for QEMU and of its sandbox, and cmd/sf.c.
 */
export interface Wording {
  readonly version: string;
  readonly compiler: string;
  readonly crc32: 'CRC32' | 'crc32';
  /** Between the bytes of `md` and their text. */
  readonly dumpGap: string;
  /** Where the environment comes from; `found`: there is a flash chip to look into. */
  environment(found: boolean): string;
  chipFound(maker: string, name: string): string;
  chipUnknown(id: string, isMakerKnown: boolean): string;
  readonly probeFailed: string;
  /** Before `sf` moves bytes. */
  flashRange(offset: number, length: number): string;
  /** `@ 0` or `@ 0x0`. */
  readonly flashStart: string;
  /** Behind each `sf` command. */
  spent(command: string, ms: number): string;
  /** What is asked for lies behind the end of the chip. */
  pastEnd(command: string, sizeBytes: number): string;
  /** An erase that does not begin or end where a sector does. */
  misaligned(what: 'addr' | 'len', sectorBytes: number): string;
  readonly eraseError: string;
  /** True where `sf` looks at the block-protect bits of the chip. */
  readonly seesProtection: boolean;
  /** Before a file is read. */
  reading(file: string): string;
  noFile(file: string): string;
  readonly cardDead: string;
  noPartition(place: string): string;
  readonly badFileSystem: string;
  /** End of `loady`. */
  uploaded(upload: UploadEnd): string;
}

export interface UploadEnd {
  readonly address: string;
  readonly bytes: number;
  readonly sizeHex: string;
  readonly error: string | undefined;
  /** The header block came. */
  readonly begun: boolean;
  /** How many packets of which kind, in the words of 2013.07. */
  readonly packets: string;
}

const totalSize = ({ sizeHex, bytes }: UploadEnd) => `## Total Size      = 0x${sizeHex} = ${bytes} Bytes\n`;

const OF_2013: Wording = {
  version: '2013.07',
  compiler: 'mips-linux-gnu-gcc (Ingenic r2.3.3 2016.12) 4.7.2\nGNU ld (Ingenic r2.3.3 2016.12) 2.24\n',
  crc32: 'CRC32',
  dumpGap: '    ',
  environment: (found) =>
    found
      ? '*** Warning - bad CRC, using default environment\n\n'
      : '*** Warning - spi_flash_probe() failed, using default environment\n\n',
  chipFound: (maker, name) => `the manufacturer ${maker}\nSF: Detected ${name}\n\n`,
  chipUnknown: (id, isMakerKnown) =>
    isMakerKnown
      ? `the manufacturer ${id.slice(0, 2)}\nSF: Unsupported ID ${id.slice(2)}\n`
      : `SF: Unsupported manufacturer ${id.slice(0, 2)}\n`,
  probeFailed: 'Failed to initialize SPI flash at 0:0\n',
  flashRange: () => '',
  flashStart: '0',
  spent: (command, ms) => `--->${command} spend ${ms} ms\n`,
  pastEnd: (command, sizeBytes) =>
    `ERROR: attempting ${command} past flash size (0x${sizeBytes.toString(16)})\n`,
  misaligned: (what, sectorBytes) => `${what} align as ${sectorBytes.toString(16)} !\n`,
  eraseError: 'ERROR',
  seesProtection: false,
  reading: (file) => `reading ${file}\n`,
  noFile: (file) => `** Unable to read file ${file} **\n`,
  cardDead: 'Card did not respond to voltage select!\n',
  noPartition: (place) => `** No partition table - ${place} **\n`,
  badFileSystem: '** Unrecognized filesystem type **\n',
  // What went wrong once the header was there is not told: the size is.
  uploaded: (upload) =>
    [
      upload.error !== undefined && !upload.begun ? `${upload.error}\n` : '',
      `xyzModem - ${upload.packets}\n`,
      totalSize(upload),
    ].join(''),
};

const OF_2023: Wording = {
  version: '2023.01',
  compiler: 'mipsel-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0\nGNU ld (GNU Binutils for Debian) 2.40\n',
  crc32: 'crc32',
  dumpGap: '  ',
  environment: () => 'Loading Environment from nowhere... OK\n',
  chipFound: (_maker, name) =>
    `SF: Detected ${name.toLowerCase()} with page size 256 Bytes, erase size 4 KiB, total 16 MiB\n`,
  chipUnknown: (id) => `jedec_spi_nor flash@0: unrecognized JEDEC id bytes: ${id.match(/../g)!.join(', ')}\n`,
  probeFailed: 'Failed to initialize SPI flash at 0:0 (error -2)\n',
  flashRange: (offset, length) => `device 0 offset 0x${offset.toString(16)}, size 0x${length.toString(16)}\n`,
  flashStart: '0x0',
  spent: () => '',
  pastEnd: () => 'Size exceeds partition or device limit\n',
  misaligned: () => '',
  eraseError: 'ERROR -22',
  seesProtection: true,
  reading: () => '',
  noFile: (file) => `Failed to load '${file}'\n`,
  cardDead: 'Card did not respond to voltage select! : -110\n',
  noPartition: (place) => `** No partition table - ${place} **\nCouldn't find partition ${place}\n`,
  badFileSystem: '** Unrecognized filesystem type **\n',
  uploaded: (upload) =>
    upload.error === undefined
      ? `${totalSize(upload)}## Start Addr      = 0x${upload.address}\n`
      : `${upload.error}\n## Binary (ymodem) download aborted\n`,
};

export const WORDING: Readonly<Record<BootFamily, Wording>> = {
  stock: OF_2013,
  'dafang-hacks': OF_2013,
  newer: OF_2023,
};

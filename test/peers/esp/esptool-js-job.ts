import { noise } from '../../firmware/build-images.ts';

/** What the child is asked for, as its one argument (JSON). */
export interface Job {
  readonly link: string;
  readonly baudRate: number;
  readonly task: 'detect without stub' | 'write and read' | 'erase' | 'reset';
}

/** What it says in its last line, JSON after `RESULT `. */
export interface Report {
  /** Lines that esptool-js itself printed. */
  readonly printed: readonly string[];
  /** What it found not to be as it should; empty when all was. */
  readonly faults: readonly string[];
}

export interface Write {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly compress: boolean;
}

/** What both sides know of: the child writes it, the test looks for it in the flash. */
export const RAW: Write = { offset: 0x3_d000, bytes: noise(30_001, 41), compress: false };
export const COMPRESSED: Write = {
  offset: 0x8_0000,
  bytes: noise(50_003, 43).map((byte, index) => (index % 64 < 32 ? byte : 0)),
  compress: true,
};

import type { RunEnd, RunStart } from '../../src/records/batch-journal.ts';
import type { BatchHeader } from '../../src/records/journal-events.ts';

export const header = (changes: Partial<BatchHeader> = {}): BatchHeader => ({
  flow: 'lamp-flow',
  flowTitle: 'Lamp by wire',
  device: 'Lamp',
  task: 'flash',
  cycle: false,
  practice: true,
  slots: [1, 2, 3].map((number) => ({ number, link: `virtual:lamp#${number}`, label: `place ${number}` })),
  firmware: [{ slot: 'app', file: '/firmware/app.bin', sha256: 'a'.repeat(64) }],
  files: [{ path: '/firmware/app.bin' }],
  links: ['virtual:lamp?n=3'],
  settings: {},
  assume: ['wired'],
  warnings: [],
  ...changes,
});

export const slot = (slotNumber: number, more: Partial<RunStart> = {}): RunStart => ({
  slot: `virtual:lamp#${slotNumber}`,
  slotNumber,
  ...more,
});

export const mac = (number: number): string => `24:6f:28:10:aa:${number.toString(16).padStart(2, '0')}`;

export const end = (changes: Partial<RunEnd> = {}): RunEnd => ({
  outcome: 'PASS',
  step: 'reboot',
  message: 'The new firmware started.',
  proof: ['read back', 'banner'],
  firmware: [{ slot: 'app', file: '/firmware/app.bin', sha256: 'a'.repeat(64) }],
  bytesWritten: 1000,
  seconds: 12.34,
  tries: 1,
  ...changes,
});

export const failed = (changes: Partial<RunEnd> = {}): RunEnd =>
  end({
    outcome: 'ERROR',
    step: 'detect',
    code: 'NOTHING_HEARD',
    message: 'Nothing at all was heard.',
    advice: 'Check power.',
    proof: [],
    bytesWritten: 0,
    ...changes,
  });

export const FLASH = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7) & 0xff);

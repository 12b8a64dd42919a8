/** The ESP loader protocol as flows use it. */
export { contactLoader } from './contact.ts';
export type { EspLoader } from './loader.ts';
export { bootWatch } from './boot-watch.ts';
export { judgeBoot } from './judge-boot.ts';
export { diagnose } from './diagnose.ts';
export { BAUD_LADDER } from './baud.ts';
export { precompress } from './write-region.ts';
export { applyReset, HARD_RESET } from './reset.ts';
export type {
  BootExpectation,
  BootReport,
  BootVerdict,
  BootWatchOptions,
  ContactOptions,
  EspChip,
  EspIdentity,
  FlashInfo,
  LineFinding,
  LoaderMode,
  OperationOptions,
  ReadFlashOptions,
  Region,
  SecurityState,
  WriteRegionOptions,
} from './types.ts';

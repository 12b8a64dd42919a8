/** The ESP loader protocol as flows use it. */
export { contactLoader } from './contact.ts';
export type { EspLoader } from './loader.ts';
export { bootWatch, judgeBoot } from './boot-watch.ts';
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

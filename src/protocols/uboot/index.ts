export { watchBoot, type BootHeard } from './boot-watch.ts';
export { findOnCard, loadFromCard } from './card.ts';
export { UbootConsole } from './console.ts';
export { flashProtected, probeFlash, readFlash, updateFlash } from './flash.ts';
export type { WritableFlash } from './guard.ts';
export type { Heard, HeardKind } from './heard.ts';
export { hex } from './hex.ts';
export { counting, crcOf, crcOfRam, crcText, fillRam, readRam } from './memory.ts';
export { uploadToRam } from './upload.ts';

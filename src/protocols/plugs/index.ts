export type * from './answer.ts';
export * from './mac.ts';
export type { PlugPeer, PlugTalk } from './talk.ts';
export * from './who-answers.ts';

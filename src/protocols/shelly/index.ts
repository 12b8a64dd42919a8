export * from './gen1-client.ts';
export * from './gen1-codec.ts';

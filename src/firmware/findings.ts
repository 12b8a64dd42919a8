import type { InspectedFile } from './firmware-file.ts';

/** What the recognisers say of a file's content; path, sizes and hashes are added by `inspect`. */
export type Findings = Omit<InspectedFile, 'path' | 'sha256' | 'sizeBytes' | 'content' | 'compressed'>;

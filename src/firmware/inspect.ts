import type { InspectedFile } from './firmware-file.ts';

export type * from './firmware-file.ts';

/** Throws FILE_NOT_FOUND when the file cannot be read; never because of what is in it. */
export declare function inspectFile(path: string): Promise<InspectedFile>;
/** Says what these bytes are by their content alone; `path` is only carried along. Never throws. */
export declare function inspectBytes(path: string, bytes: Uint8Array): Promise<InspectedFile>;

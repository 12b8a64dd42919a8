import { fileURLToPath } from 'node:url';

/** The built program: what people run is what is measured. */
export const program = fileURLToPath(new URL('../../dist/benchflash.js', import.meta.url));

import { newFirmwareOf, type NewFirmware } from '../network-plug/index.ts';

/** What opens the access point HAA-XXXXXX. */
export const HAA_INSTALLER: NewFirmware = newFirmwareOf({ name: 'HAA installer' })!;

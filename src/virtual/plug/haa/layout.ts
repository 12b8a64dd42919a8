/**
 * Where HAA keeps things in the 1 MB of an ESP8266 (RavenSystem/esp-homekit-devices, HAA/common/common_headers.h).
 * Sizes in bytes.
 */
export const RBOOT_LIMIT = 0x1000;
/** HAABOOT at first, HAAMAIN once it is installed. */
export const SLOT_0 = 0x2000;
/** OTAMAIN. */
export const SLOT_1 = 0x9_1000;
/** HomeKit identity and pairings. */
export const HOMEKIT = 0xf_2000;
/** Settings ("sysparam"): two regions of four sectors. */
export const SETTINGS = 0xf_3000;
export const SETTINGS_REGION_BYTES = 0x4000;

/** What a download may be for each slot: 16 less than there is. */
export const SLOT_BYTES = [SLOT_1 - SLOT_0 - 16, HOMEKIT - SLOT_1 - 16] as const;

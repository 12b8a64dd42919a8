import { shellyGen2 } from '../shelly/gen2.ts';
import { shellyStock } from '../shelly/stock/stock.ts';
import { mgosTakeover } from '../shelly/takeover/takeover.ts';
import type { PlugFirmware } from './plug-firmware.ts';

/**
 * Every firmware a virtual plug can run, asked in this order. The takeover's intermediate comes last: it is whatever
 * else stands in a Mongoose slot of a Shelly.
 */
export const plugFirmwares: readonly PlugFirmware[] = [shellyStock, shellyGen2, mgosTakeover];

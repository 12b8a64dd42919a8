import { dafangConsole } from './dafang-console/flow.ts';
import { dafangSpi } from './dafang-spi/flow.ts';
import { esp8266PlugWire } from './esp8266-plug-wire/flow.ts';
import { espHomeOta } from './esphome-ota/flow.ts';
import type { AnyFlow } from './flow.ts';
import { haa } from './haa/flow.ts';
import { lywsd03mmcBle } from './lywsd03mmc-ble/flow.ts';
import { lywsd03mmcWire } from './lywsd03mmc-wire/flow.ts';
import { mijiaBedsideLamp2 } from './mijia-bedside-lamp-2/flow.ts';
import { shellyGen1 } from './shelly-gen1/flow.ts';
import { shellyPlugS } from './shelly-plug-s/flow.ts';
import { sonoffDiy } from './sonoff-diy/flow.ts';
import { tasmota } from './tasmota/flow.ts';

/** Every flow of this program: one line a device. */
export const flows: readonly AnyFlow[] = [
  mijiaBedsideLamp2,
  esp8266PlugWire,
  shellyPlugS,
  shellyGen1,
  tasmota,
  sonoffDiy,
  haa,
  espHomeOta,
  lywsd03mmcWire,
  lywsd03mmcBle,
  dafangSpi,
  dafangConsole,
];

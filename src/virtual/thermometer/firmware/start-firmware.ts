import type { RunningFirmware, StartFirmware, ThermometerBody } from '../body.ts';
import { FLASH_MAP } from '../images/flash-map.ts';
import { unitIdentity } from '../images/unit-identity.ts';
import { AtcFirmware } from './atc1441.ts';
import { boot, type Boot } from './boot.ts';
import { FirmwareRadio } from './firmware-radio.ts';
import type { Firmware } from './firmware.ts';
import { PvvxFirmware } from './pvvx.ts';
import { StockFirmware } from './stock.ts';

/** How long SWS answers after a start, and in each period after that, ms. */
const AWAKE_MS = { afterStart: 300, eachPeriod: 12 };
const SLEEP_PERIOD_MS = 2500;

/** Units whose own firmware restarts them: no battery was out, what RAM and analog registers hold stays. */
const restarting = new WeakSet<ThermometerBody>();

export const startFirmware: StartFirmware = (body) => {
  const batteryWasOut = !restarting.delete(body);
  const found = boot(body.flash);
  if (found == null) return nothing('nothing starts');
  const mac = macOf(body);
  const firmware = firmwareOf(body, mac, found, batteryWasOut);
  if (firmware == null) return { ...nothing('zigbee, silent on Bluetooth'), swsAwake: sleeper(body) };
  const address = Buffer.from(mac).toString('hex').match(/../g)!.join(':');
  const radio = new FirmwareRadio(body, address, firmware, () => {
    restarting.add(body);
    body.restart();
  });
  const awake = sleeper(body);
  return {
    title: firmware.title,
    peripheral: radio,
    swsAwake: (atMs) => radio.isConnected || awake(atMs),
    stop: () => radio.stop(),
  };
};

function firmwareOf(
  body: ThermometerBody,
  mac: Uint8Array,
  found: Boot,
  batteryWasOut: boolean,
): Firmware | undefined {
  switch (found.image.family) {
    case 'stock':
      return new StockFirmware(body, mac, found);
    case 'pvvx':
      return new PvvxFirmware(body, mac, found, batteryWasOut);
    case 'atc1441':
      return new AtcFirmware(body, mac, found);
    default:
      return undefined;
  }
}

/** First byte first. Where the sector was erased, the firmware makes one up and keeps it. */
function macOf(body: ThermometerBody): Uint8Array {
  const stored = body.flash.read(FLASH_MAP.mac, 6);
  if (stored.some((byte) => byte !== 0xff)) return stored.toReversed();
  const { mac } = unitIdentity(body.unit + MADE_UP);
  body.flash.unlock();
  body.flash.program(FLASH_MAP.mac, mac.toReversed());
  body.flash.flush();
  return mac;
}

/** Apart from the MACs that units have from the factory. */
const MADE_UP = 900_000;

/** A chip without firmware does not go to sleep: its wire always answers. */
const nothing = (title: string): RunningFirmware => ({
  title,
  peripheral: undefined,
  swsAwake: () => true,
  stop: () => {},
});

function sleeper(body: ThermometerBody): (atMs: number) => boolean {
  const startedAtMs = body.clock.monotonicMs();
  return (atMs) => {
    const sinceStartMs = atMs - startedAtMs;
    return sinceStartMs < AWAKE_MS.afterStart || sinceStartMs % SLEEP_PERIOD_MS < AWAKE_MS.eachPeriod;
  };
}

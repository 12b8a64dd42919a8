import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { Link } from '../core/link.ts';
import type { BleRadio } from '../drivers/ble/radio.ts';
import type { HostPort, Network } from '../drivers/http/port.ts';
import { Air } from './air/air.ts';
import { LAN } from './lan/addresses.ts';
import { benchSide, type BenchSide } from './lan/bench-side.ts';
import { Lan } from './lan/lan.ts';
import { NetworkPlaces } from './network-places.ts';
import type { NetworkUnit } from './virtual-device.ts';
import { Places } from './places.ts';
import type { PracticeBench } from './practice-bench.ts';
import { serveProgrammer } from './servers/programmer-server.ts';
import { findVirtualDevice, virtualDevices } from './registry.ts';
import { VirtualPort } from './serial/virtual-port.ts';
import { lockedFlashFile } from './store/locked-flash.ts';

export interface PracticeBenchOptions {
  /** Flash content lies in `virtual/` below it. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Makes the radio that hears this bench's air; called once, when the first run asks for it. */
  readonly openRadio?: (air: Air) => Promise<BleRadio>;
  /**
   * Makes the network that reaches this bench's LAN: the real HTTP client and raw connections over its `route`, all
   * else as it is. Called once, when the first run asks for it.
   */
  readonly openNetwork?: (lan: BenchSide) => Promise<Network>;
  /** What units on the LAN have to say: a start, a download. */
  readonly onUnitLog?: (link: Link, text: string) => void;
}

/** The practice bench as the program that owns it has it. */
export interface OwnPracticeBench extends PracticeBench {
  readonly lan: Lan;
  /** Units on the LAN lose their power; their flash is on the disk then. Idempotent. */
  close(): Promise<void>;
}

/** The bench of virtual devices behind `virtual:` links. Units lie unpowered until hands act (see `wiring`). */
export function createPracticeBench(options: PracticeBenchOptions): OwnPracticeBench {
  const { clock, openRadio, openNetwork } = options;
  const folder = join(options.dataDir, 'virtual');
  const air = new Air();
  const lan = new Lan();
  const places = new Places(folder, clock, air);
  const onNetwork = new NetworkPlaces({
    clock,
    lan,
    storageOf: (device, unit, fresh) => lockedFlashFile(folder, clock, { device, unit, fresh }),
    ...(options.onUnitLog && { log: options.onUnitLog }),
  });
  /** A unit that is only its own access point is named by that, as its link would. */
  const pointOf = ({ mac, at }: NetworkUnit): HostPort | undefined => {
    const radio = [...lan.radios].find((each) => each.mac === mac);
    const name = radio?.address == null ? radio?.accessPoint?.ssid.toLowerCase() : undefined;
    return at == null || name == null || !/^[a-z0-9-]+$/.test(name)
      ? undefined
      : { host: name, port: at.port };
  };
  let network: Promise<Network> | undefined;
  let radio: Promise<BleRadio> | undefined;

  return {
    lan,
    devices: virtualDevices.map((device) => device.name),
    check: checkNames,
    async openSerial(link, { baudRate, signal }) {
      signal?.throwIfAborted();
      const place = places.take(link);
      if (place.port != null) {
        place.release();
        throw new BenchError('PORT_BUSY', { message: `${link.text} is open already.` });
      }
      const port = new VirtualPort(link.text, baudRate, place.slot, () => {
        place.port = undefined;
        place.release();
      });
      place.port = port;
      place.slot.wire.hostBaud = baudRate;
      place.slot.opened();
      return port;
    },
    async openRadio(link) {
      if (openRadio == null) throw new BenchError('BLUETOOTH_UNAVAILABLE');
      const place = places.take(link);
      let open = true;
      const close = async () => {
        if (!open) return;
        open = false;
        place.release();
      };
      try {
        const heardBy = await (radio ??= openRadio(air));
        return {
          radio: heardBy,
          get address() {
            return place.slot.unit.radioAddress;
          },
          perform: async (act) => place.slot.perform(act),
          close,
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
    async openNetwork(link) {
      const unit = await onNetwork.unitOf(link);
      if (openNetwork == null) throw new BenchError('LINK_UNKNOWN', { message: NO_NETWORK });
      const at = pointOf(unit) ?? unit.at ?? { host: lan.leases.addressOf(unit.mac), port: LAN.pagePort };
      return {
        network: await (network ??= openNetwork(benchSide(lan))),
        at,
        perform: async (act) => {
          if (act === 'router-off' || act === 'router-on') lan.switchRouter(act === 'router-on');
          else unit.perform(act, clock.monotonicMs());
        },
        close: async () => {},
      };
    },
    async close() {
      onNetwork.close();
    },
    async openProgrammer(link) {
      const place = places.take(link, 'programmer');
      if (place.port != null) {
        place.release();
        throw new BenchError('PORT_BUSY', { message: `${link.text} is open already.` });
      }
      try {
        const served = await serveProgrammer(place.slot);
        place.port = served;
        return {
          programmer: served.programmer,
          perform: async (act) => place.slot.perform(act),
          async close() {
            if (place.port !== served) return;
            place.port = undefined;
            await served.close();
            place.release();
          },
        };
      } catch (error) {
        place.release();
        throw error;
      }
    },
  };
}

const NO_NETWORK = 'This practice bench has no network.';

/** Every name of a virtual link must be known before a batch is made of it. */
function checkNames({ text, virtual }: Link): void {
  if (virtual == null) return;
  const device = findVirtualDevice(virtual.device);
  const faults = [...virtual.faults, ...Object.values(virtual.unitFaults).flat()].map((name) =>
    name.replace(/-once$/, ''),
  );
  const asked = [
    { what: 'fault', names: faults, known: device.faults },
    { what: 'state', names: virtual.state == null ? [] : [virtual.state], known: device.states },
    { what: 'wiring', names: virtual.wiring == null ? [] : [virtual.wiring], known: device.wirings },
  ];
  for (const { what, names, known } of asked) {
    const unknown = names.find((name) => !known.some((choice) => choice.name === name));
    if (unknown != null)
      throw new BenchError('USAGE', {
        message: `${text}: there is no ${what} "${unknown}" for this virtual device.`,
        advice: `Known: ${known.map(({ name }) => name).join(', ')}.`,
      });
  }
}

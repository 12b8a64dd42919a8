import type { SettingsStore } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Link } from '../core/link.ts';
import type { SerialPortInfo } from '../drivers/serial/adapter.ts';
import { type PortLister, systemPortLister, watchPorts } from '../drivers/serial/discovery.ts';

/** The serial ports there are, and the names people gave to them. */
export class PortNames {
  #ports: readonly SerialPortInfo[] = [];
  readonly #settings: SettingsStore;
  readonly #clock: Clock;
  readonly #lister: PortLister;
  #stopWatching: () => void = () => {};

  constructor(settings: SettingsStore, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#lister = systemPortLister((key) => settings.get().portNames[key]);
  }

  get ports(): readonly SerialPortInfo[] {
    return this.#ports;
  }

  /** Looks once; ports that cannot be listed now have no names. */
  async refresh(): Promise<void> {
    this.#ports = await this.#lister.list().catch(() => []);
  }

  /** Follows plugging and unplugging until `stop`. */
  watch(onChange: () => void): void {
    this.#stopWatching();
    this.#stopWatching = watchPorts(this.#lister, this.#clock, ({ ports }) => {
      this.#ports = ports;
      onChange();
    });
  }

  stop(): void {
    this.#stopWatching();
  }

  /** What the person calls the place; undefined when it has no name of its own. */
  labelOf(link: Link): string | undefined {
    return this.#ports.find(({ path, key }) => path === link.text || key === link.text)?.name;
  }

  /** An empty name takes the name away. */
  async rename(key: string, name: string): Promise<void> {
    const { [key]: _before, ...others } = this.#settings.get().portNames;
    const trimmed = name.trim().slice(0, 40);
    this.#settings.set({ portNames: trimmed === '' ? others : { ...others, [key]: trimmed } });
    await this.refresh();
  }
}

import type { VirtualAir, VirtualPeripheral } from './peripheral.ts';

/** What is on the air of one practice bench, for the radios that listen there. */
export class Air implements VirtualAir {
  readonly peripherals = new Set<VirtualPeripheral>();
  private readonly listeners = new Set<() => void>();

  add(peripheral: VirtualPeripheral): () => void {
    this.peripherals.add(peripheral);
    this.changed();
    return () => {
      if (this.peripherals.delete(peripheral)) this.changed();
    };
  }

  /** Called when a peripheral came or went. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

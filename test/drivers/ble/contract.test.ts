import { createRequire } from 'node:module';
import { describe, it } from 'vitest';
import { BenchRadio } from '../../../src/drivers/ble/bench-radio.ts';
import { openRadioOver } from '../../../src/drivers/ble/noble/open-noble.ts';
import { AirStack } from '../../../src/virtual/air/air-stack.ts';
import { VirtualNobleBindings } from '../../../src/virtual/air/noble-bindings.ts';
import { radioContract } from './contract.ts';

const options = (maxConnections: number) => ({ name: 'practice bench', maxConnections });

radioContract(
  'straight on the virtual air',
  async (air, clock, maxConnections) =>
    new BenchRadio(new AirStack(air, clock, options(maxConnections)), clock),
);

if (nobleIsInstalled()) {
  radioContract('noble over the virtual air', async (air, clock, maxConnections) => {
    const bindings = new VirtualNobleBindings(air, clock, { mostLinks: maxConnections });
    const radio = await openRadioOver(bindings, { clock, ...options(maxConnections) });
    if (!radio) throw new Error('noble is installed and does not load.');
    return radio;
  });
} else {
  describe('radio contract: noble over the virtual air', () => {
    it.skip('was skipped: @abandonware/noble is not installed here', () => {});
  });
}

function nobleIsInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('@abandonware/noble/with-bindings.js');
    return true;
  } catch {
    return false;
  }
}

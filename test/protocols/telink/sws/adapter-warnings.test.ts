import { describe, expect, it } from 'vitest';
import { identifyChip } from '../../../../src/drivers/serial/adapter-chips.ts';
import { adapterRefusal, adapterWarnings } from '../../../../src/protocols/telink/sws/index.ts';

const CH340 = identifyChip({ vendorId: '1a86', productId: '7523' });
const FTDI = identifyChip({ vendorId: '0403', productId: '6001' });
const CP210X = identifyChip({ vendorId: '10c4', productId: 'ea60' });
const USB_JTAG = identifyChip({ vendorId: '303a', productId: '1001' });

describe('what an adapter is worth on SWS', () => {
  it.each([
    ['CH340, full', CH340, 'full', /^$/],
    ['FTDI, full', FTDI, 'full', /FTDI adapter cannot read/],
    ['FTDI, TX only', FTDI, 'tx-only', /^$/],
    ['CP210x, full', CP210X, 'full', /fail for many/],
    ['no adapter of this computer', undefined, 'full', /^$/],
  ] as const)('%s', (_, chip, ability, text) => {
    expect(adapterWarnings(chip, ability, 'linux').slice(0, -2).join('')).toMatch(text);
  });

  it('always reminds of 3.3 V and of swapped labels, and of the gaps of macOS there', () => {
    const warnings = adapterWarnings(CH340, 'full', 'darwin').join(' ');
    for (const word of ['3.3 V', 'swap', 'macOS']) expect(warnings).toContain(word);
  });

  it('refuses what cannot work', () => {
    expect(adapterRefusal(FTDI, 'full')).toMatch(/cannot read/);
    expect(adapterRefusal(USB_JTAG, 'tx-only')).toMatch(/no TX pin/);
    expect(adapterRefusal(FTDI, 'tx-only')).toBeUndefined();
    expect(adapterRefusal(undefined, 'full')).toBeUndefined();
  });
});

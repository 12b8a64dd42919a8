import type { AdapterChip } from '../../../drivers/serial/adapter.ts';
import type { WireAbility } from './types.ts';

/** Whatever the adapter: what field reports name again and again (telink-swire reference, sections 2, 4 and 8). */
const ALWAYS = [
  'Check before power: 3.3 V on VCC and on TX. 5 V destroys the chip.',
  'Some adapters label their TX pin RX: if nothing answers, swap the two.',
];
const MACOS =
  'macOS sends in blocks with gaps between them, which leaves dead screens: use Linux or Windows, or the same Mac with Windows in a virtual machine.';

/** What speaks against this adapter on this computer, one sentence each, before anything is sent. */
export function adapterWarnings(
  adapter: AdapterChip | undefined,
  ability: WireAbility,
  platform: NodeJS.Platform,
): string[] {
  const warnings: string[] = [];
  if (adapter != null) {
    const { note, read, write } = adapter.sws;
    const worth = ability === 'full' && write === 'good' ? read : write;
    if (note != null && worth !== 'good') warnings.push(`${adapter.title}: ${note}`);
  }
  if (platform === 'darwin') warnings.push(MACOS);
  return [...warnings, ...ALWAYS];
}

/** Whether the job cannot work with this adapter at all. */
export const adapterRefusal = (adapter: AdapterChip | undefined, ability: WireAbility): string | undefined =>
  adapter != null && (adapter.sws.write === 'never' || (ability === 'full' && adapter.sws.read === 'never'))
    ? `${adapter.title}: ${adapter.sws.note ?? 'it cannot be used on this wire.'}`
    : undefined;

import type { AnyFlow } from '../../../flows/flow.ts';
import { parseLinks } from '../../core/link.ts';
import type { LinkKind } from '../../core/link.ts';
import type { NetworkNow, NetworkView } from '../services.ts';

const NETWORK_KINDS: readonly LinkKind[] = ['http', 'esphome'];

export const networkKindsOf = (flow: AnyFlow | undefined): readonly LinkKind[] =>
  NETWORK_KINDS.filter((kind) => flow?.linkKinds.includes(kind) === true);

export const takesNetwork = (flow: AnyFlow | undefined): boolean => networkKindsOf(flow).length > 0;

export const isNetworkLink = (link: string): boolean => /^(http|esphome):/.test(link);

/** Whether the flow reaches this device by the link that names it. */
export const isTakenBy = (flow: AnyFlow, { link }: NetworkView): boolean =>
  link !== undefined && networkKindsOf(flow).some((kind) => link.startsWith(`${kind}:`));

/**
 * What a typed or scanned text means as a unit on the network: its MAC or the last six digits of one that was found,
 * or its host. Undefined for another kind of link; `link` is as `parseLinks` writes it. Throws USAGE.
 */
export function networkUnitOfText(
  text: string,
  now: NetworkNow,
  flow: AnyFlow,
): { readonly link: string } | { readonly problem: string } | undefined {
  const typed = text.trim();
  if (isNetworkLink(typed)) return { link: parseLinks(typed)[0]!.text };
  const digits = typed.replaceAll(/[:-]/g, '').toLowerCase();
  if (/^([0-9a-f]{6}|[0-9a-f]{12})$/.test(digits)) return byDigits(digits, now, flow);
  if (!/^[a-z0-9._-]+(:\d{1,5})?$/i.test(typed)) return undefined;
  const known = now.devices.find(
    (device) => isTakenBy(flow, device) && (device.host === typed || device.name === typed),
  );
  return { link: known?.link ?? parseLinks(`${networkKindsOf(flow)[0]}://${typed}`)[0]!.text };
}

function byDigits(
  digits: string,
  { devices }: NetworkNow,
  flow: AnyFlow,
): { readonly link: string } | { readonly problem: string } {
  const whole = digits.length === 12;
  const what = whole ? `the MAC ${digits}` : `a MAC that ends in ${digits}`;
  const found = devices.filter(({ mac, last6 }) =>
    whole ? mac?.replaceAll(':', '') === digits : last6 === digits,
  );
  const fitting = found.filter((device) => isTakenBy(flow, device));
  const [only] = fitting;
  if (only?.link !== undefined && fitting.length === 1) return { link: only.link };
  if (fitting.length > 1)
    return { problem: `${fitting.length} devices on the network have ${what}: type the address.` };
  if (found[0] !== undefined)
    return { problem: `${found[0].host} has ${what}; this flow does not take it: ${found[0].what}.` };
  return { problem: `No device found on the network has ${what}: type its address, or search with s.` };
}

import type { AnyFlow } from '../../../flows/flow.ts';
import type { BenchView } from '../../bench/view.ts';
import type { NetworkNow, NetworkView } from '../services.ts';
import { linksOf } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { isNetworkLink, isTakenBy } from '../state/network-places.ts';
import { numberOf, numberText } from '../state/radio-places.ts';
import { span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { padEnd } from '../text/measure.ts';
import { inUse } from './bench-rows.ts';
import type { FormRow } from './new-rows.ts';

/**
 * What was found on the network in the order in which it was found, then links that were typed and are not asked yet.
 * None is marked unless somebody marked it.
 */
export function networkRows(draft: Draft, flow: AnyFlow, now: NetworkNow, view: BenchView): FormRow[] {
  const rows = now.devices.map((device) => deviceRow(draft, flow, device, view));
  const found = new Set(now.devices.map(({ link }) => link));
  for (const { text } of linksOf(draft, []))
    if (isNetworkLink(text) && !found.has(text)) rows.push(typedRow(draft, text));
  if (now.problem !== undefined)
    rows.unshift({ id: 'no network', text: now.problem, tone: 'warning', detail: now.problem });
  else if (rows.length === 0)
    rows.unshift({
      id: 'no unit',
      text: now.sweep === 'running' ? 'Trying every address.' : 'No device has announced itself yet.',
      tone: 'dim',
      detail: 'Tasmota does not announce itself unless it is told to: s tries every address, t types one.',
    });
  return rows;
}

function deviceRow(draft: Draft, flow: AnyFlow, device: NetworkView, view: BenchView): FormRow {
  const { place, host, link, mac, last6, name, what, answers, locked } = device;
  const number = numberOf(draft, link);
  const batch = link === undefined ? undefined : inUse(view, link);
  const taken = isTakenBy(flow, device);
  const facts = [
    mac ?? (last6 === undefined ? 'MAC unknown' : `MAC ends in ${last6}`),
    ...(name === undefined ? [] : [`"${name}"`]),
    link ?? host,
    ...(locked ? ['wants a password'] : []),
  ].join(', ');
  const tone = !answers && number !== undefined ? 'warning' : 'dim';
  return {
    id: `found ${place}`,
    marked: number !== undefined,
    text: `${numberColumn(number)} ${padEnd(last6 ?? '', 6)} ${what}${locked ? ', locked' : ''}`,
    right: batch === undefined ? (link?.replace('http://', '') ?? host) : `in use by ${batch}`,
    tone: answers && taken && (number !== undefined || batch === undefined) ? 'plain' : tone,
    detail: `${advice(number, device, taken, batch)} ${what}, ${facts}.`,
  };
}

function advice(
  number: number | undefined,
  { answers }: NetworkView,
  taken: boolean,
  batch: string | undefined,
): string {
  if (batch !== undefined) return `${batch} is at work on it.`;
  if (!answers) return 'See that it has power, and that the address is right. Space leaves it out.';
  if (number !== undefined) return `Write ${numberText(number)} on it. Space leaves it out.`;
  return taken ? 'A neighbour until it is marked: Space marks it.' : 'Not for this flow.';
}

const typedRow = (draft: Draft, link: string): FormRow => ({
  id: `typed ${link}`,
  marked: true,
  text: `${numberColumn(numberOf(draft, link))} ${padEnd('', 6)} ${link}`,
  right: 'typed',
  detail: 'Not asked yet what answers there. Space leaves it out.',
});

const numberColumn = (number: number | undefined) => (number === undefined ? '  ' : numberText(number));

/** `in the batch 3  1 does not answer   on the network 30   254 addresses …`: how the tray stands. */
export function networkLine(draft: Draft, now: NetworkNow, cells: number): Line {
  const joined = linksOf(draft, []);
  const silent = now.devices.filter(({ answers }) => !answers);
  const missing = joined.filter(({ text }) => silent.some(({ link }) => link === text)).length;
  const parts: Span[] = [span(` in the batch ${joined.length}  `)];
  if (missing > 0) parts.push(span(`not answering ${missing}  `, 'warning'));
  parts.push(span(`${cells < 76 ? '' : ' '}on the network ${now.devices.length - silent.length}   `, 'dim'));
  if (now.problem !== undefined) return [...parts, span('no search', 'warning')];
  return [...parts, ...sweepWords(now, cells)];
}

function sweepWords({ sweep }: NetworkNow, cells: number): Span[] {
  if (sweep === 'not-yet') return cells < 76 ? [] : [span('s tries every address', 'dim')];
  if (sweep === 'running') return [span(' SEARCHING ', 'active')];
  return [span(`${sweep.answered} addresses answer`, 'dim')];
}

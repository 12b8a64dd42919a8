import { sanitize } from '../../core/text.ts';

/** UDP port to which installer and firmware broadcast their log. */
export const LOG_PORT = 45_678;

/** A line of the log of one unit; its text is sanitised. */
export interface HaaLogLine {
  readonly address: string;
  /** The last three bytes of the station MAC, six lower-case hex digits. */
  readonly last6: string;
  readonly text: string;
}

/** No line of theirs is longer. */
const MAX_TEXT = 300;
/** One datagram carries at most 1,472 bytes; more lines than that are none of theirs. */
const MAX_LINES = 64;

/** `<seconds since start> <ip>-<last 3 of MAC>: text`, several lines a datagram; older builds leave the time out. */
export function parseLog(datagram: Uint8Array): HaaLogLine[] {
  const lines: HaaLogLine[] = [];
  for (const line of new TextDecoder().decode(datagram).split(/\r?\n/, MAX_LINES)) {
    const found = /^\s*(?:[\d.]{1,16}\s+)?(\d{1,3}(?:\.\d{1,3}){3})-([0-9A-Fa-f]{6}):\s?(.*)$/.exec(
      sanitize(line),
    );
    if (found == null) continue;
    const [, address = '', last6 = '', text = ''] = found;
    lines.push({ address, last6: last6.toLowerCase(), text: text.trim().slice(0, MAX_TEXT) });
  }
  return lines;
}

/** What a line says of the way from installer to firmware. */
export type HaaSign =
  /** An installer has started and is in the network. */
  | { readonly kind: 'installer'; readonly version: string }
  | { readonly kind: 'fetching'; readonly what: string }
  /** Of the file that is fetched, so far. */
  | { readonly kind: 'bytes'; readonly bytes: number }
  | {
      readonly kind: 'installed';
      readonly part: 'OTAMAIN' | 'HAABOOT' | 'HAAMAIN';
      readonly version?: string;
    }
  /** It will try again, or has gone back to its set-up page. */
  | { readonly kind: 'failed'; readonly what: string }
  /** The firmware itself says who it is. */
  | { readonly kind: 'haa'; readonly version: string };

/** The words as the public source of installer and firmware prints them. Undefined for any other line. */
export function readSign(text: string): HaaSign | undefined {
  const installer = /^HAA Installer v?(\d[\d.]{0,15})/.exec(text);
  if (installer) return { kind: 'installer', version: installer[1]! };
  const installed = /^\* (OTAMAIN|HAABOOT|HAAMAIN)(?: v?(\d[\d.]{0,15}))? installed/.exec(text);
  if (installed)
    return {
      kind: 'installed',
      part: installed[1] as 'OTAMAIN' | 'HAABOOT' | 'HAAMAIN',
      ...(installed[2] != null && { version: installed[2] }),
    };
  const failed = /^! ?(?:Installing )?((?:OTAMAIN|HAABOOT|HAAMAIN)(?: sign)? -?\d+)/.exec(text);
  if (failed) return { kind: 'failed', what: failed[1]! };
  const refused = /^HTTP returns ([45]\d\d)$/.exec(text);
  if (refused) return { kind: 'failed', what: `HTTP ${refused[1]!}` };
  const bytes = /^- (\d{1,8})$/.exec(text);
  if (bytes) return { kind: 'bytes', bytes: Number(bytes[1]) };
  const fetching = /^>>> (?:Get sign|File(?: part)? from|Version from)\s*(.*)/.exec(text);
  if (fetching) return { kind: 'fetching', what: fetching[1] === '' ? 'a signature' : fetching[1]! };
  const haa = /^(?:HAA|Home Accessory Architect)[: ]+v?(\d{1,3}\.\d{1,3}\.\d{1,3})\b/.exec(text);
  return haa ? { kind: 'haa', version: haa[1]! } : undefined;
}

import { CodecError } from '../../core/codec-error.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';
import type { HostPort, HttpAnswer, Network } from '../../drivers/http/port.ts';
import { encodeForm, parsePortal, type PortalPage, type PortalSettings } from './portal-page.ts';

/** Of the set-up page, at the address that the unit has as an access point. */
export const PORTAL_PORT = 4567;

export interface PortalTalk {
  readonly network: Pick<Network, 'request'>;
  readonly at: HostPort;
  readonly signal: AbortSignal;
}

/** It answers slowly while it scans for networks, ms. */
const ANSWER_LIMIT_MS = 12_000;
/** With its list of networks, bytes. */
const MAX_PAGE_BYTES = 64 * 1024;

/** Of new installers; old ones lead on from there to their own. */
const PAGE = '/sn';

/** Opens the set-up page, which then stays open for 15 min. Throws HAA_PORTAL_UNREADABLE and what the network throws. */
export async function openPortal(talk: PortalTalk): Promise<PortalPage> {
  let answer = await get(talk, PAGE);
  const elsewhere = [301, 302].includes(answer.status) ? ownPath(answer, talk.at) : undefined;
  if (elsewhere != null && elsewhere !== PAGE) answer = await get(talk, elsewhere);
  try {
    return parsePortal(answer.text());
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new BenchError('HAA_PORTAL_UNREADABLE', { cause });
  }
}

/** Where a redirect leads, if that is a page of this very unit. */
function ownPath({ headers }: HttpAnswer, { host, port }: HostPort): string | undefined {
  const own = `http://${host}:${port}`;
  const { location = '' } = headers;
  if (!URL.canParse(location, own)) return undefined;
  const { origin, pathname } = new URL(location, own);
  return origin === own && /^\/[\w/-]{1,40}$/.test(pathname) ? pathname : undefined;
}

const get = ({ network, at, signal }: PortalTalk, path: string): Promise<HttpAnswer> =>
  network.request({
    to: at,
    method: 'GET',
    path,
    signal,
    silenceLimitMs: ANSWER_LIMIT_MS,
    maxAnswerBytes: MAX_PAGE_BYTES,
  });

/**
 * Saves script, Wi-Fi and server; the unit restarts and goes on by itself. `unknown`: no answer came, and it may have
 * saved all the same. Throws HAA_UNSAVED for an answer that is no OK, and what the network throws before the form is
 * out.
 */
export async function saveSettings(
  { network, at, signal }: PortalTalk,
  page: Pick<PortalPage, 'names' | 'path'>,
  settings: PortalSettings,
): Promise<'saved' | 'unknown'> {
  const body = encodeForm(page, settings);
  try {
    const answer = await network.request({
      to: at,
      method: 'POST',
      path: page.path,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
      signal,
      silenceLimitMs: ANSWER_LIMIT_MS,
      maxAnswerBytes: MAX_PAGE_BYTES,
    });
    if (answer.status === 200 && /\bOK\b/.test(answer.text())) return 'saved';
    throw new BenchError('HAA_UNSAVED', {
      message: `The unit did not take what was to be saved (HTTP status ${answer.status}).`,
    });
  } catch (error) {
    if (isBenchError(error, 'HTTP_RESET', 'HTTP_CLOSED', 'HTTP_BAD_ANSWER')) return 'unknown';
    // A connection that stood and then fell silent; one that never stood carried nothing.
    if (isBenchError(error, 'HTTP_NO_ANSWER') && error.detail['connected'] === true) return 'unknown';
    throw error;
  }
}

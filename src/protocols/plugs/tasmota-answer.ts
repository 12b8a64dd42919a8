import * as z from 'zod';
import { throwIfAborted } from '../../core/abort.ts';
import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { HttpAnswer } from '../../drivers/http/port.ts';
import type { PlugAnswer } from './answer.ts';
import { plainMac } from './mac.ts';
import { ask, parsed, type PlugPeer } from './talk.ts';

/** As a Tasmota unit names itself in the header of every answer: `Tasmota/9.2.0 (ESP8285)`. */
export interface TasmotaServer {
  readonly version: string | undefined;
}

/** Undefined where it is no Tasmota. */
export function tasmotaServer({ headers }: HttpAnswer): TasmotaServer | undefined {
  const found = /^Tasmota\/(\d{1,2}\.\d{1,2}\.\d{1,2})?/.exec(headers['server'] ?? '');
  return found === null ? undefined : { version: found[1] };
}

const status = z.looseObject({
  StatusFWR: z.looseObject({ Version: z.string() }).optional(),
  StatusNET: z.looseObject({ Mac: z.string() }).optional(),
});

/** Version, build and MAC out of the answer to `Status 0`: `9.2.0(lite)` is version and build. */
export function readTasmotaStatus(
  json: unknown,
): Pick<PlugAnswer, 'version' | 'variant' | 'mac'> | undefined {
  const found = status.safeParse(json);
  if (!found.success) return undefined;
  const said = /^(\d{1,2}\.\d{1,2}\.\d{1,2})(?:\.\d{1,4})?(?:\(([\w-]{1,24})\))?/.exec(
    found.data.StatusFWR?.Version ?? '',
  );
  const mac = plainMac(found.data.StatusNET?.Mac ?? '');
  return {
    ...(said?.[1] !== undefined && { version: said[1] }),
    ...(said?.[2] !== undefined && { variant: said[2] }),
    ...(mac !== undefined && { mac }),
  };
}

/** The Referer is what newer versions want to see before they answer at all. */
export async function askTasmota(
  peer: PlugPeer,
  { version: header }: TasmotaServer,
): Promise<Omit<PlugAnswer, 'at' | 'macFrom'>> {
  const { host, port } = peer.at;
  let answer: HttpAnswer | undefined;
  try {
    answer = await ask(peer, {
      path: '/cm?cmnd=Status%200',
      headers: { Referer: `http://${host}${port === 80 ? '' : `:${port}`}/` },
    });
  } catch (error) {
    throwIfAborted(peer.signal);
    if (!(error instanceof BenchError)) throw error;
  }
  const said = answer?.status === 200 ? readTasmotaStatus(parsed(answer)) : undefined;
  const version = said?.version ?? header;
  const locked = answer?.status === 401 || (answer !== undefined && isRefusal(answer));
  const name = ['Tasmota', version, said?.variant === undefined ? undefined : `(${said.variant})`];
  return {
    firmware: 'tasmota',
    title: sanitize(name.filter((word) => word !== undefined).join(' ')),
    ...said,
    ...(version !== undefined && { version }),
    ...(locked && { locked }),
  };
}

/** `{"WARNING":"Need user=<username>&password=<password>"}`. */
const isRefusal = (answer: HttpAnswer): boolean => /"WARNING"\s*:\s*"Need user=/.test(answer.text());

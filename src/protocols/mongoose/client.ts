import * as z from 'zod';
import { BenchError } from '../../core/errors.ts';
import type { HttpRequest } from '../../drivers/http/port.ts';
import { plainMac } from '../plugs/mac.ts';
import { ask, deviceName, jsonOf, postJson, quoted, refuseLocked, type PlugPeer } from '../plugs/talk.ts';

const systemInfo = z.looseObject({
  app: deviceName.optional(),
  fw_version: deviceName.optional(),
  fw_id: deviceName.optional(),
  mac: z
    .string()
    .transform((text) => plainMac(text))
    .optional(),
  uptime: z.number().nonnegative().optional(),
});
export type MongooseInfo = z.output<typeof systemInfo>;

/** The whole configuration, or the part that was asked for: firmware before 2.10 knows no `key`. */
const takeoverConfig = z.union([
  z.looseObject({ mg2x: z.looseObject({ url: z.string() }) }).transform(({ mg2x }) => mg2x.url),
  z.looseObject({ url: z.string() }).transform(({ url }) => url),
]);

/** The RPC answers with what a method returns, which says nothing here; but JSON it is. */
const returned = z.union([z.null(), z.boolean(), z.looseObject({})]);

/** Of the intermediate firmware: it streams a zip into its idle slot at 20 to 60 KB/s and then checks it. */
const UPLOAD_SILENCE_MS = 60_000;

export interface UploadResult {
  readonly taken: boolean;
  /** What the unit said, safe to show: `Update applied`, `Invalid manifest`. */
  readonly text: string;
}

/**
 * What the HTTP libraries of Mongoose OS answer: configuration by RPC and the update page. Throws PLUG_LOCKED,
 * PLUG_BAD_ANSWER and what the network does.
 */
export class MongooseUnit {
  readonly #peer: PlugPeer;

  constructor(peer: PlugPeer) {
    this.#peer = peer;
  }

  async info(): Promise<MongooseInfo> {
    return jsonOf(await postJson(this.#peer, '/rpc/Sys.GetInfo', {}), systemInfo, 'Sys.GetInfo');
  }

  /** Where the intermediate firmware fetches its target from. Only that part is asked for: the rest holds passwords. */
  async takeoverUrl(): Promise<string> {
    const answer = await postJson(this.#peer, '/rpc/Config.Get', { key: 'mg2x' });
    return jsonOf(answer, takeoverConfig, 'Config.Get');
  }

  /** Sets it, saves and restarts: the unit then fetches from there. */
  async setTakeoverUrl(url: string): Promise<void> {
    const answer = await postJson(this.#peer, '/rpc/Config.Set', {
      config: { mg2x: { url } },
      save: true,
      reboot: true,
    });
    jsonOf(answer, returned, 'Config.Set');
  }

  async reboot(): Promise<void> {
    const answer = await postJson(this.#peer, '/rpc/Sys.Reboot', {});
    jsonOf(answer, returned, 'Sys.Reboot');
  }

  /** Sends a zip to the update page. 200 with a text that begins with 1, or 400 with what is wrong with the zip. */
  async upload(
    zip: { readonly name: string; readonly content: Uint8Array },
    { onSent }: Pick<HttpRequest, 'onSent'> = {},
  ): Promise<UploadResult> {
    const answer = await ask(this.#peer, {
      method: 'POST',
      path: '/update',
      body: { field: 'file', fileName: zip.name, content: zip.content },
      silenceLimitMs: UPLOAD_SILENCE_MS,
      ...(onSent !== undefined && { onSent }),
    });
    refuseLocked(answer);
    if (answer.status !== 200 && answer.status !== 400)
      throw new BenchError('PLUG_BAD_ANSWER', {
        message: `The update page answered with ${answer.status}: ${quoted(answer)}`,
      });
    const text = quoted(answer);
    return { taken: answer.status === 200 && text.startsWith('1'), text };
  }
}

/** The page that the intermediate firmware shows: a listing of its own files, headed `Index of /`. */
export const isFileListing = (page: string): boolean => /\bIndex of\b/i.test(page.slice(0, 4096));

import type { HttpAnswer, HttpRequest, Network } from '../../src/drivers/http/port.ts';

/** A request as a scripted unit sees it. */
export interface SeenRequest extends HttpRequest {
  /** Path without its query. */
  readonly page: string;
  readonly query: URLSearchParams;
}

export type Answer =
  | string
  | {
      readonly status?: number;
      readonly body: string | Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | Error;
export type Script = (request: SeenRequest) => Answer | Promise<Answer>;

/** A network on which one script answers for every unit; everything sent is kept. Nothing but requests is there. */
export function scriptedNetwork(script: Script): { readonly network: Network; readonly seen: SeenRequest[] } {
  const seen: SeenRequest[] = [];
  const none = () => Promise.reject(new Error('not scripted'));
  const network: Network = {
    async request(request) {
      const url = new URL(request.path, 'http://unit');
      const asked = { ...request, page: url.pathname, query: url.searchParams };
      seen.push(asked);
      const total = bodyBytes(request.body);
      request.onSent?.(total, total);
      const answer = await script(asked);
      if (answer instanceof Error) throw answer;
      return typeof answer === 'string'
        ? httpAnswer(200, answer)
        : httpAnswer(answer.status ?? 200, answer.body, answer.headers);
    },
    connect: none,
    listenUdp: none,
    sendUdp: none,
    browse: none,
    sweep: none,
    macOf: () => Promise.resolve(undefined),
    ownAddressTowards: none,
    wifi: () => Promise.resolve(undefined),
  };
  return { network, seen };
}

const bodyBytes = (body: HttpRequest['body']): number =>
  body == null
    ? 0
    : typeof body === 'string' || body instanceof Uint8Array
      ? body.length
      : body.content.length;

function httpAnswer(
  status: number,
  content: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const body = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { status, headers, body, text: () => new TextDecoder().decode(body) };
}

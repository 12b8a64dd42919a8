import { BenchError } from '../../core/errors.ts';
import { CodecError } from '../../core/codec-error.ts';
import type { LogSink } from '../../core/log.ts';
import { sanitize } from '../../core/text.ts';
import type { HostPort, HttpAnswer, HttpRequest, MultipartFile, Network } from '../../drivers/http/port.ts';
import { parseAnswer, wantsLogin } from './answer.ts';
import { parseStatus, type TasmotaStatus } from './status.ts';

/** The user of the web pages has no other name. */
const USER = 'admin';
/** A unit that copies its settings to flash answers late; longer than that none was seen to take, ms. */
const ANSWER_LIMIT_MS = 10_000;
/** Status 0 of a full build has 3 KB, the largest settings backup with its files some 32 KB. */
const MAX_ANSWER_BYTES = 256 * 1024;

export interface TasmotaOptions {
  readonly network: Network;
  readonly at: HostPort;
  readonly signal: AbortSignal;
  readonly log: LogSink;
  /** Web password; missing: none is sent. */
  readonly password?: string | undefined;
}

/** The web pages and the command API of one Tasmota unit at one address. */
export class TasmotaClient {
  readonly #options: TasmotaOptions;
  /** Before basic authentication counted there, `/cm` took the login in its query only. */
  #loginInQuery = false;

  constructor(options: TasmotaOptions) {
    this.#options = options;
  }

  get at(): HostPort {
    return this.#options.at;
  }

  /** Throws PLUG_BAD_ANSWER, PLUG_LOCKED, and what the network throws. */
  async status(): Promise<TasmotaStatus> {
    const answer = await this.command('Status 0');
    try {
      return parseStatus(answer);
    } catch (cause) {
      throw notTasmota(cause);
    }
  }

  /**
   * Sends one command and gives what it answers. A `;` in it ends the first command of a Backlog and is the caller's
   * affair. Answers hold Wi-Fi passwords (before 9 in the clear): they go into no log.
   */
  async command(line: string): Promise<Readonly<Record<string, unknown>>> {
    let answer = await this.#send(line);
    let text = answer.text();
    const { password } = this.#options;
    if (wantsLogin(answer.status, text) && password != null && !this.#loginInQuery) {
      this.#loginInQuery = true;
      answer = await this.#send(line);
      text = answer.text();
    }
    if (wantsLogin(answer.status, text)) throw loginWanted(password);
    if (answer.status !== 200) throw notTasmota(undefined, answer.status);
    try {
      return parseAnswer(text);
    } catch (cause) {
      throw notTasmota(cause);
    }
  }

  #send(line: string): Promise<HttpAnswer> {
    const { password } = this.#options;
    const login = this.#loginInQuery ? `user=${USER}&password=${encodeURIComponent(password ?? '')}&` : '';
    return this.#request({ method: 'GET', path: `/cm?${login}cmnd=${encodeURIComponent(line)}` });
  }

  /**
   * Opens a page. Throws PLUG_LOCKED, TASMOTA_NO_WEB_ADMIN where it is not there although the unit is, and what the
   * network throws.
   */
  async page(path: string): Promise<HttpAnswer> {
    const answer = await this.#request({ method: 'GET', path });
    if (answer.status === 401) throw loginWanted(this.#options.password);
    // With WebServer 1 the user is sent back to the main page, with CORS closed 403 is the answer.
    if ([302, 303, 403].includes(answer.status)) throw new BenchError('TASMOTA_NO_WEB_ADMIN');
    if (answer.status !== 200) throw notTasmota(undefined, answer.status);
    return answer;
  }

  /** Sends a form with one file to `/u2`. Whatever comes of it is the caller's to judge. */
  post(
    file: MultipartFile,
    onSent: (bytes: number, totalBytes: number) => void,
    silenceLimitMs: number,
  ): Promise<HttpAnswer> {
    return this.#request({
      method: 'POST',
      path: `/u2?fsz=${file.content.length}`,
      body: file,
      onSent,
      silenceLimitMs,
    });
  }

  #request(request: Omit<HttpRequest, 'to'>): Promise<HttpAnswer> {
    const { network, at, signal, password } = this.#options;
    return network.request({
      to: at,
      signal,
      silenceLimitMs: ANSWER_LIMIT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      ...request,
      // Since 9 a request without the own name right behind `http://` gets no answer at all (SetOption128).
      headers: { Referer: `http://${hostText(at)}/`, ...request.headers },
      ...(password != null && { login: { user: USER, password } }),
    });
  }
}

/** As it stands in a URL. */
const hostText = ({ host, port }: HostPort): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 ? name : `${name}:${port}`;
};

const loginWanted = (given: string | undefined): BenchError =>
  new BenchError(
    'PLUG_LOCKED',
    given == null
      ? { message: 'The unit wants its web password.' }
      : { message: 'The unit does not accept the web password that was given.' },
  );

const notTasmota = (cause: unknown, status?: number): BenchError =>
  new BenchError('PLUG_BAD_ANSWER', {
    ...(cause instanceof CodecError && {
      message: `Something answers at this address, but not as Tasmota does: ${sanitize(cause.message)}.`,
    }),
    ...(status != null && {
      message: `Something answers at this address, but not as Tasmota does: HTTP status ${status}.`,
    }),
    cause,
  });

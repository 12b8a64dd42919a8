/** First lines of a request. Everything in it is untrusted. */
export interface RequestHead {
  readonly method: string;
  /** Path without the query, as it came: never decoded. */
  readonly path: string;
  /** 0 or 1, of HTTP/1.x. */
  readonly minor: 0 | 1;
  /** Names in lower case; of a repeated one the last. */
  readonly headers: ReadonlyMap<string, string>;
}

const MAX_HEADERS = 64;

/** Where the head ends (behind its empty line), or -1 while it is incomplete. Bare line feeds are taken as line ends. */
export function endOfHead(bytes: Buffer): number {
  const strict = bytes.indexOf('\r\n\r\n');
  const bare = bytes.indexOf('\n\n');
  const ends = [strict < 0 ? Infinity : strict + 4, bare < 0 ? Infinity : bare + 2];
  const end = Math.min(...ends);
  return end === Infinity ? -1 : end;
}

/** Undefined for what is no HTTP/1.x request. */
export function parseRequestHead(bytes: Buffer): RequestHead | undefined {
  const [first = '', ...lines] = bytes.toString('latin1').trimEnd().split(/\r?\n/);
  const request = /^([A-Z]{1,16}) (\S{1,2048}) HTTP\/1\.([01])$/.exec(first);
  if (!request || lines.length > MAX_HEADERS) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (!header) return undefined;
    headers.set((header[1] ?? '').toLowerCase(), header[2] ?? '');
  }
  // A proxy's form names the host too; which host is meant never matters here.
  const path = (request[2] ?? '').replace(/^http:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  return { method: request[1] ?? '', path, minor: request[3] === '0' ? 0 : 1, headers };
}

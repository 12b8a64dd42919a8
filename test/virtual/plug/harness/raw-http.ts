import { request, type IncomingHttpHeaders } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the body, tags taken out. */
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** One request, with node's own client. Rejects when no answer comes. */
export function ask(port: number, path: string, options: RawRequest = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const length = body == null ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const sent = request(
      { port, host: '127.0.0.1', path, method, headers: { ...headers, ...length }, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(pieces);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            text: whole.toString('latin1').replace(/<[^>]*>/g, ''),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Uploads a file as the form of the reference has it (section 5.1). */
export function upload(
  port: number,
  path: string,
  file: Uint8Array,
  options: { field?: string; fileName?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<RawAnswer> {
  const { field = 'u2', fileName = 'firmware.bin', headers = {} } = options;
  const body = Buffer.concat([
    Buffer.from(
      `------b1\r\nContent-Disposition: form-data; name="${field}"; filename="${fileName}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    file,
    Buffer.from('\r\n------b1--\r\n'),
  ]);
  return ask(port, path, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/form-data; boundary=----b1', ...headers },
    body,
  });
}

import type { MultipartFile } from './port.ts';

export interface EncodedForm {
  /** Value of the Content-Type header. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** As browsers begin theirs; small servers were only ever tried with that. */
const BOUNDARY_START = '----benchflash';

/** A form with one file, as a browser sends it (RFC 7578). The boundary is one that the form does not contain. */
export function encodeMultipart({ field, fileName, content, fields = {} }: MultipartFile): EncodedForm {
  const texts = Object.entries(fields);
  const boundary = boundaryFor([content, ...texts.map(([, value]) => Buffer.from(value))]);
  const before = texts.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(field)}"; filename="${quoted(fileName)}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n';
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(before.join('') + head),
      content,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}

function boundaryFor(contents: readonly Uint8Array[]): string {
  for (let number = 1; ; number++) {
    const boundary = `${BOUNDARY_START}${String(number).padStart(16, '0')}`;
    if (
      !contents.some((content) =>
        Buffer.from(content.buffer, content.byteOffset, content.length).includes(boundary),
      )
    )
      return boundary;
  }
}

/** The three characters that would end a quoted name, as the HTML standard has browsers escape them. */
const quoted = (name: string): string =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');

import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { TasmotaClient, uploadImage, uploadSettings } from '../../../src/protocols/tasmota/index.ts';
import { parseUploadPage } from '../../../src/protocols/tasmota/upload-page.ts';
import { scriptedNetwork, type Script } from '../../harness/scripted-network.ts';

/** The page after an upload, in the form of 9 and later; `br` as builds before 8 wrote it. */
const page = (word: string, after: string, br = '<br>') =>
  `<!DOCTYPE html><html><body><div><div style='text-align:center;'><b>Upload <font color='#ff5661'>${word}</font></b>${br}${br}${after}</div>${br}`;
const ACCEPTED = page(
  'Successful',
  "<div style='text-align:center;'>Device will restart in a few seconds</div><br>",
);

const AT = { host: '10.1.0.41', port: 80 };
const CONTENT = new Uint8Array(100_000).fill(0xe9);

function unit(script: Script, password?: string) {
  const { network, seen } = scriptedNetwork(script);
  const client = new TasmotaClient({
    network,
    at: AT,
    signal: new AbortController().signal,
    log: () => {},
    password,
  });
  return { client, seen };
}
const upload = { fileName: 'tasmota.bin', content: CONTENT, onSent: () => {} };
const answering =
  (result: string | Error): Script =>
  ({ page: path }) =>
    path === '/u2' ? result : 'ok';

it('opens /up before the image and /rs before settings, with size, form and Referer', async () => {
  const { client, seen } = unit(answering(ACCEPTED), 'secret');
  expect(await uploadImage(client, upload)).toEqual({ kind: 'accepted' });
  expect(await uploadSettings(client, upload)).toEqual({ kind: 'accepted' });
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /up',
    'POST /u2?fsz=100000',
    'GET /rs',
    'POST /u2?fsz=100000',
  ]);
  expect(seen[1]!.body).toEqual({ field: 'u2', fileName: 'tasmota.bin', content: CONTENT });
  for (const request of seen) {
    expect(request.headers?.['Referer']).toBe('http://10.1.0.41/');
    expect(request.login).toEqual({ user: 'admin', password: 'secret' });
  }
});

describe('the page after an upload', () => {
  it.each([
    [1, 'No file selected', 'TASMOTA_NO_FILE'],
    [2, 'Not enough space', 'TASMOTA_NO_SPACE'],
    [3, 'Magic byte is not 0xE9', 'TASMOTA_MAGIC'],
    [3, 'Invalid file signature', 'TASMOTA_MAGIC'],
    [4, 'Program flash size is larger than real flash size', 'TASMOTA_FLASH_SIZE'],
    [5, 'Upload buffer miscompare', 'TASMOTA_MISCOMPARE'],
    [6, 'Upload failed. Enable logging 3', 'TASMOTA_UPLOAD_FAILED'],
    [7, 'Upload aborted', 'TASMOTA_UPLOAD_ABORTED'],
    [8, 'File invalid', 'TASMOTA_FILE_INVALID'],
    [9, 'File too large', 'TASMOTA_FILE_TOO_LARGE'],
    [10, 'Failed to init RF chip', 'TASMOTA_SECOND_CHIP'],
    [11, 'Upload error code 11', 'TASMOTA_SECOND_CHIP'],
    [12, 'Failed to write to RF chip', 'TASMOTA_SECOND_CHIP'],
    [13, 'Failed to decode RF firmware', 'TASMOTA_SECOND_CHIP'],
    [14, 'Upload error code 14', 'TASMOTA_NOT_COMPATIBLE'],
    [14, 'Not compatible', 'TASMOTA_NOT_COMPATIBLE'],
    [undefined, 'Etwas anderes', 'TASMOTA_REFUSED'],
  ])('reason %s, %s, is %s', async (reason, text, code) => {
    for (const br of ['<br>', '<br/>']) {
      const said = page('Failed', text, br);
      expect(parseUploadPage(said)).toEqual({ kind: 'refused', reason, text });
      const { client } = unit(answering(said));
      await expect(uploadImage(client, upload)).rejects.toMatchObject({ code });
    }
  });

  it('is read in other languages by its form', () => {
    expect(
      parseUploadPage(page('erfolgreich', "<div style='text-align:center;'>Gerät startet neu</div>")),
    ).toEqual({
      kind: 'accepted',
    });
    const reasonOf = (text: string) => parseUploadPage(page('fehlgeschlagen', text));
    expect(reasonOf('Magický byte má hodnotu jinou než 0xE9')).toMatchObject({ reason: 3 });
    expect(reasonOf('上传失败。 启用日志记录 3')).toMatchObject({ reason: 6 });
    expect(reasonOf('Код ошибки загрузки 14')).toMatchObject({ reason: 14 });
    expect(reasonOf('Nicht genügend Speicherplatz')).toEqual({
      kind: 'refused',
      reason: undefined,
      text: 'Nicht genügend Speicherplatz',
    });
  });

  it('is bounded and safe where it is hostile', () => {
    const hostile = parseUploadPage(page('Failed', `\u001b[2J${'x'.repeat(5_000)}`));
    expect(hostile).toMatchObject({ kind: 'refused' });
    expect((hostile as { text: string }).text).toHaveLength(200);
    for (const text of ['', '<html>', ACCEPTED.slice(0, 90), '<font color='.repeat(10_000)])
      expect(parseUploadPage(text)).toEqual({ kind: 'other' });
  });
});

describe('an upload without an answer', () => {
  it.each(['HTTP_RESET', 'HTTP_NO_ANSWER', 'HTTP_CLOSED', 'HTTP_BAD_ANSWER'] as const)(
    'of the kind %s is unknown once the image is out',
    async (code) => {
      const { client } = unit(answering(new BenchError(code)));
      expect(await uploadImage(client, upload)).toMatchObject({ kind: 'unknown' });
    },
  );

  it('is unknown too where the login is refused only after it', async () => {
    const { client } = unit(({ page: path }) => (path === '/u2' ? { status: 401, body: '' } : 'ok'));
    expect(await uploadImage(client, upload)).toMatchObject({ kind: 'unknown' });
  });

  it('is TASMOTA_UPLOAD_ABORTED where not all of it had left', async () => {
    const { client } = unit(
      answering(new BenchError('HTTP_RESET', { detail: { sentAll: false, sentBytes: 40_000 } })),
    );
    await expect(uploadImage(client, upload)).rejects.toMatchObject({
      code: 'TASMOTA_UPLOAD_ABORTED',
      detail: { sentBytes: 40_000 },
    });
    const gone = unit(answering(new BenchError('HTTP_NO_ANSWER', { detail: { connected: false } })));
    await expect(uploadImage(gone.client, upload)).rejects.toMatchObject({ code: 'HTTP_NO_ANSWER' });
  });

  it('does not begin where the page before it is refused', async () => {
    const { client, seen } = unit(() => ({ status: 401, body: '' }));
    await expect(uploadImage(client, upload)).rejects.toMatchObject({ code: 'PLUG_LOCKED' });
    const other = unit(() => ({ status: 302, body: '' }));
    await expect(uploadImage(other.client, upload)).rejects.toMatchObject({ code: 'TASMOTA_NO_WEB_ADMIN' });
    expect([...seen, ...other.seen].filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

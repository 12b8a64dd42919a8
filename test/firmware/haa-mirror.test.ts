import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { concatUint8Arrays } from 'uint8array-extras';
import { beforeAll, describe, expect, it } from 'vitest';
import { v2Crc } from '../../src/firmware/esp-image.ts';
import { checkHaaMirror, HAA_MIRROR_FILES } from '../../src/firmware/haa-mirror.ts';
import { isSignedByHaa, readHaaSignature } from '../../src/firmware/haa-signature.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { esp8266V2, filled, text, u32le } from './build-images.ts';
import { dataFile, hasRealFiles } from './real-files.ts';

/** An application as HAA makes them: v2, with its CRC-32. */
function haaApp(strings: string): Uint8Array {
  const image = esp8266V2();
  image.set(text(`\0${strings}\0`), 64);
  return concatUint8Arrays([image, u32le(v2Crc(image))]);
}

let privateKey: KeyObject;
let publicKey: string;
beforeAll(() => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  ({ privateKey } = pair);
  publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
});

/** As HAA keeps them: padded with zeros to what its installer downloads. */
function signatureOf(image: Uint8Array): Uint8Array {
  const der = sign('sha384', image, privateKey);
  return concatUint8Arrays([Uint8Array.from(der), filled(104 - der.length, 0)]);
}

function mirror(change: Record<string, Uint8Array | undefined> = {}): Map<string, Uint8Array> {
  const installer = haaApp('HAA Installer 7.14.0');
  const main = haaApp('Home Accessory Architect 12.18.0');
  const files: Record<string, Uint8Array | undefined> = {
    ...{ 'otamain.bin': installer, 'haaboot.bin': installer, 'haamain.bin': main },
    ...{ 'otamain.bin.sec': signatureOf(installer), 'haaboot.bin.sec': signatureOf(installer) },
    ...{ 'haamain.bin.sec': signatureOf(main), otaversion: text('7.14.0'), haaversion: text('12.18.0\n') },
    ...{ 'index.html': text('<html>') },
    ...change,
  };
  return new Map(Object.entries(files).flatMap(([name, bytes]) => (bytes == null ? [] : [[name, bytes]])));
}
const problemsOf = (files: ReadonlyMap<string, Uint8Array>) =>
  checkHaaMirror(files, publicKey).problems.map(({ text: words }) => words);

describe('a mirror of HAA', () => {
  it('that is complete has no problem', () => {
    expect(checkHaaMirror(mirror(), publicKey)).toEqual({
      problems: [],
      otaVersion: '7.14.0',
      haaVersion: '12.18.0',
    });
  });

  it('lacks any file: a unit would be stranded', () => {
    expect(HAA_MIRROR_FILES).toHaveLength(8);
    for (const name of HAA_MIRROR_FILES)
      expect(problemsOf(mirror({ [name]: undefined }))).toEqual([
        `The folder lacks ${name}: a unit would be stranded when it asks for it.`,
      ]);
  });

  it.each<[string, () => Record<string, Uint8Array>, RegExp]>([
    [
      'another signature',
      () => ({ 'haamain.bin.sec': signatureOf(text('x')) }),
      /not the signature of this haamain\.bin/,
    ],
    ['no signature', () => ({ 'haamain.bin.sec': filled(104, 0) }), /is no signature/],
    [
      'a cut signature',
      () => ({ 'haamain.bin.sec': signatureOf(text('x')).subarray(0, 90) }),
      /is no signature/,
    ],
    ['a web page', () => ({ 'otamain.bin': text('<html>404</html>') }), /no ESP8266 application/],
    ['a cut image', () => ({ 'otamain.bin': haaApp('x').subarray(0, -4) }), /CRC-32/],
    ['a web page for a version', () => ({ haaversion: text('<html>') }), /holds no version/],
    [
      'another version',
      () => ({ haaversion: text('12.19.0') }),
      /haaversion says 12\.19\.0, but haamain\.bin is 12\.18\.0/,
    ],
  ])('has %s', (_name, change, message) => {
    expect(problemsOf(mirror(change())).join(' ')).toMatch(message);
  });

  it('has an image that is too large for its place', () => {
    const large = concatUint8Arrays([haaApp('HAA Installer 7.14.0'), filled(0x6_1000, 0xff)]);
    expect(problemsOf(mirror({ 'otamain.bin': large })).join(' ')).toMatch(/its place in flash holds/);
  });

  it('signed by another key than HAA is not taken for HAA', () => {
    expect(checkHaaMirror(mirror()).problems).toHaveLength(3);
  });
});

describe('a signature', () => {
  it('is named; what is none is not', async () => {
    const file = await inspectBytes('x.sec', signatureOf(text('x')));
    expect(file).toMatchObject({ kind: 'haa-signature', problems: [{ severity: 'warning' }] });
    expect(readHaaSignature(filled(104, 0x30))).toBeUndefined();
    expect(readHaaSignature(new Uint8Array())).toBeUndefined();
  });

  it('with any byte changed does not verify', () => {
    const image = haaApp('x');
    const signature = signatureOf(image);
    expect(isSignedByHaa(image, signature, publicKey)).toBe(true);
    for (let at = 0; at < signature.length; at++) {
      const changed = Uint8Array.from(signature);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(isSignedByHaa(image, changed, publicKey)).toBe(false);
    }
  });
});

describe.skipIf(!hasRealFiles)('the real signature (skipped where ../shared/data is missing)', () => {
  it('is read without the zero behind it, and is of no other file', async () => {
    const bytes = Uint8Array.from(readFileSync(dataFile('plugs/haa-otamain-12.18.0.bin.sec')));
    expect(bytes).toHaveLength(104);
    expect(readHaaSignature(bytes)).toHaveLength(103);
    expect(await inspectBytes('otamain.bin.sec', bytes)).toMatchObject({ kind: 'haa-signature' });
    expect(isSignedByHaa(text('x'), bytes)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, isSecretKey } from '../../src/records/redact.ts';

describe('a redactor', () => {
  it('takes out what it was told, as text, JSON, URL, hex and Base64 carry it', () => {
    const secret = 'pä"ss &word';
    const redact = createRedactor([secret]);
    const bytes = Buffer.from(secret);
    for (const form of [
      secret,
      JSON.stringify({ x: secret }),
      `http://plug/cm?x=${encodeURIComponent(secret)}`,
      bytes.toString('hex'),
      bytes.toString('base64'),
    ])
      expect(redact(`before ${form} after`)).toMatch(/^before .*\[redacted\].* after$/);
    expect(redact(JSON.stringify({ x: secret }))).toBe('{"x":"[redacted]"}');
  });

  it('takes out the values of keys that are secret by their name', () => {
    const redact = createRedactor([]);
    expect(redact('{"ssid":"Hall","password":"top \\" secret","n":1}')).toBe(
      '{"ssid":"Hall","password":"[redacted]","n":1}',
    );
    expect(redact('wifi-password = hunter22, psk: abc')).toBe('wifi-password = [redacted], psk: [redacted]');
    expect(redact('POST ?user=a&token=xyz&b=2')).toBe('POST ?user=a&token=[redacted]&b=2');
    expect(redact("bind_key: '00ff'")).toBe("bind_key: '[redacted]'");
    expect(redact('"password": "cut of')).not.toContain('cut of');
  });

  it('leaves other text alone', () => {
    const redact = createRedactor(['']);
    for (const text of ['rst:0x1 (POWERON_RESET)', 'the password is asked for', 'key=4', 'wrote 12 bytes'])
      expect(redact(text)).toBe(text);
  });

  it('takes no longer for one endless word', () => {
    const text = 'a'.repeat(2_000_000);
    expect(createRedactor(['a-secret-value'])(text)).toBe(text);
  });

  it('replaces a short secret only where it stands alone', () => {
    const redact = createRedactor(['12']);
    expect(redact('pin 12, at 0x1200')).toBe('pin [redacted], at 0x1200');
  });

  it('takes the longer of two secrets first', () => {
    expect(createRedactor(['secretive', 'secretive-longer'])('secretive-longer')).toBe('[redacted]');
  });

  it('lets no secret of eight characters or more through, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 8 }), fc.string(), fc.string(), (secret, a, b) => {
        fc.pre(!'[redacted]'.includes(secret) && !(a + b).includes(secret));
        expect(createRedactor([secret])(`${a}${secret}${b}`)).not.toContain(secret);
      }),
    );
  });

  it('knows secret names', () => {
    expect(['wifi-password', 'psk', 'bindKey', 'api_key', 'ota.token', 'passphrase'].every(isSecretKey)).toBe(
      true,
    );
    expect(['ssid', 'baud', 'proof', 'keyboard', 'monkey'].some(isSecretKey)).toBe(false);
  });
});

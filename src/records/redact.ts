export const REDACTED = '[redacted]';

/** Replaces secrets in text that goes to a file, a terminal or an export. */
export type Redactor = (text: string) => string;

const SECRET_KEY = String.raw`[\w.-]*(?:passw(?:or)?d|passphrase|\bpwd|psk|token|secret|bind-?_?key|api-?_?key|private-?_?key)`;
/**
 * `"password": "x"`, `psk=x`, `wifi-password: x`: the key stays, the value goes. It begins at the start of a word,
 * or a device that sends one endless word would cost time by its square.
 */
const KEYED = new RegExp(
  String.raw`(?<![\w.-])(["']?)(${SECRET_KEY})\1(\s*[:=]\s*)(?!["']?\[redacted\])("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[^\s,;&}\])]+)`,
  'giu',
);
const SECRET_KEY_ALONE = new RegExp(`^${SECRET_KEY}$`, 'iu');

/** True for the name of a setting or field whose value is a secret by its name alone. */
export const isSecretKey = (key: string): boolean => SECRET_KEY_ALONE.test(key);

/**
 * A function that takes out the given secrets (as they are, and as JSON, URLs, hex and Base64 carry them) and
 * the values of password-like keys. A secret of fewer than six characters is replaced only where it stands alone: to
 * replace every `12` of a log would tell more than it hides.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const patterns = [...new Set(secrets)]
    .filter((secret) => secret !== '')
    .flatMap(forms)
    .sort((a, b) => b.text.length - a.text.length)
    .map(({ text, alone }) =>
      alone ? `(?<![\\p{L}\\p{N}])${escape(text)}(?![\\p{L}\\p{N}])` : escape(text),
    );
  const literal = patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'gu');
  return (text) => {
    const known = literal === undefined ? text : text.replaceAll(literal, REDACTED);
    return known.replaceAll(
      KEYED,
      (_, quote: string, key: string, between: string, value: string) =>
        `${quote}${key}${quote}${between}${quoteOf(value)}${REDACTED}${quoteOf(value)}`,
    );
  };
}

const quoteOf = (value: string) => (/^["']/.test(value) ? value[0]! : '');

function forms(secret: string): { readonly text: string; readonly alone: boolean }[] {
  const alone = [...secret].length < 6;
  const plain = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  const bytes = Buffer.from(secret, 'utf8');
  const coded = alone
    ? []
    : [
        bytes.toString('hex'),
        bytes.toString('hex').toUpperCase(),
        bytes.toString('base64').replace(/=+$/, ''),
      ];
  return [...new Set([...plain, ...coded])].map((text) => ({ text, alone }));
}

const escape = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

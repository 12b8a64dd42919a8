/** A text field: what is in it and where the caret stands (in characters). */
export interface TextField {
  readonly text: string;
  readonly caret: number;
}

export const fieldOf = (text: string): TextField => ({ text, caret: [...text].length });

/** The field after a key, or undefined when the key means nothing to a text field. */
export function editText(field: TextField, key: string): TextField | undefined {
  const characters = [...field.text];
  const { caret } = field;
  const rebuilt = (before: readonly string[], after: readonly string[]): TextField => ({
    text: [...before, ...after].join(''),
    caret: before.length,
  });
  switch (key) {
    case 'left':
      return { ...field, caret: Math.max(0, caret - 1) };
    case 'right':
      return { ...field, caret: Math.min(characters.length, caret + 1) };
    case 'home':
    case 'ctrl-a':
      return { ...field, caret: 0 };
    case 'end':
    case 'ctrl-e':
      return { ...field, caret: characters.length };
    case 'backspace':
      return rebuilt(characters.slice(0, Math.max(0, caret - 1)), characters.slice(caret));
    case 'delete':
      return rebuilt(characters.slice(0, caret), characters.slice(caret + 1));
    case 'ctrl-u':
      return rebuilt([], characters.slice(caret));
    case 'ctrl-k':
      return rebuilt(characters.slice(0, caret), []);
    case 'ctrl-w': {
      const before = characters
        .slice(0, caret)
        .join('')
        .replace(/\S+\s*$/, '');
      return rebuilt([...before], characters.slice(caret));
    }
    default:
      return [...key].length === 1 ? insertText(field, key) : undefined;
  }
}

/** Typed or pasted text at the caret, on one line. */
export function insertText(field: TextField, text: string): TextField {
  const characters = [...field.text];
  const inserted = [...text.replaceAll(/[\r\n\t]+/g, ' ')];
  const before = [...characters.slice(0, field.caret), ...inserted];
  return { text: [...before, ...characters.slice(field.caret)].join(''), caret: before.length };
}

/** A pasted path as file managers and shells hand it over: quotes, `file://`, escaped spaces. */
export function pastedPath(text: string): string {
  const trimmed = text.trim();
  const quoted = /^'(.*)'$/s.exec(trimmed) ?? /^"(.*)"$/s.exec(trimmed);
  if (quoted?.[1] !== undefined) return quoted[1];
  if (trimmed.startsWith('file://')) {
    try {
      return decodeURIComponent(trimmed.slice('file://'.length));
    } catch {
      return trimmed;
    }
  }
  return trimmed.replaceAll(/\\([ ()'&])/g, '$1');
}

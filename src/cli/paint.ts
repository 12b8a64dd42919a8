export type Colour = 'red' | 'green' | 'yellow';

const SGR: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33 };

/** Colour is never alone: the word says the same. */
export const paint = (text: string, colour: Colour, on: boolean): string =>
  on ? `\u001b[${SGR[colour]}m${text}\u001b[39m` : text;

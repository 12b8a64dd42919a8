import type { Symbols } from '../theme/symbols.ts';

/** Letters five cells wide and five rows high, to be read from across the bench. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  A: [' ### ', '#   #', '#####', '#   #', '#   #'],
  B: ['#### ', '#   #', '#### ', '#   #', '#### '],
  C: [' ####', '#    ', '#    ', '#    ', ' ####'],
  D: ['#### ', '#   #', '#   #', '#   #', '#### '],
  E: ['#####', '#    ', '###  ', '#    ', '#####'],
  F: ['#####', '#    ', '###  ', '#    ', '#    '],
  I: ['#####', '  #  ', '  #  ', '  #  ', '#####'],
  K: ['#   #', '#  # ', '###  ', '#  # ', '#   #'],
  L: ['#    ', '#    ', '#    ', '#    ', '#####'],
  N: ['#   #', '##  #', '# # #', '#  ##', '#   #'],
  O: [' ### ', '#   #', '#   #', '#   #', ' ### '],
  P: ['#### ', '#   #', '#### ', '#    ', '#    '],
  R: ['#### ', '#   #', '#### ', '#  # ', '#   #'],
  S: [' ####', '#    ', ' ### ', '    #', '#### '],
  T: ['#####', '  #  ', '  #  ', '  #  ', '  #  '],
  U: ['#   #', '#   #', '#   #', '#   #', ' ### '],
};

/** The word as five rows of blocks; letters that are not in the table are left blank. */
export function blockLetters(word: string, symbols: Symbols): string[] {
  const letters = [...word.toUpperCase()].map((letter) => LETTERS[letter] ?? Array<string>(5).fill('     '));
  return Array.from({ length: 5 }, (_, row) =>
    letters
      .map((letter) => letter[row] ?? '')
      .join(' ')
      .replaceAll('#', symbols.block)
      .trimEnd(),
  );
}

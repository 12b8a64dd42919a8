/**
 * What the screen is made of before anybody has typed: printable ASCII, Latin-1 and the signs of the tables of symbols.
 * Every character of it is one cell and one grapheme.
 */
export const PLAIN =
  /^[\x20-\x7e\xa1-\xac\xae-\xff\u2500-\u25fc\u25ff\u2714\u2716\u2013\u2026\u2191\u2193\ue000-\uf8ff]*$/;

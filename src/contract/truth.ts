/** As spreadsheets, historians and people of several languages write it. */
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['on', true],
  ['off', false],
  ['yes', true],
  ['no', false],
  ['wahr', true],
  ['falsch', false],
  ['ja', true],
  ['nein', false],
  ['1', true],
  ['0', false],
]);

/** What a cell of a table says of true and false; undefined where it says neither. */
export const truthOf = (cell: string): boolean | undefined => WORDS.get(cell.trim().toLowerCase());

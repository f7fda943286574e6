/** How far a stream has a journal: all up to an entry, and so many rows of the block that follows. */
export interface Position {
  readonly upTo: number;
  readonly row: number;
}

const TEXT = /^(\d{1,16})\.(\d{1,10})$/;

export const positionText = ({ upTo, row }: Position): string => `${upTo}.${row}`;

/** @returns undefined for what is none */
export function positionOf(text: string): Position | undefined {
  const [, upTo, row] = TEXT.exec(text) ?? [];
  return upTo === undefined || row === undefined ? undefined : { upTo: Number(upTo), row: Number(row) };
}

export const isBehind = (a: Position, b: Position): boolean =>
  a.upTo < b.upTo || (a.upTo === b.upTo && a.row < b.row);

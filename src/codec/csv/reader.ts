/** One record of a table; a record may have several lines. */
export interface CsvRecord {
  /** Line in which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Why it cannot be read; the cells are then empty. */
  readonly problem?: string;
}

/** Characters of one record at most: a quote that nobody closes must not bring a whole file into memory. */
export const MOST_RECORD = 2 ** 20;

/**
 * Reads CSV (RFC 4180) piece by piece, however it is cut, and never throws: what cannot be read is a record with a problem,
 * and reading goes on with the next line. Lines end with LF or CR LF; empty ones are left out. A quote inside of a cell
 * that does not begin with one stands for itself.
 */
export class CsvReader {
  readonly #delimiter: string;
  #rest = '';
  #line: number;
  /** Within a line that is too long already. */
  #skipping = false;

  /** @param delimiter one character @param line number of the first line */
  constructor(delimiter: string, line = 1) {
    this.#delimiter = delimiter;
    this.#line = line;
  }

  /** The records that end within this text. */
  *feed(text: string): Iterable<CsvRecord> {
    yield* this.#read(this.#rest + text, false);
  }

  /** What is left when nothing follows. */
  *end(): Iterable<CsvRecord> {
    yield* this.#read(this.#rest, true);
    this.#rest = '';
  }

  *#read(text: string, isEnd: boolean): Iterable<CsvRecord> {
    let from = 0;
    if (this.#skipping) {
      from = text.indexOf('\n') + 1;
      if (from === 0) {
        this.#rest = '';
        return;
      }
      this.#skipping = false;
      this.#line++;
    }
    let quote = text.indexOf('"', from);
    while (from < text.length) {
      if (quote >= 0 && quote < from) quote = text.indexOf('"', from);
      const found = this.#record(text, from, quote, isEnd);
      if (found === undefined) break;
      const { record, next, lines } = found;
      if (record.problem !== undefined || record.cells.length > 1 || record.cells[0] !== '') yield record;
      from = next;
      this.#line += lines;
    }
    this.#rest = text.slice(from);
    if (this.#rest.length <= MOST_RECORD) return;
    yield { line: this.#line, cells: [], problem: `the line is longer than ${MOST_RECORD} characters` };
    this.#rest = '';
    this.#skipping = true;
  }

  /** The record that begins at `from`; undefined where its end has not come. */
  #record(text: string, from: number, quote: number, isEnd: boolean): Found | undefined {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    if (quote >= 0 && quote < end) {
      const found = this.#quoted(text, from, end, isEnd);
      // What makes no sense costs its line, whose end must be known.
      return found?.record.problem !== undefined && newline < 0 && !isEnd ? undefined : found;
    }
    if (newline < 0 && !isEnd) return undefined;
    return this.#plain(text, from, end);
  }

  #plain(text: string, from: number, end: number): Found {
    const cells = text.slice(from, beforeReturn(text, from, end)).split(this.#delimiter);
    return { record: { line: this.#line, cells }, next: end + 1, lines: 1 };
  }

  /** @param lineEnd end of the first line: reading goes on behind it where the record makes no sense */
  #quoted(text: string, from: number, lineEnd: number, isEnd: boolean): Found | undefined {
    const cells: string[] = [];
    let at = from;
    for (;;) {
      if (text[at] !== '"') {
        const stop = this.#stop(text, at);
        if (stop === text.length && !isEnd) return undefined;
        const isLast = stop === text.length || text[stop] === '\n';
        cells.push(text.slice(at, isLast ? beforeReturn(text, at, stop) : stop));
        if (isLast) return this.#done(text, from, stop, cells);
        at = stop + 1;
        continue;
      }
      const close = closing(text, at);
      // The character behind a quote says whether it closes: it may not be there yet.
      if (!isEnd && (close < 0 || close + 1 >= text.length)) {
        return text.length - from > MOST_RECORD ? this.#failed(lineEnd, UNCLOSED) : undefined;
      }
      if (close < 0) return this.#failed(lineEnd, UNCLOSED);
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'));
      const behind = text.startsWith('\r\n', close + 1) ? close + 2 : close + 1;
      if (behind >= text.length || text[behind] === '\n') return this.#done(text, from, behind, cells);
      if (text[behind] !== this.#delimiter) {
        return text[close + 1] === '\r' && close + 2 >= text.length && !isEnd
          ? undefined
          : this.#failed(lineEnd, BEHIND);
      }
      at = behind + 1;
    }
  }

  /** Next delimiter or end of line. */
  #stop(text: string, at: number): number {
    let i = at;
    while (i < text.length && text[i] !== this.#delimiter && text[i] !== '\n') i++;
    return i;
  }

  #done(text: string, from: number, end: number, cells: readonly string[]): Found {
    let lines = 1;
    for (let i = text.indexOf('\n', from); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) lines++;
    return { record: { line: this.#line, cells }, next: end + 1, lines };
  }

  #failed(lineEnd: number, problem: string): Found {
    return { record: { line: this.#line, cells: [], problem }, next: lineEnd + 1, lines: 1 };
  }
}

interface Found {
  readonly record: CsvRecord;
  readonly next: number;
  readonly lines: number;
}

const UNCLOSED = 'a quote is opened and not closed';
const BEHIND = 'there is text behind a closing quote';

const beforeReturn = (text: string, from: number, end: number): number =>
  end > from && text[end - 1] === '\r' ? end - 1 : end;

/** The quote that closes the one at `open`; two of them stand for one. */
function closing(text: string, open: number): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0 || text[at + 1] !== '"') return at;
  }
}

/** A cell as CSV writes it: in quotes where it must be. */
export const csvCell = (text: string): string =>
  /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

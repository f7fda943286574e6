/** Where the characters of a YAML scalar stand in the text: YAML 1.2.2, chapters 7.3 (flow) and 8.1 (block scalars). */
export interface ScalarText {
  readonly type: string | null | undefined;
  /** Start of the scalar in the text; of its `|` or `>` for block scalars. */
  readonly start: number;
  readonly end: number;
}

/**
 * Position in the text of the character at `offset` of the scalar's value. Exact for plain, quoted and literal
 * scalars; for folded ones exact up to the first blank or more-indented line, and near it after that.
 */
export function positionInScalar(text: string, scalar: ScalarText, offset: number): number {
  const { type, start, end } = scalar;
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') return inBlock(text, start, end, offset);
  const quote = type === 'QUOTE_DOUBLE' ? '"' : type === 'QUOTE_SINGLE' ? "'" : '';
  return inFlow(text, quote === '' ? start : start + 1, quote === '' ? end : end - 1, offset, quote);
}

function inFlow(text: string, start: number, end: number, offset: number, quote: string): number {
  let at = start;
  for (let left = offset; left > 0 && at < end; left--) at += lengthAt(text, at, end, quote);
  return Math.min(at, Math.max(end, start));
}

/** Characters of the text that make one character of the value. */
function lengthAt(text: string, at: number, end: number, quote: string): number {
  const here = text[at];
  if (quote === "'" && here === "'") return 2;
  if (quote === '"' && here === '\\') return ESCAPES[text[at + 1] ?? ''] ?? 2;
  if (here === '\n' || here === '\r' || here === ' ' || here === '\t') return foldAt(text, at, end);
  return 1;
}

const ESCAPES: { readonly [letter: string]: number } = { x: 4, u: 6, U: 10 };

/** A line break with the white space around it is one space of the value; other white space is itself. */
function foldAt(text: string, at: number, end: number): number {
  const blank = /^[ \t]*(?:\r?\n)[ \t]*/.exec(text.slice(at, Math.min(end, at + 1000)));
  return blank ? blank[0].length : 1;
}

function inBlock(text: string, start: number, end: number, offset: number): number {
  let line = text.indexOf('\n', start) + 1;
  if (line === 0 || line > end) return start;
  const indent = indentOf(text, start, line, end);
  let left = offset;
  for (;;) {
    const next = text.indexOf('\n', line) + 1;
    const first = line + Math.min(indent, blanksAt(text, line));
    const length = (next === 0 ? end : next) - first;
    if (left < length || next === 0 || next >= end) return Math.min(first + left, end);
    left -= length;
    line = next;
  }
}

/** Indentation of the block: that of its first line with content. */
function indentOf(text: string, start: number, line: number, end: number): number {
  const explicit = /[1-9]/.exec(text.slice(start, line).replace(/#.*/, ''));
  for (let at = line; at < end; ) {
    const next = text.indexOf('\n', at) + 1;
    if (text.slice(at, next === 0 ? end : next).trim() !== '') {
      return explicit
        ? Math.min(blanksAt(text, at), blanksAt(text, lineStart(text, start)) + Number(explicit[0]))
        : blanksAt(text, at);
    }
    if (next === 0) break;
    at = next;
  }
  return 0;
}

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

function blanksAt(text: string, at: number): number {
  let n = 0;
  while (text[at + n] === ' ') n++;
  return n;
}

import { diff } from '@codemirror/merge';

/** Part of the text that both began from which one side replaced: whole lines. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Two changes of one text put together, where no line is touched by both.
 * @returns undefined where they meet, or of more different lines than there are letters: a person must choose
 */
export function merged(base: string, mine: string, theirs: string): string | undefined {
  const [own, other] = [editsOf(base, mine), editsOf(base, theirs)];
  if (!own || !other) return undefined;
  const others = other.filter((edit) => !own.some((one) => isSame(one, edit)));
  if (own.some((one) => others.some((edit) => one.from <= edit.to && edit.from <= one.to))) return undefined;
  let text = base;
  for (const { from, to, text: instead } of [...own, ...others].toSorted((a, b) => b.from - a.from))
    text = text.slice(0, from) + instead + text.slice(to);
  return text;
}

const isSame = (a: Edit, b: Edit): boolean => a.from === b.from && a.to === b.to && a.text === b.text;

/** How many different ones `String.fromCharCode` makes. */
const LETTERS = 0x1_0000;
/** Beyond it the library takes a shorter way that may find larger changes. */
const EFFORT = { scanLimit: 500 };

/** Each line becomes a letter, and letters are compared: the library's own chunks of lines miss some empty ones. */
function editsOf(base: string, text: string): readonly Edit[] | undefined {
  const letters = new Map<string, string>();
  const lettersOf = (lines: readonly string[]) => lines.map((line) => letterOf(line, letters)).join('');
  const [before, after] = [linesOf(base), linesOf(text)];
  const [a, b] = [lettersOf(before), lettersOf(after)];
  if (letters.size > LETTERS) return undefined;
  const starts = startsOf(before);
  return diff(a, b, EFFORT).map(({ fromA, toA, fromB, toB }) => ({
    from: starts[fromA] as number,
    to: starts[toA] as number,
    text: after.slice(fromB, toB).join(''),
  }));
}

/** With their ends: a last line without one is another than the same line with it. */
const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function letterOf(line: string, letters: Map<string, string>): string {
  const letter = letters.get(line) ?? String.fromCharCode(letters.size);
  letters.set(line, letter);
  return letter;
}

/** Where each line begins, and the end of the last one. */
function startsOf(lines: readonly string[]): readonly number[] {
  let at = 0;
  return [0, ...lines.map((line) => (at += line.length))];
}

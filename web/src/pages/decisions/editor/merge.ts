import { Chunk } from '@codemirror/merge';
import { Text } from '@codemirror/state';

/** Lines of the text that both began from which one side replaced. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Two changes of one text put together, where no line is touched by both.
 * @returns undefined where they meet: a person must choose
 */
export function merged(base: string, mine: string, theirs: string): string | undefined {
  const ours = editsOf(base, mine);
  const others = editsOf(base, theirs).filter((edit) => !ours.some((own) => isSame(own, edit)));
  if (ours.some((own) => others.some((edit) => own.from <= edit.to && edit.from <= own.to))) return undefined;
  let text = base;
  for (const { from, to, text: instead } of [...ours, ...others].toSorted((a, b) => b.from - a.from))
    text = text.slice(0, from) + instead + text.slice(to);
  return text;
}

const isSame = (a: Edit, b: Edit): boolean => a.from === b.from && a.to === b.to && a.text === b.text;

function editsOf(base: string, text: string): readonly Edit[] {
  // Every line ends, so that whole lines are compared; taken away again by what is put together.
  const [before, after] = [base, text].map((one) => Text.of(one.split('\n'))) as [Text, Text];
  return Chunk.build(before, after).map(({ fromA, toA, fromB, toB }) => ({
    from: Math.min(fromA, base.length),
    to: Math.min(toA, base.length),
    text: text.slice(fromB, Math.min(toB, text.length)),
  }));
}

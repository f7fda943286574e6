import type { PeriodFinding, ReportedContext } from '#contract/learning.ts';
import { contextText, MOST_CONTEXTS, type SeenContext, type SeenContexts } from '#decide/detectors/visits.ts';
import { percent } from '#decide/detectors/words.ts';

/** More than people read, and the record holds. */
const MOST_REPORTED = 50;
const MOST_NAMED = 5;
/** Of the moments: a detector that rests for longer is of little use. */
const UNLEARNED_DOUBTFUL = 0.5;

export const reportedContexts = ({ seen }: SeenContexts): ReportedContext[] =>
  seen
    .slice(0, MOST_REPORTED)
    .map(({ context, ...counts }) => ({ context: contextText(context), ...counts }));

/** Contexts in which the detector will rest. */
export function* contextFindings(
  { signal, seen, further, needed }: SeenContexts,
  rows: number,
): Iterable<PeriodFinding> {
  const unlearned = seen.filter(({ learned }) => learned === 0);
  if (unlearned.length > 0) {
    const share = sharedBy(unlearned, rows);
    const text = `${signal} was ${named(unlearned)} fewer than ${needed} times for long enough to settle: the detector will rest there`;
    yield { what: 'contexts', fit: fitOf(share), signal, share, text };
  }
  if (further > 0) {
    const share = further / rows;
    const text = `in ${percent(share)} of the moments ${signal} is too long a text, or one beyond the first ${MOST_CONTEXTS} values, and not learned: is it the number of a batch, and no product?`;
    yield { what: 'contexts', fit: 'doubtful', signal, share, text };
  }
}

const fitOf = (share: number) => (share > UNLEARNED_DOUBTFUL ? 'doubtful' : 'fit');

const sharedBy = (seen: readonly SeenContext[], rows: number): number =>
  seen.reduce((sum, { moments }) => sum + moments, 0) / Math.max(1, rows);

function named(seen: readonly SeenContext[]): string {
  const texts = seen.slice(0, MOST_NAMED).map(({ context }) => contextText(context));
  const more = seen.length - texts.length;
  if (more > 0) return `${texts.join(', ')} or one of ${more} others`;
  return texts.length === 1 ? (texts[0] as string) : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

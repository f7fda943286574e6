import type { Lack } from '#decide/detectors/api.ts';
import { duration } from '#decide/detectors/words.ts';

/** What a detector waits for whose figure is not known though nothing is wrong yet. */
export type Waits =
  | { readonly for: 'its first moment' }
  /** First values of these tags. */
  | { readonly for: 'values'; readonly tags: readonly string[] }
  | { readonly for: 'more'; readonly lack: Lack };

const MOST_NAMED = 3;
const SECOND_US = 1e6;
const MINUTE_US = 60e6;

/**
 * The same in words, behind a colon or by themselves.
 * @param isSeen whether a tag may be named
 */
export function waitsText(
  waits: Waits,
  { kind, everyMs }: { readonly kind: string; readonly everyMs: number },
  isSeen: (tag: string) => boolean,
): string {
  if (waits.for === 'its first moment')
    return `waits for its first moment, one each ${roughly(everyMs * 1000)}`;
  if (waits.for === 'values') return `waits for the first ${valuesText(kind, waits.tags.filter(isSeen))}`;
  const { lack } = waits;
  if ('us' in lack) return `needs ${roughly(lack.us)} more of its window`;
  const { moments } = lack;
  return `needs ${moments} more ${moments === 1 ? 'moment' : 'moments'}, ${roughly(moments * everyMs * 1000)}`;
}

/** What an expression or a model gives has a name that nobody chose. */
function valuesText(kind: string, tags: readonly string[]): string {
  if (kind === 'balance') return 'value of its expression';
  if (kind === 'model') return 'result of its model';
  if (tags.length === 0) return 'values of its tags';
  const more = tags.length - MOST_NAMED;
  const named = tags.slice(0, MOST_NAMED).join(', ');
  return `${tags.length === 1 ? 'value' : 'values'} of ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

const roughly = (us: number): string =>
  us < 2 * MINUTE_US ? `${Math.max(1, Math.round(us / SECOND_US))} s` : duration(us);

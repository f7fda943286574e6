import type { EventView, Json } from '#contract/client.ts';

/** Once a rule changed its state, and what was written and sent because of it. */
export interface Step {
  readonly event: EventView;
  readonly acts: readonly Act[];
}

/** A write, with the newest that is known of it. */
interface Act {
  readonly id: string;
  readonly path: string;
  readonly value: Json;
  /** `intent` while it goes on. */
  readonly state: string;
  readonly tookMs: number | undefined;
  readonly why: string | undefined;
}

/** Path of the tag that an action of a rule writes. */
export const tagOf = (write: Json | undefined): string | undefined =>
  typeof write === 'object' && write !== null && 'tag' in write
    ? String((write as { tag: Json }).tag)
    : undefined;

/**
 * Puts each write of a rule beside the step that asked for it: the newest one before its intent.
 * @param events of the rule, oldest first @param writes to its tags, by whomever
 */
export function stepsWith(
  rule: string,
  events: readonly EventView[],
  writes: readonly EventView[],
): readonly Step[] {
  const acts = new Map<string, Act & { readonly since: number }>();
  for (const { by, subject, name, id: at, detail = {} } of writes.toSorted((a, b) => a.id - b.id)) {
    if (by !== `rule:${rule}`) continue;
    const key = String(detail.id ?? at);
    const { value = null, tookMs, refusal } = detail;
    acts.set(key, {
      id: key,
      path: subject,
      value,
      state: name.replace('write.', ''),
      tookMs: typeof tookMs === 'number' ? tookMs : undefined,
      why: typeof refusal === 'string' ? refusal : undefined,
      since: acts.get(key)?.since ?? at,
    });
  }
  const ordered = events.toSorted((a, b) => b.id - a.id);
  return ordered.map((event, i) => {
    const until = ordered[i - 1]?.id ?? Number.POSITIVE_INFINITY;
    const own = [...acts.values()].filter(({ since }) => since > event.id && since < until);
    return { event, acts: own };
  });
}

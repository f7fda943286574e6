import { useCallback } from 'react';
import type { EventView, Json, RuleStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useEvents } from '../../data/live.ts';
import { askAgain, type Polled, usePolled } from '../../data/poll.ts';
import { duration, fineMs } from '../../parts/format.ts';

const RULES = 'rules';
const EVERY_MS = 5000;

/** All rules; asked anew as soon as an event tells of one. */
export function useRules(): Polled<readonly RuleStatus[]> {
  useEvents(
    useCallback((events: readonly EventView[]) => {
      if (events.some(({ kind }) => kind === 'rule' || kind === 'config')) askAgain(RULES);
    }, []),
  );
  return usePolled(RULES, (signal) => api.rules(signal), EVERY_MS);
}

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

const MOST_STEPS = 20;
const MOST_WRITES = 200;
const STEPS_EVERY_MS = 30_000;

/** What a rule did last, newest first. */
export function useSteps(rule: RuleStatus): Polled<readonly Step[]> {
  const { id } = rule;
  const key = `rule steps ${id}`;
  useEvents(
    useCallback(
      (events: readonly EventView[]) => {
        const isOurs = ({ kind, subject, by }: EventView) =>
          (kind === 'rule' && subject === id) || (kind === 'write' && by === `rule:${id}`);
        if (events.some(isOurs)) askAgain(key);
      },
      [id, key],
    ),
  );
  return usePolled(key, (signal) => askSteps(rule, signal), STEPS_EVERY_MS);
}

async function askSteps(rule: RuleStatus, signal: AbortSignal): Promise<readonly Step[]> {
  const targets = [...new Set([...rule.do, ...rule.clear].flatMap(({ write }) => tagOf(write) ?? []))];
  const [steps, ...writes] = await Promise.all([
    api.events({ kind: 'rule', subject: rule.id, limit: MOST_STEPS }, signal),
    ...targets.map((subject) => api.events({ kind: 'write', subject, limit: MOST_WRITES }, signal)),
  ]);
  return stepsWith(
    rule.id,
    steps.items,
    writes.flatMap(({ items }) => items),
  );
}

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

/** A delay as the site file has it: some are shorter than a second. */
export const delayText = (ms: number): string => (ms < 1000 ? fineMs(ms) : duration(ms));

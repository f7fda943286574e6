import { useCallback } from 'react';
import type { EventView, RuleStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useEvents } from '../../data/live.ts';
import { askAgain, type Polled, usePolled } from '../../data/poll.ts';
import { duration, fineMs } from '../../parts/format.ts';
import { type Step, stepsWith, tagOf } from './steps.ts';

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

/** A delay as the site file has it: some are shorter than a second. */
export const delayText = (ms: number): string => (ms < 1000 ? fineMs(ms) : duration(ms));

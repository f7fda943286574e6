import type { Intent, Outcome } from '#decide/api.ts';
import { valueToJson } from '#kernel/event.ts';
import type { TagTable } from '#kernel/tag-table.ts';
import type { ReleaseFound, SendFound, What, WriteFound } from '#replay/finding.ts';

type WriteIntent = Extract<Intent['action'], { readonly kind: 'write' }>;

/** Says of a write which limit refuses it, if one does. */
export type Judge = (rule: string, write: WriteIntent) => WriteFound['refused'];

/** What a step led to, in the order in which a site records it. */
export function findingsOf(
  outcome: Outcome,
  table: TagTable,
  judge: Judge,
  shadows: ReadonlyMap<string, unknown>,
): What[] {
  const { rules, alarms, alerts = [], intents, skipped = [] } = outcome;
  const moved = new Set(rules.map(({ id }) => id));
  return [
    ...rules.map((transition): What => ({ kind: 'rule', ...transition })),
    ...skipped.map(
      ({ rule, edge, tag, reason }): What => ({
        kind: 'skipped',
        rule,
        edge,
        ...(tag !== undefined && { tag: table.get(tag).path }),
        reason,
      }),
    ),
    ...alarms.map((transition): What => ({ kind: 'alarm', ...transition })),
    ...alerts.map((transition): What => ({ kind: 'alert', ...transition })),
    ...intents.map((intent) => {
      const what = asked(intent, table, judge, moved);
      return what.kind !== 'release' && shadows.has(intent.rule) ? { ...what, shadow: true as const } : what;
    }),
  ];
}

function asked(
  { rule, action }: Intent,
  table: TagTable,
  judge: Judge,
  moved: ReadonlySet<string>,
): WriteFound | SendFound | ReleaseFound {
  if (action.kind === 'release') return { kind: 'release', rule };
  if (action.kind === 'send') return { kind: 'send', rule, to: action.to };
  const refused = judge(rule, action);
  return {
    kind: 'write',
    rule,
    tag: table.get(action.tag).path,
    value: valueToJson(action.value),
    renewal: !moved.has(rule),
    ...(refused && { refused }),
  };
}

import type { Decisions, SnapshotPart } from '#decide/api.ts';
import { fromParts } from '#decide/parts.ts';
import type { Journal } from '#journal/api.ts';
import type { Json } from '#kernel/event.ts';

/** Keys in the journal's state: one a rule, alarm and detector, so that a change costs what has changed. See docs/formats/journal.md. */
const PREFIX = { rule: 'rule/', alarm: 'alarm/', detector: 'detector/', firstOut: 'first-out' } as const;

/** Key of the sequence of the last entry that what is kept knows of: a replay goes on after a crash with the same. */
export const DECISIONS_SEQ_STATE = 'decisions.seq';

/** What the last run knew of rules and alarms; none of those that are gone need be among the decisions compiled with it. */
export function keptDecisions(state: Journal['opened']['state']): Json {
  return fromParts(
    [...state].flatMap(([key, value]) => {
      const part = partOf(key);
      return part ? [{ ...part, state: value }] : [];
    }),
  );
}

/** Keeps the state of rules and alarms in the journal, part by part. */
export class DecisionState {
  readonly #journal: Pick<Journal, 'opened' | 'state' | 'seq'>;
  /** Those that have something kept. */
  readonly #keys: Set<string>;

  constructor(journal: Pick<Journal, 'opened' | 'state' | 'seq'>) {
    this.#journal = journal;
    this.#keys = new Set([...journal.opened.state.keys()].filter((key) => partOf(key) !== undefined));
  }

  /** Writes what may have changed, after an entry; the journal leaves out what has not. */
  save(decisions: Decisions): void {
    this.#putChanged(decisions);
    this.#journal.state(DECISIONS_SEQ_STATE, this.#journal.seq);
  }

  /**
   * At a start or a change of the site file: writes what may have changed, and forgets what these decisions do not keep: a
   * rule or an alarm that comes back under the name of one that was taken out begins anew.
   */
  saveOnly(decisions: Decisions): void {
    const keys = this.#putChanged(decisions);
    keys.add(PREFIX.firstOut);
    for (const { id } of decisions.rules()) keys.add(PREFIX.rule + id);
    for (const { id } of decisions.alarms()) keys.add(PREFIX.alarm + id);
    for (const { id } of decisions.detectors()) keys.add(PREFIX.detector + id);
    for (const key of [...this.#keys]) if (!keys.has(key)) this.#put(key, undefined);
  }

  /** @returns keys of what is kept of them */
  #putChanged(decisions: Decisions): Set<string> {
    const kept = new Set<string>();
    for (const { kind, id, state } of decisions.takeChanged()) {
      const key = PREFIX[kind] + id;
      this.#put(key, state);
      if (state !== undefined) kept.add(key);
    }
    return kept;
  }

  #put(key: string, state: Json | undefined): void {
    if (state === undefined) this.#keys.delete(key);
    else this.#keys.add(key);
    this.#journal.state(key, state);
  }
}

function partOf(key: string): Pick<SnapshotPart, 'kind' | 'id'> | undefined {
  if (key === PREFIX.firstOut) return { kind: 'firstOut', id: '' };
  for (const kind of ['rule', 'alarm', 'detector'] as const) {
    if (key.startsWith(PREFIX[kind])) return { kind, id: key.slice(PREFIX[kind].length) };
  }
  return undefined;
}

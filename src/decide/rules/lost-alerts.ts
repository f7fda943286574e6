import type { SnapshotPart } from '#decide/api.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import { type Kept, partOf } from '#decide/parts.ts';
import { lastedMs, type Standing, standingOf } from '#decide/rules/alert.ts';
import type { Json } from '#kernel/event.ts';

/** As far as it matters here. */
interface Holder extends Kept {
  readonly hasAlert: boolean;
}

/**
 * Alerts of rules, or of detectors, that stood until a site file came that has them no more. The next step ends them, since it knows the time; until
 * then they are kept like others, so that their end is told even where the site ends before it.
 */
export class LostAlerts {
  readonly #kind: 'rule' | 'detector';
  readonly #standing = new Map<string, Standing>();
  readonly #changed = new Set<string>();

  constructor(kind: 'rule' | 'detector') {
    this.#kind = kind;
  }

  /** @param kept state of those of before, by id @param rules those that there are now */
  find(kept: { readonly [rule: string]: Json }, rules: readonly Holder[]): void {
    this.#standing.clear();
    const here = new Set(rules.flatMap(({ spec, hasAlert }) => (hasAlert ? [spec.id] : [])));
    for (const [id, state] of Object.entries(kept)) {
      const standing = here.has(id) ? undefined : standingOf(fieldsOf(state).alert);
      if (!standing) continue;
      this.#standing.set(id, standing);
      this.#changed.add(id);
    }
  }

  get any(): boolean {
    return this.#standing.size > 0;
  }

  /** Whether {@link takeChanged} has something to tell beside what others changed. */
  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  end(outcome: OutcomeBuilder, atUs: number): void {
    if (!this.any) return;
    for (const [rule, { text, sinceUs }] of this.#standing) {
      const lasted = { text, lastedMs: lastedMs(sinceUs, atUs) };
      outcome.alert({ rule, to: 'ended', cause: 'changed', ...lasted, inputs: [] });
      this.#changed.add(rule);
    }
    this.#standing.clear();
  }

  /** States of rules with the alerts that they have lost; of rules too that are gone. */
  over(states: { readonly [rule: string]: Json }): { readonly [rule: string]: Json } {
    const lost = [...this.#standing.keys()].map((id) => [id, this.#with(id, states[id]) as Json] as const);
    return lost.length === 0 ? states : { ...states, ...Object.fromEntries(lost) };
  }

  /** What is to be kept of rules that changed, and of those whose lost alert did since this was last asked. */
  takeChanged(changed: ReadonlySet<Kept>, rules: readonly Kept[]): SnapshotPart[] {
    const parts = [...changed].map((rule) => partOf(this.#kind, rule));
    for (const id of this.#changed) {
      if (parts.some((part) => part.id === id)) continue;
      const rule = rules.find(({ spec }) => spec.id === id);
      parts.push(rule ? partOf(this.#kind, rule) : { kind: this.#kind, id, state: undefined });
    }
    this.#changed.clear();
    return this.any ? parts.map((part) => ({ ...part, state: this.#with(part.id, part.state) })) : parts;
  }

  #with(rule: string, state: Json | undefined): Json | undefined {
    const alert = this.#standing.get(rule);
    return alert ? { ...fieldsOf(state), alert: { ...alert } } : state;
  }
}

const fieldsOf = (json: Json | undefined): { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [key: string]: Json })
    : {};

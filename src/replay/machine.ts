import { type AlarmAct, type Decisions, isEmpty, type Outcome } from '#decide/api.ts';
import { compileCondition } from '#decide/condition.ts';
import type { LearnedFile } from '#decide/detectors/spec.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { AssetMode, Guard } from '#guard/api.ts';
import { createGuard } from '#guard/guard.ts';
import type { Batch } from '#kernel/batch.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { type Tag, TagTable } from '#kernel/tag-table.ts';
import type { FileChange, ReplayedFile } from '#replay/file.ts';
import type { What, WriteFound } from '#replay/finding.ts';
import { findingsOf } from '#replay/outcome.ts';

const NOTHING: readonly What[] = Object.freeze([]);

/**
 * Rules, alarms, derived tags and limits of one site file, with nothing behind them: what is asked of a machine ends
 * as a finding. They are the very same as those of a running site; only the hands are missing.
 */
export class Machine {
  readonly #table: TagTable;
  #decisions: Decisions;
  readonly #guard: Guard;
  /** Whether there is anything that a write could be asked of: nobody else needs to be shown the rows. */
  #writes: boolean;
  /** Ids of shadows, with the rule that each may replace. */
  #shadows: ReadonlyMap<string, string>;
  #atUs = 0;

  /**
   * @param known tags of the past, with the numbers that its rows carry
   * @param state of rules and alarms to go on with
   * @param assets modes and tag-outs to go on with
   * @throws Fault `site.invalid`
   */
  constructor(file: ReplayedFile, known: Iterable<Tag>, state: Json | undefined, assets: Json | undefined) {
    this.#table = new TagTable(known);
    for (const tag of file.tags) this.#table.declare(tag);
    this.#decisions = compiled(file, this.#table, state);
    this.#writes = hasWrites(file);
    this.#shadows = shadowsOf(file);
    // Nothing leaves here: this guard is asked what it would say, and never to write.
    const nowhere = () => Promise.reject(new Fault('replay.no-machine', 'a replay has no machines'));
    this.#guard = createGuard(
      file.limits(this.#table),
      { steadyUs: () => this.#atUs, send: nowhere, durable: nowhere, record: () => {}, save: () => {} },
      compileCondition,
      this.#table,
      assets,
    );
  }

  get decisions(): Decisions {
    return this.#decisions;
  }

  get table(): TagTable {
    return this.#table;
  }

  /** State of rules and alarms as a restart finds it. */
  state(): Json {
    return JSON.parse(JSON.stringify(this.#decisions.snapshot())) as Json;
  }

  assets(): Json {
    return this.#guard.snapshot();
  }

  batch(batch: Batch, atUs: number): readonly What[] {
    if (batch.late) return NOTHING;
    if (this.#writes) this.#guard.observe(batch, atUs);
    return this.#led(this.#decisions.step(batch, atUs), atUs);
  }

  tick(atUs: number): readonly What[] {
    return this.#led(this.#decisions.advance(atUs), atUs);
  }

  /** @returns undefined where the act does not fit: another file has no such alarm, or it is in another state */
  act(id: string, act: AlarmAct, by: string, atUs: number, comment?: string): readonly What[] | undefined {
    try {
      return this.#led(this.#decisions.operate(id, act, by, atUs, comment), atUs);
    } catch (error) {
      if (error instanceof Fault) return undefined;
      throw error;
    }
  }

  /** A detector goes on with another learned file. */
  learn(detector: string, file: LearnedFile): void {
    this.#decisions.learn(detector, file);
  }

  /** What people did with an asset, as its event tells it; nothing where this file has no such asset. */
  asset({ subject, detail = {} }: SiteEvent): void {
    const { by = '', mode, tagOut, why = '' } = detail as { readonly [key: string]: string | undefined };
    try {
      if (String(tagOut) === 'false') this.#guard.removeTagOut(subject, by);
      if (String(tagOut) === 'true') this.#guard.tagOut(subject, by, why);
      if (mode) this.#guard.setMode(subject, mode as AssetMode, by);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }

  /** Goes over to another file between two entries, as a running site does. */
  change(next: ReplayedFile, { decides, redefined }: FileChange): void {
    if (!decides) return;
    for (const tag of next.tags) this.#table.declare(tag);
    const decisions = compiled(next, new TagTable(this.#table), this.#decisions.snapshot());
    void this.#guard.reconfigure(next.limits(this.#table), undefined, redefined);
    decisions.adopt(this.#decisions, redefined);
    this.#decisions = decisions;
    this.#writes = hasWrites(next);
    this.#shadows = shadowsOf(next);
  }

  #led(outcome: Outcome, atUs: number): readonly What[] {
    if (outcome.derived && this.#writes) this.#guard.observe(outcome.derived, atUs);
    if (isEmpty(outcome)) return NOTHING;
    this.#atUs = atUs;
    return findingsOf(outcome, this.#table, (rule, write) => this.#refusal(rule, write), this.#shadows);
  }

  #refusal(
    rule: string,
    { tag, value, leaseMs }: { tag: number; value: WriteRequestValue; leaseMs?: number },
  ): WriteFound['refused'] {
    const by = { kind: 'rule', name: this.#shadows.get(rule) ?? rule } as const;
    const no = this.#guard.check({ tag, value, leaseMs, by, why: `rule ${rule}` });
    return no && { limit: no.refusal, reason: no.reason };
  }
}

type WriteRequestValue = Parameters<Guard['check']>[0]['value'];

const hasWrites = ({ spec }: ReplayedFile): boolean =>
  spec.rules.some((rule) => [...rule.do, ...rule.clear].some((action) => 'write' in action));

const shadowsOf = ({ spec }: ReplayedFile): Map<string, string> =>
  new Map(spec.rules.flatMap(({ id, shadow, insteadOf }) => (shadow ? [[id, insteadOf ?? id]] : [])));

function compiled(file: ReplayedFile, table: TagTable, state: Json | undefined): Decisions {
  const { decisions, problems } = compileDecisions(file.spec, table, state);
  if (decisions) return decisions;
  const what = problems.map(({ message }) => message).join('; ');
  throw new Fault('site.invalid', what, { retry: 'never' });
}

import type { CompileCondition, Condition } from '#decide/api.ts';
import { newestTimeUs } from '#decide/windows/window-time.ts';
import type { GuardedTag, PresentOf } from '#guard/api.ts';
import { at, type Batch, BatchBuilder } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import type { TagTable } from '#kernel/tag-table.ts';

type Conditions = ReadonlyMap<string, Condition>;

/** The interlock conditions of all tags; equal ones of an asset are kept once. */
export class Interlocks {
  readonly #compile: CompileCondition;
  readonly #table: TagTable;
  #conditions: Conditions = new Map();
  /** Conditions by the number of a tag that they read: a row costs only those. */
  #readersOf: (readonly Condition[] | undefined)[] = [];

  /** @throws Fault `guard.interlock` */
  constructor(tags: readonly GuardedTag[], compile: CompileCondition, table: TagTable) {
    this.#compile = compile;
    this.#table = table;
    this.#use(this.compiled(tags, new Set()));
  }

  /**
   * The conditions of changed tags; nothing is changed yet. Those that are there already go on, unless they read a tag
   * that is to be forgotten.
   * @throws Fault `guard.interlock`
   */
  compiled(tags: readonly GuardedTag[], forgotten: ReadonlySet<number>): Conditions {
    const conditions = new Map<string, Condition>();
    for (const tag of tags) {
      if (tag.interlock === undefined) continue;
      const key = keyOf(tag, tag.interlock);
      if (conditions.has(key)) continue;
      const known = this.#conditions.get(key);
      const goesOn = known && !known.tags.some((one) => forgotten.has(one));
      conditions.set(key, goesOn ? known : this.#condition(tag, tag.interlock));
    }
    return conditions;
  }

  /** Goes over to these conditions. New ones are shown the present values, or else they would block until the next rows. */
  reconfigure(conditions: Conditions, present: PresentOf): void {
    const known = new Set(this.#conditions.values());
    this.#use(conditions);
    for (const condition of conditions.values()) if (!known.has(condition)) show(condition, present);
  }

  observe(batch: Batch, atUs: number): void {
    const readersOf = this.#readersOf;
    let newestUs = Number.NaN;
    for (let i = 0; i < batch.rows; i++) {
      const readers = readersOf[at(batch.tag, i)];
      if (readers === undefined) continue;
      if (Number.isNaN(newestUs)) newestUs = newestTimeUs(batch);
      for (const condition of readers) condition.take(batch, i, newestUs, atUs);
    }
  }

  /** True where a tag has none. */
  state(tag: GuardedTag, nowUs: number): boolean | 'unknown' {
    if (tag.interlock === undefined) return true;
    return this.#conditions.get(keyOf(tag, tag.interlock))?.value(nowUs) ?? 'unknown';
  }

  #use(conditions: Conditions): void {
    this.#conditions = conditions;
    const readers = new Map<number, Condition[]>();
    for (const condition of conditions.values()) {
      for (const tag of condition.tags) readers.set(tag, [...(readers.get(tag) ?? []), condition]);
    }
    const most = [...readers.keys()].reduce((a, b) => Math.max(a, b), -1);
    this.#readersOf = Array.from({ length: most + 1 }, (_, tag) => readers.get(tag));
  }

  #condition({ path, asset }: GuardedTag, interlock: string): Condition {
    const compiled = this.#compile(interlock, asset, this.#table);
    if ('condition' in compiled) return compiled.condition;
    const what = compiled.problems.map((problem) => problem.message).join('; ');
    throw new Fault('guard.interlock', `the interlock of ${path} does not compile: ${what}`, {
      retry: 'never',
      hint: 'holdfast check shows the place in the site file.',
    });
  }
}

/** Shows a condition the present values of its tags, each at the moment of its arrival. */
function show(condition: Condition, present: PresentOf): void {
  const rows = condition.tags.flatMap((tag) => {
    const row = present(tag);
    return row && row.quality !== Quality.badWaitingForInitialData ? [{ tag, ...row }] : [];
  });
  rows.sort((a, b) => a.seenUs - b.seenUs);
  const builder = new BatchBuilder();
  for (const { tag, value, timeUs, quality, seenUs } of rows) {
    builder.addValue(tag, timeUs, value, quality);
    condition.observe(builder.take({ receivedUs: timeUs }), seenUs);
  }
}

const keyOf = (tag: GuardedTag, interlock: string): string => `${tag.asset}\n${interlock}`;

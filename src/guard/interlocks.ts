import type { CompileCondition, Condition } from '#decide/api.ts';
import type { GuardedTag } from '#guard/api.ts';
import type { Batch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** The interlock conditions of all tags; equal ones of an asset are kept once. */
export class Interlocks {
  readonly #conditions = new Map<string, Condition>();

  /** @throws Fault `guard.interlock` */
  constructor(tags: readonly GuardedTag[], compile: CompileCondition, table: TagTable) {
    for (const tag of tags) {
      if (tag.interlock === undefined || this.#conditions.has(keyOf(tag, tag.interlock))) continue;
      const compiled = compile(tag.interlock, tag.asset, table);
      if (!('condition' in compiled)) {
        const what = compiled.problems.map((problem) => problem.message).join('; ');
        throw new Fault('guard.interlock', `the interlock of ${tag.path} does not compile: ${what}`, {
          retry: 'never',
          hint: 'holdfast check shows the place in the site file.',
        });
      }
      this.#conditions.set(keyOf(tag, tag.interlock), compiled.condition);
    }
  }

  observe(batch: Batch, atUs: number): void {
    for (const condition of this.#conditions.values()) condition.observe(batch, atUs);
  }

  /** True where a tag has none. */
  state(tag: GuardedTag, nowUs: number): boolean | 'unknown' {
    if (tag.interlock === undefined) return true;
    return this.#conditions.get(keyOf(tag, tag.interlock))?.value(nowUs) ?? 'unknown';
  }
}

const keyOf = (tag: GuardedTag, interlock: string): string => `${tag.asset}\n${interlock}`;

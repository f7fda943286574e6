import type { TagModel } from '#contract/model.ts';
import type { Guard } from '#guard/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Asker } from '#kernel/command.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/**
 * Who writes heartbeats; they are recorded only when their outcome changes. Known by identity: a person or a rule of
 * this name must not escape the record.
 */
export const HEARTBEAT: Asker = { kind: 'rule', name: 'heartbeat' };
const WRAP = 30_000;

interface Due {
  readonly tag: number;
  readonly everyUs: number;
  nextUs: number;
  count: number;
}

/**
 * Writes a rising count to each heartbeat tag, so that a device can time out by itself: a dead edge or a cut cable
 * cannot write a safe value any more.
 */
export class Heartbeats {
  #due: Due[] = [];
  readonly #clock: Clock;
  readonly #guard: Guard;

  constructor(tags: readonly TagModel[], table: TagTable, clock: Clock, guard: Guard) {
    this.#clock = clock;
    this.#guard = guard;
    this.change(tags, table);
  }

  /** Those of another site file; the counts of tags that have one already go on. */
  change(tags: readonly TagModel[], table: TagTable): void {
    const known = new Map(this.#due.map((one) => [one.tag, one]));
    const nowUs = this.#clock.steadyUs();
    this.#due = tags.flatMap(({ path, heartbeatMs }) => {
      if (heartbeatMs === undefined) return [];
      const tag = table.number(path);
      const everyUs = heartbeatMs * 1000;
      const { nextUs = Number.POSITIVE_INFINITY, count = 0 } = known.get(tag) ?? {};
      return [{ tag, everyUs, nextUs: Math.min(nextUs, nowUs + everyUs), count }];
    });
  }

  get nextUs(): number {
    return this.#due.reduce((next, one) => Math.min(next, one.nextUs), Number.POSITIVE_INFINITY);
  }

  advance(): void {
    const nowUs = this.#clock.steadyUs();
    for (const one of this.#due) {
      if (one.nextUs > nowUs) continue;
      one.nextUs = nowUs + one.everyUs;
      one.count = (one.count + 1) % WRAP;
      void this.#guard.write({ tag: one.tag, value: one.count, by: HEARTBEAT, why: 'heartbeat' });
    }
  }
}

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

/**
 * Writes a rising count to each heartbeat tag, so that a device can time out by itself: a dead edge or a cut cable
 * cannot write a safe value any more.
 */
export class Heartbeats {
  readonly #due: { readonly tag: number; readonly everyUs: number; nextUs: number; count: number }[];
  readonly #clock: Clock;
  readonly #guard: Guard;

  constructor(tags: readonly TagModel[], table: TagTable, clock: Clock, guard: Guard) {
    this.#clock = clock;
    this.#guard = guard;
    this.#due = tags.flatMap(({ path, heartbeatMs }) =>
      heartbeatMs === undefined
        ? []
        : [
            {
              tag: table.number(path),
              everyUs: heartbeatMs * 1000,
              nextUs: clock.steadyUs() + heartbeatMs * 1000,
              count: 0,
            },
          ],
    );
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

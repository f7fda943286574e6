import type { SiteEvent } from '#kernel/event.ts';

/** How often a rule was switched on since start, and when last. */
export interface Firings {
  readonly firings: number;
  /** Wall clock. */
  readonly lastOnUs: number;
}

/** Counts what rules do, from the events that tell of it. */
export class RuleTally {
  readonly #byRule = new Map<string, { firings: number; lastOnUs: number }>();

  take({ name, subject, timeUs }: SiteEvent): void {
    if (name !== 'rule.on') return;
    const known = this.#byRule.get(subject);
    if (known) {
      known.firings++;
      known.lastOnUs = timeUs;
    } else this.#byRule.set(subject, { firings: 1, lastOnUs: timeUs });
  }

  of(rule: string): Firings | undefined {
    return this.#byRule.get(rule);
  }
}

import assert from 'node:assert/strict';
import type { Autonomy } from '#contract/autonomy.ts';

/** The budget of a site at one moment, and what it had lost by then. */
interface Look {
  readonly budget: Autonomy;
  readonly lostRows: number;
}

const DAY_US = 86_400e6;
/** The rate of yesterday is not that of tomorrow: so far from its day may an end be. */
const SLACK = 0.25;

/** Holds what an autonomy budget said against what happened then. */
export class Foretold {
  #looks: Look[] = [];
  #lostDay: number | undefined;
  #saidDay: number | undefined;

  /** @param lostRows since the site was first started */
  look(budget: Autonomy, lostRows: number): void {
    const last = this.#looks.at(-1);
    if (lostRows > 0 && last?.lostRows === 0) this.#lost(budget.atUs);
    this.#looks.push({ budget, lostRows });
    for (const { reason, subject, days, counts } of budget.lines)
      assert.ok(!counts || days !== 0, `the site runs, and ${reason} of ${subject} has ended`);
  }

  /** @throws what the budget did not say, or said for nothing */
  end(): string {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    assert.ok(first && last, 'nobody looked at the budget');
    if (this.#lostDay === undefined) {
      const due = this.#looks.flatMap(({ budget }) => dueUs(budget) ?? []).at(-1);
      const lasted = due === undefined || due > last.budget.atUs - slackUs(first, last.budget.atUs);
      assert.ok(lasted, 'the budget said that samples go, and none went');
      return 'nothing was lost, as the budget had said';
    }
    return `the first samples went ${this.#lostDay.toFixed(1)} days after the first look; a day and more before, the budget had said ${this.#saidDay?.toFixed(1)}`;
  }

  /** Losses begin: every budget that knew a rate must have had that day, about, for the end of what is kept. */
  #lost(atUs: number): void {
    const [first] = this.#looks;
    assert.ok(first);
    const early = this.#looks.filter(({ budget }) => atUs - budget.atUs >= DAY_US && budget !== first.budget);
    assert.ok(early.length > 0, 'samples went before the budget could have said it');
    for (const { budget } of early) {
      const due = dueUs(budget);
      assert.ok(due !== undefined, 'samples went, and the budget did not know that any would');
      const byDays = (due - atUs) / DAY_US;
      const slack = slackUs(first, atUs);
      assert.ok(Math.abs(due - atUs) < slack, `the budget was wrong by ${byDays.toFixed(1)} days`);
    }
    this.#lostDay = (atUs - first.budget.atUs) / DAY_US;
    const said = early.map(({ budget }) => dueUs(budget) ?? 0).at(-1) ?? 0;
    this.#saidDay = (said - first.budget.atUs) / DAY_US;
  }
}

const slackUs = (first: Look, atUs: number): number => DAY_US + SLACK * (atUs - first.budget.atUs);

/** When the journal's oldest samples go, as the budget says it. */
function dueUs({ atUs, lines }: Autonomy): number | undefined {
  const line = lines.find(({ reason, subject }) => reason === 'retention' && subject === 'journal');
  return line?.days === undefined ? undefined : atUs + line.days * DAY_US;
}

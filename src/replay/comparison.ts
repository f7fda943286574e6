import type { BacktestDifference, BacktestSubject } from '#contract/backtest.ts';
import type { AlarmState } from '#decide/api.ts';
import { Activity } from '#replay/activity.ts';
import { type Finding, keyOf, subjectOf, type What } from '#replay/finding.ts';

export type Side = 'file' | 'past';

/**
 * Two sides found the same where both have it within this time: a live site ends a delay when its timer wakes, a replay
 * when it is due.
 */
const SAME_WITHIN_US = 1_000_000;
const MOST_LISTED = 1000;

/** Writes and messages take a moment, rules and alarms last. */
const isMoment = (kind: BacktestSubject['kind']): boolean => kind === 'write' || kind === 'send';

/** Holds what a file finds against the past while both go on: counts, spans, differences. */
export class Comparison {
  readonly differences: BacktestDifference[] = [];
  differenceCount = 0;
  readonly #fromUs: number;
  readonly #subjects = new Map<string, { kind: BacktestSubject['kind']; id: string; to?: string } & Sides>();
  /** What the other side has not shown yet, oldest first. */
  readonly #open: { readonly [side in Side]: Finding[] } = { file: [], past: [] };

  /** @param fromUs wall clock; what comes before only says how things stood then */
  constructor(fromUs: number) {
    this.#fromUs = fromUs;
  }

  add(side: Side, found: Finding): void {
    const { what, timeUs } = found;
    if (what.kind === 'release' || what.kind === 'skipped') return;
    if (what.kind === 'write' && what.renewal) return;
    const activity = this.#activity(side, what);
    if (what.kind === 'rule') activity.change(what.from === 'on', what.to === 'on', timeUs);
    else if (what.kind === 'alert') activity.change(what.to === 'ended', what.to === 'began', timeUs);
    else if (what.kind === 'alarm') activity.change(isActive(what.from), isActive(what.to), timeUs);
    else activity.moment(timeUs, what.kind === 'write' && what.refused !== undefined);
    if (timeUs >= this.#fromUs) this.#match(side, found);
  }

  /** Time has come to here: what only one side has by now is a difference. */
  pass(atUs: number): void {
    const { file, past } = this.#open;
    if (file.length + past.length > 0) this.#settle(atUs - SAME_WITHIN_US);
  }

  subjects(toUs: number): BacktestSubject[] {
    this.#settle(Number.POSITIVE_INFINITY);
    return [...this.#subjects.values()]
      .map(({ kind, id, to, file, past }) => ({
        kind,
        id,
        ...(to !== undefined && { to }),
        file: file?.tally(toUs, isMoment(kind)),
        past: past?.tally(toUs, isMoment(kind)),
      }))
      .filter(({ file, past }) => hasSomething(file) || hasSomething(past));
  }

  #activity(side: Side, what: Shown): Activity {
    const to = what.kind === 'write' ? what.tag : what.kind === 'send' ? what.to : undefined;
    const id = subjectOf(what);
    const key = `${what.kind} ${id} ${to ?? ''}`;
    let subject = this.#subjects.get(key);
    if (!subject) {
      subject = { kind: what.kind, id, ...(to !== undefined && { to }), file: undefined, past: undefined };
      this.#subjects.set(key, subject);
    }
    subject[side] ??= new Activity(this.#fromUs);
    return subject[side];
  }

  #match(side: Side, found: Finding): void {
    const others = this.#open[side === 'file' ? 'past' : 'file'];
    const key = keyOf(found.what);
    const same = others.findIndex(
      (other) => Math.abs(other.atUs - found.atUs) <= SAME_WITHIN_US && keyOf(other.what) === key,
    );
    if (same >= 0) others.splice(same, 1);
    else this.#open[side].push(found);
  }

  #settle(beforeUs: number): void {
    const settled: BacktestDifference[] = [];
    for (const side of ['file', 'past'] as const) {
      const open = this.#open[side];
      const rest = open.findIndex(({ atUs }) => atUs >= beforeUs);
      const over = open.splice(0, rest < 0 ? open.length : rest);
      settled.push(...over.map((found) => differenceOf(side, found)));
    }
    this.differenceCount += settled.length;
    settled.sort((a, b) => a.timeUs - b.timeUs);
    this.differences.push(...settled.slice(0, MOST_LISTED - this.differences.length));
  }
}

interface Sides {
  file: Activity | undefined;
  past: Activity | undefined;
}

type Shown = Exclude<What, { readonly kind: 'release' | 'skipped' }>;

const hasSomething = (tally: BacktestSubject['file']): boolean =>
  tally !== undefined && tally.count + tally.spans.length > 0;

/** Asks for somebody, or would if somebody had not answered already. */
const isActive = (state: AlarmState): boolean => state === 'unacknowledged' || state === 'acknowledged';

function differenceOf(side: Side, { timeUs, what }: Finding): BacktestDifference {
  const { kind } = what as Shown;
  const base = { timeUs, in: side, kind, id: subjectOf(what) };
  if (what.kind === 'write') {
    const { refused, value, tag } = what;
    const text = `${tag} = ${typeof value === 'string' ? value : JSON.stringify(value)}`;
    return { ...base, what: text, value, ...(refused && { refused: `${refused.limit}: ${refused.reason}` }) };
  }
  if (what.kind === 'send') return { ...base, what: `message to ${what.to}` };
  if (what.kind === 'alert') return { ...base, what: `${what.to}: ${what.text}` };
  const { from, to } = what as Extract<What, { readonly kind: 'rule' | 'alarm' }>;
  return { ...base, what: `${from} → ${to}` };
}

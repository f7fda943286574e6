import type { PeriodFinding } from '#contract/learning.ts';
import { percent } from '#decide/detectors/words.ts';
import { openReader } from '#journal/reader.ts';
import type { SiteEvent } from '#kernel/event.ts';

export interface ToldAsked {
  readonly journalDir: string;
  /** The detector itself. */
  readonly detector: string;
  /** Alarms that are about the same machine. */
  readonly alarms: readonly string[];
  readonly fromUs: number;
  readonly toUs: number;
}

const EVENTS_AT_ONCE = 1000;
/** States in which the condition of an alarm holds. */
const RAISED: ReadonlySet<unknown> = new Set(['unacknowledged', 'acknowledged']);

/** What alarms and people said of a time: that it may not have been good running. */
export function toldOf(asked: ToldAsked): PeriodFinding[] {
  using reader = openReader(asked.journalDir);
  const told = new Told(asked);
  let firstUs: number | undefined;
  for (let after = 0; ; ) {
    const events = reader.events(after, EVENTS_AT_ONCE);
    const last = events.at(-1);
    if (!last) break;
    firstUs ??= events[0]?.event.timeUs;
    for (const { event } of events) told.take(event);
    after = last.seq;
  }
  return [...told.findings(), ...unknownBefore(asked, firstUs)];
}

class Told {
  readonly #asked: ToldAsked;
  readonly #alarms: ReadonlySet<string>;
  /** Of each alarm since when it stands, and for how long it stood in the period. */
  readonly #since = new Map<string, number>();
  readonly #stoodUs = new Map<string, number>();
  /** Findings of the detector by their begin: until when, and what people said of them last. */
  readonly #found = new Map<number, { endUs: number; verdict?: string }>();

  constructor(asked: ToldAsked) {
    this.#asked = asked;
    this.#alarms = new Set(asked.alarms);
  }

  take({ name, subject, timeUs, detail = {} }: SiteEvent): void {
    if (this.#alarms.has(subject) && name.startsWith('alarm.') && 'to' in detail) {
      if (RAISED.has(detail.to)) {
        if (!this.#since.has(subject)) this.#since.set(subject, timeUs);
      } else this.#ended(subject, timeUs);
    }
    if (subject !== this.#asked.detector) return;
    if (name === 'alert.began') this.#found.set(timeUs, { endUs: Number.POSITIVE_INFINITY });
    if (name === 'alert.ended') {
      const open = [...this.#found.values()].find(({ endUs }) => endUs === Number.POSITIVE_INFINITY);
      if (open) open.endUs = timeUs;
    }
    if (name === 'alert.judged' && typeof detail.sinceUs === 'number') {
      const found = this.#found.get(detail.sinceUs);
      if (found) found.verdict = String(detail.verdict);
    }
  }

  #ended(alarm: string, timeUs: number): void {
    const sinceUs = this.#since.get(alarm);
    this.#since.delete(alarm);
    if (sinceUs === undefined) return;
    const { fromUs, toUs } = this.#asked;
    const stoodUs = Math.min(timeUs, toUs) - Math.max(sinceUs, fromUs);
    if (stoodUs > 0) this.#stoodUs.set(alarm, (this.#stoodUs.get(alarm) ?? 0) + stoodUs);
  }

  *findings(): Iterable<PeriodFinding> {
    const { fromUs, toUs } = this.#asked;
    for (const alarm of [...this.#since.keys()]) this.#ended(alarm, toUs);
    for (const [alarm, us] of this.#stoodUs) {
      const share = us / (toUs - fromUs);
      const text = `the alarm ${alarm} stood in ${percent(share)} of the time`;
      yield { what: 'alarms', fit: 'doubtful', share, text };
    }
    const judged = [...this.#found].filter(
      ([sinceUs, { endUs, verdict }]) => verdict === 'true' && sinceUs < toUs && endUs > fromUs,
    );
    if (judged.length > 0)
      yield {
        ...{ what: 'alarms', fit: 'doubtful' },
        text: `${judged.length === 1 ? 'a finding of this time was' : `${judged.length} findings of this time were`} judged true: it was no good running`,
      };
  }
}

function unknownBefore({ fromUs }: ToldAsked, firstUs: number | undefined): PeriodFinding[] {
  if (firstUs !== undefined && firstUs <= fromUs) return [];
  const since = firstUs === undefined ? '' : ` before ${new Date(firstUs / 1000).toISOString()}`;
  return [{ what: 'alarms', fit: 'fit', text: `which alarms stood${since} is not kept: nobody can tell` }];
}

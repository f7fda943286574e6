import type { Verdict } from '#contract/api.ts';
import type { Journal } from '#journal/api.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

/** Something that a detector found. Wall clock. */
interface Finding {
  readonly sinceUs: number;
  endedUs?: number;
  /** The newest word of people. */
  verdict?: Verdict;
}

type Tally = { findings: number } & { [verdict in Verdict]: number };

interface Entry {
  /** Since when findings are counted. */
  sinceUs: number;
  /** The newest ones, oldest first. */
  readonly list: Finding[];
  /** Those that were counted and are no more in the list. */
  dropped: Tally;
}

/** How often a detector was right. */
export interface Figures extends Tally {
  readonly sinceUs: number;
  /** Of which nobody has said anything. */
  readonly open: number;
  readonly falsePerWeek: number;
}

/** Keys in the journal's state, one a detector; see docs/formats/journal.md. */
const PREFIX = 'findings/';
const MOST_LISTED = 100;
const WEEK_US = 7 * 86_400e6;
/** A verdict names a finding by when it began; two that read that time from different places may differ by this. */
const SAME_WITHIN_US = 2e6;

/**
 * What detectors found and what people said of it, counted from the events that tell of it and kept in the commit of
 * each. Counting begins anew when a detector learns: how often it was right before says nothing of how it is now.
 */
export class FindingRecord {
  readonly #journal: Pick<Journal, 'state'>;
  readonly #entries = new Map<string, Entry>();

  constructor(journal: Pick<Journal, 'state' | 'opened'>) {
    this.#journal = journal;
    for (const [key, value] of journal.opened.state) {
      if (key.startsWith(PREFIX)) this.#entries.set(key.slice(PREFIX.length), value as unknown as Entry);
    }
  }

  /** Counting begins with the first time that a detector is there. */
  begin(ids: Iterable<string>, nowUs: number): void {
    for (const id of ids) if (!this.#entries.has(id)) this.#put(id, newEntry(nowUs));
  }

  learned(id: string, nowUs: number): void {
    const list = this.#entries.get(id)?.list ?? [];
    this.#put(id, { ...newEntry(nowUs), list });
  }

  take({ kind, name, subject, timeUs, detail = {} }: SiteEvent): void {
    if (kind !== 'alert') return;
    const entry = this.#entries.get(subject);
    if (!entry) return;
    if (name === 'alert.began' || name === 'alert.would-begin') this.#began(entry, timeUs);
    else if (name === 'alert.ended' || name === 'alert.would-end') {
      const standing = entry.list.findLast(({ endedUs }) => endedUs === undefined);
      if (standing) standing.endedUs = timeUs;
    } else if (name === 'alert.judged') {
      const { sinceUs, verdict } = detail as { sinceUs: number; verdict: Verdict };
      const judged = entry.list.find((one) => one.sinceUs === sinceUs);
      if (judged) judged.verdict = verdict;
    } else return;
    this.#put(subject, entry);
  }

  /**
   * The finding that began then; the newest one where nothing is said.
   * @throws Fault `detector.no-finding`
   */
  finding(id: string, sinceUs: number | undefined): Finding {
    const found = sinceUs === undefined ? this.#entries.get(id)?.list.at(-1) : this.find(id, sinceUs);
    if (found) return found;
    const when = sinceUs === undefined ? '' : ` that began ${new Date(sinceUs / 1000).toISOString()}`;
    throw new Fault('detector.no-finding', `${id} has no finding${when}`, {
      retry: 'never',
      hint: `Its last ${MOST_LISTED} findings can be judged; holdfast alerts lists what stands, and what is over with --ended.`,
    });
  }

  /** The finding that began then, or nearly so. */
  find(id: string, sinceUs: number): Finding | undefined {
    const list = this.#entries.get(id)?.list ?? [];
    return list.findLast((one) => Math.abs(one.sinceUs - sinceUs) <= SAME_WITHIN_US);
  }

  /** The finding that stands. */
  standing(id: string): Finding | undefined {
    return this.#entries.get(id)?.list.findLast(({ endedUs }) => endedUs === undefined);
  }

  figures(id: string, nowUs: number): Figures {
    const { sinceUs, list, dropped } = this.#entries.get(id) ?? newEntry(nowUs);
    const sum = { ...dropped };
    for (const one of list) if (one.sinceUs >= sinceUs) count(sum, one);
    const weeks = Math.max(1, (nowUs - sinceUs) / WEEK_US);
    const open = sum.findings - sum.true - sum.false - sum.known;
    return { ...sum, sinceUs, open, falsePerWeek: Number((sum.false / weeks).toPrecision(4)) };
  }

  #began(entry: Entry, sinceUs: number): void {
    entry.list.push({ sinceUs });
    if (entry.list.length <= MOST_LISTED) return;
    const [oldest] = entry.list.splice(0, 1);
    if (oldest && oldest.sinceUs >= entry.sinceUs) count(entry.dropped, oldest);
  }

  #put(id: string, entry: Entry): void {
    this.#entries.set(id, entry);
    this.#journal.state(PREFIX + id, structuredClone(entry) as unknown as Json);
  }
}

const newEntry = (sinceUs: number): Entry => ({
  sinceUs,
  list: [],
  dropped: { findings: 0, true: 0, false: 0, known: 0 },
});

function count(tally: Tally, { verdict }: Finding): void {
  tally.findings++;
  if (verdict) tally[verdict]++;
}

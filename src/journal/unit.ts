import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { CursorMove, Handled } from './accounts.ts';
import type { DeadLetter } from './api.ts';
import { MOST_DEAD_LETTERS } from './dead-letters.ts';
import { EventGather } from './event-columns.ts';
import { mergeGaps, touches } from './gaps.ts';
import { type Gather, MarkKind } from './gather.ts';
import type { SourceName, UnitMessage } from './message.ts';
import { EVENTS_SOURCE } from './removal.ts';
import { addCounts, hourOf, NO_TAG, type TagCounts } from './tag-counts.ts';

export type Settled = (result: 'durable' | Fault) => void;

/** Above this many gaps in one unit, further ones of the same kind are merged whatever their distance. */
const MAX_GAPS = 1000;

/** What is gathered until the next commit: rows in order, and all that must become durable with them. */
export class Unit {
  readonly gather: Gather;
  /** Given when it is first handed over. */
  number = 0;
  seq = 0;
  steadyUs = 0;
  wallUs = 0;
  ticks = 0;
  readonly events = new EventGather();
  readonly gaps: Gap[] = [];
  readonly tags = new Map<number, Tag>();
  readonly sources: SourceName[] = [];
  stateAnew = false;
  readonly state = new Map<string, string | undefined>();
  readonly cursors = new Map<string, CursorMove | undefined>();
  readonly deadLetters: DeadLetter[] = [];
  deadLettersDropped = 0;
  /** Samples given to be stored, those told as lost instead, and holes of which nobody knows how many. */
  #given = 0;
  #lost = 0;
  #unknown = 0;
  readonly #losses = new Map<number, TagCounts>();
  waiters: Settled[] = [];
  /** Somebody wants it on disk now. */
  isWanted = false;

  constructor(gather: Gather, seq: number) {
    this.gather = gather;
    this.seq = seq;
  }

  /** Anything to be written at all. */
  get isEmpty(): boolean {
    return !this.isUrgent && this.gather.marks === 0;
  }

  /** More than ticks, which alone are not worth an fsync each. */
  get isUrgent(): boolean {
    return (
      this.gather.marks > this.ticks ||
      this.gaps.length > 0 ||
      this.tags.size > 0 ||
      this.sources.length > 0 ||
      this.stateAnew ||
      this.state.size > 0 ||
      this.cursors.size > 0 ||
      this.deadLetters.length > 0
    );
  }

  get bytes(): number {
    return this.gather.bytes + this.events.bytes;
  }

  get nextSeq(): number {
    return this.seq + this.gather.marks;
  }

  /** Time that a mark carries. */
  seen(atUs: number, wallUs = 0): void {
    if (atUs > this.steadyUs) this.steadyUs = atUs;
    if (wallUs > this.wallUs) this.wallUs = wallUs;
  }

  addEvent(body: string, atUs: number, wallUs: number): void {
    this.events.add(this.nextSeq, atUs, body);
    this.gather.point(MarkKind.event, atUs);
    this.seen(atUs, wallUs);
  }

  /** Samples on their way into a block. */
  given(rows: number): void {
    this.#given += rows;
  }

  /** The moves of a cursor since the last commit become one. */
  moveCursor(name: string, at: number, handled: Handled | undefined): void {
    const before = this.cursors.get(name);
    const { delivered, rejected = 0, leftOut = 0, total, lost = 0 }: Partial<CursorMove> = handled ?? {};
    this.cursors.set(name, {
      at,
      delivered: before && before.at > 0 ? sum(before.delivered, delivered) : delivered,
      total: total ?? before?.total,
      rejected: rejected + (before?.rejected ?? 0),
      leftOut: leftOut + (before?.leftOut ?? 0),
      lost: lost + (before?.lost ?? 0),
    });
  }

  /** @param counts of which tags the samples are, by hour, where that is known */
  addGap(gap: Gap, counts?: ReadonlyMap<number, TagCounts>): void {
    if (isBeforeStored(gap)) {
      this.#lost += gap.count ?? 0;
      if (gap.count === undefined) this.#unknown++;
      for (const [hourUs, byTag] of counts ?? countsOfGap(gap)) {
        const known = this.#losses.get(hourUs);
        if (known) addCounts(known, byTag);
        else this.#losses.set(hourUs, new Map(byTag));
      }
    }
    const last = this.gaps.at(-1);
    const same = last && last.source === gap.source && last.reason === gap.reason;
    if (last && (touches(last, gap) || (same && this.gaps.length >= MAX_GAPS))) {
      this.gaps[this.gaps.length - 1] = mergeGaps(last, gap);
    } else this.gaps.push(gap);
  }

  /** One unit keeps no more of them than the table would. */
  addDeadLetter(letter: DeadLetter): void {
    this.deadLetters.push(letter);
    if (this.deadLetters.length <= MOST_DEAD_LETTERS) return;
    this.deadLetters.shift();
    this.deadLettersDropped++;
  }

  message(): UnitMessage {
    const { events, gaps, sources, stateAnew, state, cursors, deadLetters, deadLettersDropped } = this;
    return {
      unit: this.number,
      seq: this.seq,
      columns: this.gather.handOver(),
      extras: {
        events: events.handOver(),
        gaps,
        tags: [...this.tags.values()],
        sources,
        stateAnew,
        state,
        cursors,
        deadLetters,
        deadLettersDropped,
        tally: {
          acquired: this.#given + this.#lost,
          lost: this.#lost,
          unknown: this.#unknown,
          losses: this.#losses,
        },
      },
      steadyUs: this.steadyUs,
      wallUs: this.wallUs,
    };
  }
}

/** Nobody counted some of them: then nobody counted them all. */
const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

/** What is missing at one sink only, or counts events, is another part of the ledger. */
const isBeforeStored = ({ source, reason }: Gap): boolean =>
  source !== EVENTS_SOURCE && reason !== 'too-large';

/** What a source says is missing: of which of several tags, nobody knows. */
function countsOfGap({ count, tags, toUs }: Gap): readonly (readonly [number, TagCounts])[] {
  if (!count) return [];
  const [only = NO_TAG] = tags !== 'all' && tags.length === 1 ? tags : [];
  return [[hourOf(toUs), new Map([[only, count]])]];
}

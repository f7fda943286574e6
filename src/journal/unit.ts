import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { DeadLetter } from './api.ts';
import { MOST_DEAD_LETTERS } from './dead-letters.ts';
import { EventGather } from './event-columns.ts';
import { mergeGaps, touches } from './gaps.ts';
import { type Gather, MarkKind } from './gather.ts';
import type { SourceName, UnitMessage } from './message.ts';

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
  readonly cursors = new Map<string, number | undefined>();
  readonly deadLetters: DeadLetter[] = [];
  deadLettersDropped = 0;
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

  addGap(gap: Gap): void {
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
      },
      steadyUs: this.steadyUs,
      wallUs: this.wallUs,
    };
  }
}

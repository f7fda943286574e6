import type { GuardedTag, GuardPorts, PresentOf } from '#guard/api.ts';
import type { Assets, ModeOf, TagOutOf } from '#guard/assets.ts';
import type { Interlocks } from '#guard/interlocks.ts';
import type { Lease, Leases } from '#guard/leases.ts';
import { Present } from '#guard/present.ts';
import { Written } from '#guard/written.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import type { Asker } from '#kernel/command.ts';

/** What somebody asks for; `value` is undefined when what was asked does not fit the tag's type. */
export interface Ask {
  readonly tag: GuardedTag;
  readonly asked: number | Value;
  readonly value: number | Value | undefined;
  readonly by: Asker;
  readonly why: string;
  readonly leaseMs: number | undefined;
}

/** All that the checks look at; made anew for every look, so that a check cannot see anything stale. */
export interface Situation extends Ask {
  readonly mode: ModeOf;
  readonly tagOut: TagOutOf | undefined;
  readonly hasAuthority: boolean;
  readonly remoteWrites: boolean;
  readonly shadow: boolean;
  readonly lease: Lease | undefined;
  /** What keeps the tag, or the guard as a whole, from taking one more write now. */
  readonly busy: string | undefined;
  interlock(): boolean | 'unknown';
  /** Measured value of the tag, or else of its feedback. */
  readonly present: number | Value | undefined;
  /** What was written last, while no row has come since that could show it. */
  readonly unseen: number | Value | undefined;
  /** Since the last write that left for this tag; Infinity when there was none. */
  readonly sinceWriteUs: number;
}

/** What the guard knows of the plant: measured values, values written, interlocks. */
export class Plant {
  readonly present: Present;
  readonly written = new Written();
  readonly #interlocks: Interlocks;

  constructor(tags: readonly GuardedTag[], interlocks: Interlocks) {
    this.present = new Present(watched(tags));
    this.#interlocks = interlocks;
  }

  observe(batch: Batch, atUs: number): void {
    this.present.observe(batch, atUs);
    this.#interlocks.observe(batch, atUs);
  }

  /**
   * @param letGo ends what is under way on tags that change, between the check and the change; says which these are
   * @throws Fault `guard.interlock` before anything has changed
   */
  reconfigure(
    tags: readonly GuardedTag[],
    present: PresentOf,
    forgotten: ReadonlySet<number>,
    letGo: () => readonly number[],
  ): void {
    const conditions = this.#interlocks.compiled(tags, forgotten);
    const changed = letGo();
    this.present.reconfigure(watched(tags), present, forgotten);
    for (const tag of changed) this.written.forget(tag);
    const known: PresentOf = (tag) => (forgotten.has(tag) ? undefined : present(tag));
    this.#interlocks.reconfigure(conditions, known);
  }

  look(tag: GuardedTag, nowUs: number): Pick<Situation, 'interlock' | 'present' | 'unseen' | 'sinceWriteUs'> {
    const own = this.present.measured(tag.tag);
    const shownOn = own || !tag.feedback ? tag.tag : tag.feedback.tag;
    return {
      interlock: () => this.#interlocks.state(tag, nowUs),
      present: this.present.measured(shownOn)?.value,
      unseen: this.written.unseen(tag.tag, shownOn, this.present),
      sinceWriteUs: this.written.sinceUs(tag.tag, nowUs),
    };
  }
}

/** Tags whose values the limits look at: those of tags that nobody may write are of no concern. */
const watched = (tags: readonly GuardedTag[]): number[] =>
  tags.flatMap(({ tag, writable, feedback }) => {
    if (!writable) return [];
    return feedback ? [tag, feedback.tag] : [tag];
  });

/** The rights around a tag at this moment. */
export function rights(
  tag: GuardedTag,
  ports: GuardPorts,
  assets: Assets,
  leases: Leases,
): Pick<Situation, 'mode' | 'tagOut' | 'hasAuthority' | 'remoteWrites' | 'shadow' | 'lease'> {
  return {
    mode: assets.modeOf(tag.asset),
    tagOut: assets.tagOutOf(tag.asset),
    hasAuthority: ports.hasAuthority?.() ?? true,
    remoteWrites: ports.remoteWrites ?? false,
    shadow: ports.shadow ?? false,
    lease: leases.get(tag.tag),
  };
}

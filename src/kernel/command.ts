import type { Value } from '#kernel/batch.ts';

/** Who or what asks for a write. */
export interface Asker {
  readonly kind: 'rule' | 'operator' | 'lease' | 'remote';
  /** Rule id, user name, token name. */
  readonly name: string;
}

/** A write to a tag that the guard has let through; what a source is handed. */
export interface Command {
  /** Unique within the site, ascending. */
  readonly id: number;
  readonly tag: number;
  /** In the tag's own unit; the edge has undone the scale: `raw` is what the device gets. */
  readonly value: number | Value;
  readonly raw: number | Value;
  readonly by: Asker;
  readonly why: string;
  /** Steady time after which it must not be sent any more; a command is never executed late. */
  readonly deadlineUs: number;
}

/** What a source says of a command. An echo of the device is `sent`; only a feedback tag makes it confirmed. */
export interface WriteResult {
  readonly state: 'sent' | 'refused' | 'failed' | 'unknown';
  readonly reason?: string;
  /** What the device said when it was asked for the value after a good write, raw; absent where it says nothing. */
  readonly readBack?: number | Value;
}

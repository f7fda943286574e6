/** A counted hole in what is kept. There is no silent loss: whoever drops samples says so with one of these. */
export interface Gap {
  /** Source that knew of the hole; absent where the site itself lost rows (quota, full disk). */
  readonly source?: string;
  /** Tags concerned; `all` where the holder cannot tell them apart. */
  readonly tags: readonly number[] | 'all';
  readonly fromUs: number;
  readonly toUs: number;
  /** Samples lost; undefined where nobody can know (an OPC UA overflow bit, a device that was silent). */
  readonly count: number | undefined;
  readonly reason: GapReason;
}

export type GapReason =
  | 'device-silent'
  | 'site-down'
  | 'device-overflow'
  | 'inbox-full'
  | 'undecodable'
  /** Read under an earlier configuration of its tag, whose rows mean something else now. */
  | 'config-changed'
  /** Rows that found no room in the window because the disk took none: it had no space, allowed no writing, … */
  | 'disk-full'
  | 'disk-read-only'
  /** … had not finished a commit for seconds, */
  | 'disk-stalled'
  /** … or failed in another way; the fault of the journal said how. */
  | 'disk-failing'
  /** The thread of the journal had died, and its successor had not caught up. */
  | 'journal-restarting'
  /** Rows came faster than a healthy disk takes them. */
  | 'too-fast'
  /** Larger than what the way to the hub takes in one piece: kept at the site, missing at the hub. */
  | 'too-large'
  | 'quota'
  | 'age'
  | 'journal-damaged'
  /** Kept by the box that a backup was made of, and left out of the backup. */
  | 'not-in-backup'
  | 'historian-damaged';

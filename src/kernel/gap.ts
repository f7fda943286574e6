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
  | 'disk-full'
  | 'quota'
  | 'age'
  | 'journal-damaged'
  /** Kept by the box that a backup was made of, and left out of the backup. */
  | 'not-in-backup';

import type { DecisionSpec } from '#decide/api.ts';
import type { GuardedTag } from '#guard/api.ts';
import type { TagInfo, TagTable } from '#kernel/tag-table.ts';

/** A site file as far as a replay needs it: what decides, on which tags, within which limits. */
export interface ReplayedFile {
  /** SHA-256 of its text. */
  readonly digest: string;
  readonly tags: readonly TagInfo[];
  readonly spec: DecisionSpec;
  /** @param table holds all of the tags */
  limits(table: TagTable): readonly GuardedTag[];
}

/** What going over from one file to another meant for the running site. */
export interface FileChange {
  /** Whether anything changed that decisions or limits are made of; otherwise nothing was touched. */
  readonly decides: boolean;
  /** Tags whose rows mean something else from then on. */
  readonly redefined: ReadonlySet<number>;
}

/** The files that decided in the past, for a replay that follows them. */
export interface FileHistory {
  /** @throws Fault `replay.unknown-file` */
  file(digest: string): ReplayedFile;
  change(before: ReplayedFile, after: ReplayedFile, table: TagTable): FileChange;
}

/** What detectors had learned, for a replay of the time when it counted. */
export interface LearnedPast {
  /** Digest of the file that each detector went on with when the replay begins, by id. */
  readonly digests: ReadonlyMap<string, string>;
  /** Undefined where the file is gone: then its detector finds nothing. */
  text(digest: string): string | undefined;
}

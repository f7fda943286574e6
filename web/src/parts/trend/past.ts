import type { Json } from '#contract/client.ts';
import type { askPieces } from './ask.ts';

/** A value as it was told last. */
export interface Newest {
  /** µs since 1970; 0 before the first one. */
  readonly timeUs: number;
  readonly value: Json;
  readonly quality: string;
}

/** Where a picture has its lines from: a site of itself, or a hub of one of its sites. */
export interface Past {
  /** Asks for one stretch of some lines. */
  readonly ask: typeof askPieces;
  /** What comes behind it, as it comes. */
  readonly useNewest: (paths: readonly string[]) => ReadonlyMap<string, Newest>;
}

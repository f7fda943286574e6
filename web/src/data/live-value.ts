import type { TagValue } from '#contract/client.ts';

/** A value with the moment of `performance.now()` at which it came: its age grows from there. */
export interface Live extends TagValue {
  readonly cameAt: number;
}

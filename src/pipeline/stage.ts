import type { Batch } from '#kernel/batch.ts';

/** One step over batches. The given batch is never changed; it is itself the answer when nothing had to change. */
export type Stage = (batch: Batch) => Batch;

/** One stage after the other, as one. */
export function pipeline(...stages: readonly Stage[]): Stage {
  return (batch) => {
    let out = batch;
    for (const stage of stages) out = stage(out);
    return out;
  };
}

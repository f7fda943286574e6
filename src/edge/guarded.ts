import type { TagModel } from '#contract/model.ts';
import type { GuardedTag } from '#guard/api.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** The limits of every tag as the guard wants them; also of tags that nobody may write, so that it can say why. */
export function guardedTags(tags: readonly TagModel[], table: TagTable): GuardedTag[] {
  return tags.map((tag) => {
    const limits = tag.write;
    return {
      tag: table.number(tag.path),
      path: tag.path,
      asset: tag.asset,
      type: tag.type,
      writable: tag.access !== 'read',
      safety: tag.safety,
      range: limits?.range ?? tag.range,
      maxStep: limits?.maxStep,
      ratePerS: limits?.ratePerS,
      interlock: limits?.interlock,
      feedback: limits?.feedback && { ...limits.feedback, tag: table.number(limits.feedback.tag) },
      lease: limits?.lease,
      ttlMs: limits?.ttlMs ?? 5000,
      idempotent: limits?.idempotent,
      remote: limits?.remote ?? false,
      scale: tag.scale,
    };
  });
}

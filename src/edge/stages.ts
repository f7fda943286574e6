import { infoOf } from '#contract/check-peers.ts';
import type { TagModel } from '#contract/model.ts';
import type { SkewReport } from '#edge/skew.ts';
import type { Batch } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag, TagTable } from '#kernel/tag-table.ts';
import { DeadbandColumns, deadband } from '#pipeline/deadband.ts';
import { normalise } from '#pipeline/normalise.ts';
import { NormaliseColumns } from '#pipeline/normalise-columns.ts';

export interface Stages {
  /** Scale, type, range, source time: every row as its tag says it is. */
  clean(batch: Batch, source: string): Batch;
  /** A hole as long as it was, ending with its arrival where the device's clock puts it too far ahead. */
  place(gap: Gap, receivedUs: number): Gap;
  /** The rows worth deciding on and keeping. */
  thin(batch: Batch): Batch;
  /** A tag that appeared at run time. */
  declare(tag: Tag): void;
  /** A tag that the site file names now, or names otherwise; takes effect with the next batch. */
  change(tag: TagModel): void;
  /** Forgets what was kept last of a tag: its next row is news. */
  forget(tag: number): void;
  /** A tag that the site file names no more. */
  remove(tag: number): void;
  /** How far a source time may be ahead, in µs. */
  setMaxAhead(us: number): void;
}

/** What arrives becomes what is decided on. */
export function siteStages(
  tags: readonly TagModel[],
  table: TagTable,
  clock: Clock,
  maxAheadUs: number,
  skew: SkewReport,
): Stages {
  const columns = new NormaliseColumns();
  let mostAheadUs = maxAheadUs;
  const bands = new DeadbandColumns();
  const change = (tag: TagModel): void => {
    const number = table.number(tag.path);
    columns.set(number, { ...infoOf(tag), scale: tag.scale });
    bands.set(number, { band: tag.deadband ?? 0, maxGapUs: tag.deadbandMaxMs * 1000 });
  };
  for (const tag of tags) change(tag);
  let source = '';
  const clean = normalise(columns, {
    get maxAheadUs() {
      return mostAheadUs;
    },
    onSkew: (tag, aheadUs) => skew.saw(source, table.get(tag).path, aheadUs, clock.nowUs(), clock.steadyUs()),
  });
  const thin = deadband(bands);
  return {
    clean(batch, from) {
      source = from;
      return clean(batch);
    },
    place(gap, receivedUs) {
      const aheadUs = gap.toUs - receivedUs;
      if (!(aheadUs > mostAheadUs)) return gap;
      return { ...gap, fromUs: gap.fromUs - aheadUs, toUs: receivedUs };
    },
    thin,
    declare: (tag) => columns.set(tag.number, tag),
    change,
    forget: (tag) => thin.forget(tag),
    remove(tag) {
      columns.clear(tag);
      bands.clear(tag);
      thin.forget(tag);
    },
    setMaxAhead(us) {
      mostAheadUs = us;
    },
  };
}

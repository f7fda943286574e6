import type { AutonomyLine } from '#contract/autonomy.ts';
import type { Fill } from '#journal/api.ts';
import type { DiskFact } from './facts.ts';
import { DAY_US, ends, lasts, size, unknown } from './line.ts';

/** The journal, who takes from it, and how fast it fills. */
export interface FilledJournal {
  readonly fill: Fill;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly maxAgeDays: number;
  /** Samples a day over the last hour; absent while the site has run for minutes only. */
  readonly rowsPerDay?: number;
  /** What each sink has not delivered yet. */
  readonly backlogs: readonly { readonly sink: string; readonly rows: number }[];
}

/** The historian. */
export interface KeptPast {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly rows: number;
  readonly maxAgeDays: number;
  /** Time recorded since its oldest sample came, at most. */
  readonly keptDays: number;
}

/** Below this an average over what is kept tells of the start of the site, not of the site. */
const LEAST_KEPT_US = 3_600e6;
/** Few samples in half-empty pages tell nothing of many. */
const LEAST_ROWS = 1000;
const NO_RATE =
  'the site has not run for long enough to know how much comes a day: ten minutes, or an hour in all';

/** Samples a day: the higher of the last hour and of all that is kept, as a quiet night promises too much. */
export function rowsPerDay({ fill, rowsPerDay }: FilledJournal): number | undefined {
  const average = fill.keptUs >= LEAST_KEPT_US ? (fill.keptRows / fill.keptUs) * DAY_US : undefined;
  return average === undefined && rowsPerDay === undefined
    ? undefined
    : Math.max(average ?? 0, rowsPerDay ?? 0);
}

/** Room that a sample takes in the journal; undefined while too few were written. */
const perRow = ({ blockRows, blockBytes }: Fill): number | undefined =>
  blockRows < LEAST_ROWS ? undefined : blockBytes / blockRows;

/** Bytes a day of the journal; undefined while nobody knows. */
function journalPerDay(journal: FilledJournal): number | undefined {
  const [rows, bytes] = [rowsPerDay(journal), perRow(journal.fill)];
  return rows === undefined || bytes === undefined ? undefined : rows * bytes;
}

/** Bytes a day of the historian: its past fills at the same rate as the journal does. */
function historianPerDay(journal: FilledJournal, { usedBytes, rows }: KeptPast): number | undefined {
  const daily = rowsPerDay(journal);
  return daily === undefined || rows < LEAST_ROWS ? undefined : (usedBytes / rows) * daily;
}

/** Until samples would be lost that a sink was to get, if it took nothing from now on. */
export function backlogLines(journal: FilledJournal): AutonomyLine[] {
  const { fill, maxAgeDays, backlogs } = journal;
  return backlogs.map(({ sink, rows }) => {
    const line = {
      reason: 'backlog',
      subject: sink,
      effect: 'the oldest samples that it has not delivered go, each counted in a gap',
    } as const;
    const [daily, bytes] = [rowsPerDay(journal), perRow(fill)];
    if (daily === undefined || bytes === undefined) return unknown({ ...line, why: NO_RATE });
    if (daily === 0) return lasts({ ...line, why: 'no samples come' });
    // What it has taken already makes room first.
    const roomRows = fill.freeBytes / bytes + Math.max(0, fill.keptRows - rows);
    const byQuota = roomRows / daily;
    const byAge = maxAgeDays - rows / daily;
    const rate = `${Math.round(daily)} samples a day, ${bytes.toFixed(1)} bytes each`;
    const limit =
      byAge < byQuota ? `their age of ${maxAgeDays} days` : `the quota of ${size(journal.quotaBytes)}`;
    return ends(Math.min(byQuota, byAge), {
      ...line,
      why: `at ${rate}, ${rows} waiting, ${limit} is reached first, if nothing leaves from now on`,
    });
  });
}

/** When the oldest samples go because they are the oldest: no failure, but nobody should wonder. */
export function retentionLines(journal: FilledJournal, historian: KeptPast | undefined): AutonomyLine[] {
  const { fill, maxAgeDays } = journal;
  const bytes = journalPerDay(journal);
  const kept = fill.keptUs / DAY_US;
  const lines = [
    retention('journal', maxAgeDays - kept, bytes && fill.freeBytes / bytes, journal.quotaBytes),
  ];
  if (!historian) return lines;
  const daily = historianPerDay(journal, historian);
  const left = historian.quotaBytes - historian.usedBytes;
  lines.push(
    retention(
      'historian',
      historian.maxAgeDays - historian.keptDays,
      daily && left / daily,
      historian.quotaBytes,
    ),
  );
  return lines;
}

function retention(
  subject: 'journal' | 'historian',
  byAge: number,
  byQuota: number | undefined,
  quotaBytes: number,
): AutonomyLine {
  const effect =
    subject === 'journal'
      ? 'its oldest samples go: what every sink and the historian have first'
      : 'its oldest samples go: the past of the site gets no longer';
  const line = { reason: 'retention', subject, effect, counts: false } as const;
  if (byQuota === undefined || byAge < byQuota)
    return ends(byAge, {
      ...line,
      why: `by age${byQuota === undefined ? ', or sooner by the quota: how much comes a day is not known yet' : ''}`,
    });
  return ends(byQuota, { ...line, why: `by the quota of ${size(quotaBytes)}` });
}

/** Until the file system is full. */
export function diskLine(
  disk: DiskFact,
  journal: FilledJournal,
  historian: KeptPast | undefined,
): AutonomyLine {
  const line = {
    reason: 'disk',
    subject: 'data folder',
    effect: 'the oldest samples go before their quota is reached, and other programs find no room',
  } as const;
  const { freeBytes: free, othersPerDay: others } = disk;
  if (free === undefined) return unknown({ ...line, why: 'the free space cannot be read' });
  const growing = [{ perDay: journalPerDay(journal), most: journal.quotaBytes - journal.usedBytes }];
  if (historian)
    growing.push({
      perDay: historianPerDay(journal, historian),
      most: historian.quotaBytes - historian.usedBytes,
    });
  const most = growing.reduce((sum, one) => sum + Math.max(0, one.most), 0);
  const said = `${size(free)} free, and the site takes ${size(most)} more at most`;
  if (others === undefined)
    return unknown({ ...line, why: `${said}; what other programs take a day is not known yet` });
  const rest = others > 0 ? `; others take ${size(others)} a day` : '; others take nothing';
  if (free > most && others <= 0) return lasts({ ...line, why: said + rest });
  if (growing.some(({ perDay }) => perDay === undefined)) return unknown({ ...line, why: NO_RATE });
  const parts = growing.map(({ perDay = 0, most }) => ({ perDay, most: Math.max(0, most) }));
  const days = daysToFill(free, [...parts, { perDay: Math.max(0, others), most: Number.POSITIVE_INFINITY }]);
  return days === undefined
    ? lasts({ ...line, why: said + rest })
    : ends(days, { ...line, why: said + rest });
}

/**
 * Days until several that grow, each to its limit, have taken all that is free.
 * @returns undefined where they never do
 */
export function daysToFill(
  freeBytes: number,
  growing: readonly { readonly perDay: number; readonly most: number }[],
): number | undefined {
  let [left, day] = [freeBytes, 0];
  const until = growing
    .filter(({ perDay, most }) => perDay > 0 && most > 0)
    .map(({ perDay, most }) => ({ perDay, untilDay: most / perDay }))
    .sort((a, b) => a.untilDay - b.untilDay);
  for (let i = 0; i < until.length; i++) {
    const perDay = until.slice(i).reduce((sum, one) => sum + one.perDay, 0);
    const days = (until[i]?.untilDay ?? 0) - day;
    if (left <= perDay * days) return day + left / perDay;
    left -= perDay * days;
    day += days;
  }
  return undefined;
}

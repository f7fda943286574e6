import { chart, type Envelope, stretches } from '#cli/chart.ts';
import { duration } from '#cli/duration.ts';
import { countOf, moment, span } from '#cli/moment.ts';
import { pastOf } from '#cli/past.ts';
import { dim, number, table, valueText, yellow } from '#cli/text.ts';
import type { Buckets, HistoryBucketsQuery, SiteApi } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';
import { nearest } from '#kernel/nearest.ts';
import { qualityName } from '#kernel/quality.ts';

export interface HistoryOptions {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly bucket?: string;
  readonly aggregate?: readonly AggregateName[];
  readonly state?: string;
  readonly raw?: boolean;
  readonly at?: string;
  readonly gaps?: boolean;
  readonly calc?: string;
  readonly asset?: string;
  readonly step?: string;
  readonly rows?: string;
  readonly data?: string;
  readonly json?: boolean;
}

type AggregateName = keyof Buckets['columns'];

interface Asked {
  readonly tags: readonly string[];
  /** Instead of tags. */
  readonly calc: Calculation | undefined;
  readonly fromUs: number;
  readonly toUs: number;
}

interface Calculation {
  readonly calc: string;
  readonly asset: string | undefined;
  readonly stepUs: number | undefined;
}

const LAST = '1h';
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** A chart of each tag; or a table of stretches, samples, or values at one time. */
export async function history(tags: readonly string[], options: HistoryOptions): Promise<void> {
  const nowUs = Date.now() * 1000;
  const hasStart = options.from !== undefined || options.last !== undefined;
  const { fromUs = 0, toUs = nowUs } = span(hasStart ? options : { ...options, last: LAST }, nowUs);
  const asked = { tags, calc: calculationOf(tags, options), fromUs, toUs };
  await using past = await pastOf(options.data);
  const { api } = past;
  await tellUnknown(api, tags);
  if (options.at !== undefined) await valuesAt(api, tags, moment(options.at, '--at', nowUs), options);
  else if (options.gaps) await gaps(api, asked, options);
  else if (options.raw) await raw(api, asked, options);
  else if (options.bucket !== undefined || options.aggregate) await buckets(api, asked, options);
  else await charts(api, asked, options);
}

/** A slip in a name looks like a tag of which nothing is known. */
async function tellUnknown(api: SiteApi, tags: readonly string[]): Promise<void> {
  if (tags.length === 0) return;
  const known = (await api.historyTags()).map(({ path }) => path);
  for (const tag of tags) {
    if (known.includes(tag)) continue;
    const meant = nearest(tag, known);
    const guess = meant === undefined ? '`holdfast tags` lists what there is' : `did you mean ${meant}?`;
    process.stderr.write(`${yellow('note')}: the history has nothing of ${tag}; ${guess}\n`);
  }
}

/** @throws Fault `cli.usage` where neither or both are given, or what a calculation cannot answer */
function calculationOf(tags: readonly string[], options: HistoryOptions): Calculation | undefined {
  const { calc, asset, step, at, gaps: wantsGaps } = options;
  const wrong = (message: string, hint: string) => new Fault('cli.usage', message, { retry: 'never', hint });
  if (calc === undefined) {
    if (tags.length === 0) throw wrong('of which tags?', 'name some, or a calculation with --calc');
    if (step !== undefined || asset !== undefined)
      throw wrong('--step and --asset are for a calculation', 'give one with --calc');
    return undefined;
  }
  if (tags.length > 0) throw wrong('tags and --calc together', 'name tags within the expression: tag("a/b")');
  if (at !== undefined || wantsGaps)
    throw wrong('--at and --gaps are for tags', 'ask for a short span with --from and --to');
  return { calc, asset, stepUs: step === undefined ? undefined : duration(step, '--step') * 1000 };
}

const times = ({ fromUs, toUs }: Asked) => ({ from: String(fromUs), to: String(toUs) });
const clock = (us: number): string => new Date(us / 1000).toISOString().replace(/\.000Z$/, 'Z');

/** As many stretches as the terminal has dots, each with its smallest and largest value. */
async function charts(api: SiteApi, asked: Asked, { rows, json }: HistoryOptions): Promise<void> {
  const columns = process.stdout.columns ?? 100;
  const count = stretches(columns);
  const bucketUs = Math.max(1000, Math.ceil((asked.toUs - asked.fromUs) / count));
  const known = new Map((await api.historyTags()).map((one) => [one.path, one]));
  const height =
    rows === undefined ? Math.max(6, Math.min(12, 24 - 4 * asked.tags.length)) : countOf(rows, '--rows');
  let isFirst = true;
  for (const tag of asked.calc ? [asked.calc.calc] : asked.tags) {
    const query = { ...times(asked), bucketUs, aggregate: ['min', 'max', 'mean'] } as const;
    const parts = await Array.fromAsync(bucketsOf(api, { ...asked, tags: [tag] }, query));
    if (json) print(JSON.stringify({ tag, unit: known.get(tag)?.unit, bucketUs, ...joined(parts) }));
    else {
      const { fromUs, toUs } = asked;
      const shape = { title: tag, unit: known.get(tag)?.unit ?? '', columns, rows: height, fromUs, toUs };
      const envelope = spread(joined(parts), count, fromUs, bucketUs);
      print(`${isFirst ? '' : '\n'}${chart(envelope, shape)}\n${dim(summary(envelope))}`);
    }
    isFirst = false;
  }
}

const bucketsOf = (
  api: SiteApi,
  { tags, calc }: Asked,
  query: Omit<HistoryBucketsQuery, 'tag'>,
): AsyncIterable<Buckets> =>
  calc ? api.historyCalculatedBuckets({ ...calc, ...query }) : api.historyBuckets({ tag: tags, ...query });

interface Joined {
  readonly startUs: number[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
  readonly mean: (number | null)[];
}

function joined(parts: readonly Buckets[]): Joined {
  return {
    startUs: parts.flatMap(({ startUs }) => startUs),
    min: parts.flatMap(({ columns }) => columns.min ?? []),
    max: parts.flatMap(({ columns }) => columns.max ?? []),
    mean: parts.flatMap(({ columns }) => columns.mean ?? []),
  };
}

/** Each stretch in its place: those that nobody knows anything of may be left out of an answer. */
function spread(
  { startUs, min, max, mean }: Joined,
  count: number,
  fromUs: number,
  bucketUs: number,
): Envelope {
  const empty = () => new Array<number>(count).fill(Number.NaN);
  const all = {
    startUs: empty().map((_, i) => fromUs + i * bucketUs),
    min: empty(),
    max: empty(),
    mean: empty(),
  };
  for (const [i, start] of startUs.entries()) {
    const place = Math.round((start - fromUs) / bucketUs);
    if (place < 0 || place >= count) continue;
    all.min[place] = min[i] ?? Number.NaN;
    all.max[place] = max[i] ?? Number.NaN;
    all.mean[place] = mean[i] ?? Number.NaN;
  }
  return all;
}

function summary({ min, max, mean }: Envelope): string {
  const means = mean.filter(Number.isFinite);
  if (means.length === 0) return '';
  const low = Math.min(...min.filter(Number.isFinite));
  const high = Math.max(...max.filter(Number.isFinite));
  const holes = mean.length - means.length;
  const missing =
    holes === 0 ? '' : `, no sample in ${Math.round((100 * holes) / mean.length)} % of the time`;
  const last = means.at(-1) ?? Number.NaN;
  return `${' '.repeat(11)}min ${number(low)}  max ${number(high)}  last ${number(last)}${missing}`;
}

async function buckets(api: SiteApi, asked: Asked, options: HistoryOptions): Promise<void> {
  const { aggregate = ['min', 'max', 'mean'], bucket = '1m', state, json } = options;
  const query = {
    ...times(asked),
    bucketUs: duration(bucket, '--bucket') * 1000,
    aggregate,
    state: state === undefined ? undefined : Number(state),
  };
  const head = ['tag', 'from', ...aggregate, 'known'];
  const rows: string[][] = [];
  for await (const part of bucketsOf(api, asked, query)) {
    if (json) print(JSON.stringify(part));
    else
      for (const [i, start] of part.startUs.entries()) {
        const cells = aggregate.map((name) => cell(name, part.columns[name]?.[i]));
        rows.push([part.tag, clock(start), ...cells, `${Math.round(100 * (part.known[i] ?? 0))} %`]);
      }
  }
  if (!json) print(rows.length === 0 ? 'nothing is known in this time' : table(head, rows));
}

const cell = (name: AggregateName, value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  return name === 'duration' ? `${number(value / 1e6)} s` : number(value);
};

/** A line a sample, as it comes: it may be millions. */
async function raw(api: SiteApi, asked: Asked, { json }: HistoryOptions): Promise<void> {
  const parts = asked.calc
    ? api.historyCalculated({ ...asked.calc, ...times(asked) })
    : api.historyRaw({ tag: asked.tags, ...times(asked) });
  for await (const part of parts) {
    if (json) {
      print(JSON.stringify(part));
      continue;
    }
    const lines = part.timeUs.map((us, i) => {
      const quality = qualityName(part.quality[i] ?? 0);
      return `${clock(us)}  ${part.tag}  ${valueText(part.value[i] ?? null)}${quality === 'good' ? '' : `  ${quality}`}`;
    });
    print(lines.join('\n'));
  }
}

async function valuesAt(
  api: SiteApi,
  tags: readonly string[],
  timeUs: number,
  { json }: HistoryOptions,
): Promise<void> {
  const found = await api.historyAt({ tag: tags, time: String(timeUs) });
  if (json) return print(JSON.stringify(found, null, 2));
  const byTag = new Map(found.map((one) => [one.tag, one]));
  const rows = tags.map((tag) => {
    const one = byTag.get(tag);
    if (!one) return [tag, '–', '', ''];
    return [
      tag,
      valueText(one.value[0] ?? null),
      qualityName(one.quality[0] ?? 0),
      clock(one.timeUs[0] ?? 0),
    ];
  });
  print(table(['tag', 'value', 'quality', 'since'], rows));
}

async function gaps(api: SiteApi, asked: Asked, { json }: HistoryOptions): Promise<void> {
  const found = await api.historyGaps({ tag: asked.tags, ...times(asked) });
  if (json) return print(JSON.stringify(found, null, 2));
  if (found.length === 0) return print('no gaps');
  const rows = found.map((gap) => [
    clock(gap.fromUs),
    clock(gap.toUs),
    gap.count === undefined ? 'unknown' : String(gap.count),
    gap.reason,
  ]);
  print(table(['from', 'to', 'samples lost', 'reason'], rows));
}

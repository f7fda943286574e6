import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { usePolled } from '../../data/poll.ts';
import { count, number } from '../../parts/format.ts';
import { lengthOf, spanAt, type When } from '../../parts/trend/span.ts';
import { unitText } from '../../parts/unit.ts';

const EVERY_MS = 15_000;

interface Summary {
  readonly min: number;
  readonly max: number;
  readonly mean: number | undefined;
  readonly count: number;
  /** Share of the time for which a usable value was known. */
  readonly known: number;
}

/** Least, most, mean over time and number of samples in the range that is shown. */
export function Statistics({
  path,
  unit,
  when,
}: {
  readonly path: string;
  readonly unit: string | undefined;
  readonly when: When;
}) {
  const key = `statistics ${path} ${JSON.stringify(when)}`;
  const { data } = usePolled(key, (signal) => summaryOf(path, when, signal), EVERY_MS);
  if (!data) return null;
  const withUnit = (value: number) => `${number(value)} ${unitText(unit)}`;
  return (
    <dl className="statistics">
      <div>
        <dt>Min</dt>
        <dd>{withUnit(data.min)}</dd>
      </div>
      <div>
        <dt>Max</dt>
        <dd>{withUnit(data.max)}</dd>
      </div>
      <div>
        <dt>Mean</dt>
        <dd>{data.mean === undefined ? '–' : withUnit(data.mean)}</dd>
      </div>
      <div>
        <dt>Samples</dt>
        <dd>{count(data.count)}</dd>
      </div>
      <div>
        <dt>Known</dt>
        <dd>{number(Math.floor(data.known * 1000) / 10)} %</dd>
      </div>
    </dl>
  );
}

async function summaryOf(path: string, when: When, signal: AbortSignal): Promise<Summary | undefined> {
  const span = spanAt(when, siteNowMs() / 1000);
  const lengthUs = Math.round(lengthOf(span) * 1e6);
  const fromUs = Math.round(span.from * 1e6);
  const query = {
    tag: path,
    from: String(fromUs),
    to: String(fromUs + lengthUs),
    bucketUs: lengthUs,
    aggregate: ['min', 'max', 'timeMean', 'count'],
  } as const;
  for await (const { columns, known } of api.historyBuckets(query, signal)) {
    const [min, max, mean] = [columns.min?.[0], columns.max?.[0], columns.timeMean?.[0]];
    if (min == null || max == null) continue;
    return { min, max, mean: mean ?? undefined, count: columns.count?.[0] ?? 0, known: known[0] ?? 0 };
  }
  return undefined;
}

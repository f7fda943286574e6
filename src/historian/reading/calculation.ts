import type { Buckets, CalculationQuery, Series } from '../api.ts';
import { bucketsOf } from './buckets.ts';
import { Calculated, type InputsPast } from './calculated.ts';
import type { Calculator } from './calculator.ts';
import type { CalculatedAs } from './question.ts';
import { trendOf } from './trend.ts';

/** The parts of a calculation over the past, as it was asked for; undefined where others may have a turn. */
export function* calculation(
  past: InputsPast,
  calculator: Calculator,
  query: CalculationQuery,
  as: CalculatedAs,
): Iterable<Series | Buckets | undefined> {
  const { expression, fromUs, toUs } = query;
  const series = new Calculated(past, calculator, query);
  yield* series.begin();
  if (as.kind === 'buckets') yield* bucketsOf(series, expression, { ...as, fromUs, toUs });
  else if (as.kind === 'trend') yield yield* trendOf(series, { ...as, fromUs, toUs, tag: expression });
  else for (const stretch of series.stretches()) yield { tag: expression, ...stretch.rows() };
}

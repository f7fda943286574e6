import { Fault } from '#kernel/fault.ts';
import type { Series } from '../api.ts';
import { copyRows, type Rows } from '../format/rows.ts';
import { alignedOf } from './aligned.ts';
import { bucketsOf } from './buckets.ts';
import type { InputsPast } from './calculated.ts';
import { calculation } from './calculation.ts';
import type { MakeCalculator } from './calculator.ts';
import { gapsOf, infosOf, tagsOf } from './holes.ts';
import { inOrderOf } from './in-order.ts';
import { type Past, rowsInParts } from './past.ts';
import type { Part, Question } from './question.ts';
import { trendOf } from './trend.ts';

const ROWS_A_PART = 8192;
/** Tags looked up between two turns of others. */
const TAGS_A_TURN = 64;

/**
 * The parts of an answer, made when they are asked for; undefined where others may have a turn.
 * @param make absent where nobody brought a language for expressions
 */
export function* answer(past: Past, question: Question, make?: MakeCalculator): Generator<Part | undefined> {
  if (question.kind === 'raw') {
    const { fromUs, toUs } = question.span;
    for (const tag of question.tags) {
      for (const rows of rowsInParts(past.stretches(tag, fromUs, toUs), ROWS_A_PART))
        yield { tag, ...ownRows(rows) };
    }
  } else if (question.kind === 'inOrder') yield* inOrderOf(past, question.tags, question.span);
  else if (question.kind === 'buckets') {
    for (const tag of question.query.tags) yield* bucketsOf(past, tag, question.query);
  } else if (question.kind === 'aligned') yield* alignedOf(past, question.query);
  else if (question.kind === 'trend') yield ownSeries(yield* trendOf(past, question.query));
  else if (question.kind === 'valuesAt') yield* valuesAt(past, question.tags, question.timeUs);
  else if (question.kind === 'calculated') yield* calculated(past, question, make);
  else if (question.kind === 'tags') yield tagsOf(past);
  else yield gapsOf(past, question.span, question.tags);
}

function* calculated(
  past: Past,
  { query, as }: Extract<Question, { kind: 'calculated' }>,
  make: MakeCalculator | undefined,
): Iterable<Part | undefined> {
  if (!make) throw new Fault('history.no-calculation', 'nothing calculates here', { retry: 'never' });
  const inputs: InputsPast = {
    stretches: past.stretches.bind(past),
    extent: past.extent.bind(past),
    lastUntil: past.lastUntil.bind(past),
    holes: (span, tags) => gapsOf(past, span, tags),
  };
  const calculator = make(query.expression, query.asset, infosOf(past));
  for (const part of calculation(inputs, calculator, query, as))
    yield part && 'value' in part ? ownSeries(part) : part;
}

function* valuesAt(past: Past, tags: readonly string[], timeUs: number): Iterable<Part | undefined> {
  const found = new Map<string, Series>();
  for (let from = 0; from < tags.length; from += TAGS_A_TURN) {
    past.together(() => {
      for (const tag of tags.slice(from, from + TAGS_A_TURN)) {
        const last = past.lastUntil(tag, timeUs);
        if (last) found.set(tag, { tag, ...ownRows(last) });
      }
    });
    yield undefined;
  }
  yield found;
}

/** In memory of their own: a window would be sent together with all that lies beside it. */
const ownRows = (rows: Rows): Rows =>
  rows.timeUs.byteLength === rows.timeUs.buffer.byteLength ? rows : copyRows(rows);

const ownSeries = (series: Series): Series => ({ ...series, ...ownRows(series) });

import { infoOf } from '#contract/check-peers.ts';
import type { TagModel } from '#contract/model.ts';
import type { Decisions } from '#decide/api.ts';
import type { DatedPeriod } from '#decide/detectors/learning.ts';
import { Grid } from '#edge/detectors/learning/grid.ts';
import { Held } from '#edge/detectors/learning/held.ts';
import { inputsOf } from '#edge/detectors/learning/inputs.ts';
import { pastRows } from '#edge/detectors/learning/past-rows.ts';
import { type RestSpec, restingOf } from '#edge/detectors/learning/resting.ts';
import type { HistoryReader } from '#historian/api.ts';
import type { Batch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { historyPast } from '#replay/history-past.ts';

/** What is wanted of the past: moments of `everyMs`, each with the value that every signal held. */
export interface PeriodAsked {
  readonly signals: readonly { readonly name: string; readonly path: string }[];
  readonly everyMs: number;
  readonly rest?: RestSpec | undefined;
  readonly fromUs: number;
  readonly toUs: number;
  /** All tags of the site file. */
  readonly tags: readonly TagModel[];
}

/** What was read, and what is to be known of it. */
export interface ReadPeriod extends DatedPeriod {
  /** Moments in which the detector rests: they are left out. */
  readonly rested: number;
  /** Of each signal the moments in which it was outside of its engineering range. */
  readonly outside: Uint32Array;
  /** Time in which no signal brought anything, although they should have. */
  readonly silentUs: number;
  /** Moments in which no signal brought anything. */
  readonly quiet: number;
  /** Derived tags that were calculated anew. */
  readonly calculated: readonly string[];
}

/** Moments times signals: 16 MB, of which learning needs two to three times as much. A box has 256 MB for the whole site. */
const MOST_VALUES = 2_000_000;
/** A period is read in so many questions: for one, the historian would gather all of it in the order of time. */
const QUESTIONS = 24;

type Reader = Pick<HistoryReader, 'tags' | 'valuesAt' | 'inOrder' | 'gaps'>;

/**
 * Reads a period as the site would have shown it to a detector: good values are held, others are missing, and what the
 * site file derives is derived again where its inputs have a past.
 * @param progress from 0 to 1
 * @throws Fault `detector.period` for one that is empty or too large
 */
export async function readPeriod(
  reader: Reader,
  asked: PeriodAsked,
  progress: (part: number) => void = () => {},
): Promise<ReadPeriod> {
  const moments = checkLength({ ...asked, signals: asked.signals.length });
  const table = new TagTable();
  for (const tag of asked.tags) table.declare(infoOf(tag));
  const resting = asked.rest && restingOf(asked.rest, table);
  const past = new Set((await reader.tags()).map(({ tag }) => tag.path));
  const paths = asked.signals.map(({ path }) => path);
  const wanted = [...paths, ...(resting?.tags ?? [])];
  const inputs = inputsOf(wanted, asked.tags, table, (path) => past.has(path));
  const startUs = asked.fromUs - Math.max(inputs.windowUs, resting?.windowUs ?? 0);
  const span = { fromUs: startUs, toUs: asked.toUs };
  const grid = new Grid(
    {
      ...{ moments, resting, fromUs: asked.fromUs, everyUs: asked.everyMs * 1000 },
      signals: asked.signals.map(({ name }) => name),
      ...heldHow(asked),
    },
    new Held(paths, table),
    startUs,
  );
  const take = taking(grid, inputs.decisions);
  const { before, holes } = await pastRows(reader, inputs.read, table, span);
  if (before) take(before);
  let hole = 0;
  const holesUntil = (atUs: number): void => {
    for (let next = holes[hole]; next && next.receivedUs < atUs; next = holes[++hole]) take(next);
  };
  for (const question of questionsOf(span)) {
    for await (const part of historyPast(reader, table, { paths: inputs.read, ...question }).parts())
      for (const item of part) {
        if (item.kind !== 'batch') continue;
        holesUntil(item.batch.receivedUs);
        take(item.batch);
      }
    progress((question.toUs - startUs) / (asked.toUs - startUs));
  }
  holesUntil(asked.toUs);
  grid.passUntil(asked.toUs);
  return { ...grid.done(), calculated: inputs.calculated };
}

function questionsOf({ fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }) {
  const edges = Array.from({ length: QUESTIONS + 1 }, (_, i) =>
    Math.round(fromUs + ((toUs - fromUs) * i) / QUESTIONS),
  );
  return edges.slice(1).map((to, i) => ({ fromUs: edges[i] as number, toUs: to }));
}

/** Shows rows to the grid, and behind them what is derived of them. */
function taking(grid: Grid, decisions: Decisions | undefined): (batch: Batch) => void {
  return (batch) => {
    const atUs = batch.receivedUs;
    while (decisions && decisions.nextUs < atUs) {
      const dueUs = decisions.nextUs;
      const { derived } = decisions.advance(dueUs);
      grid.passUntil(dueUs);
      if (derived) grid.take(derived, dueUs);
    }
    const derived = decisions?.step(batch, atUs).derived;
    grid.passUntil(atUs);
    grid.take(batch, atUs);
    if (derived) grid.take(derived, atUs);
  };
}

/** How many moments a period has. @throws Fault `detector.period` for one that is empty or too large */
export function checkLength({
  fromUs,
  toUs,
  everyMs,
  signals,
}: Pick<PeriodAsked, 'fromUs' | 'toUs' | 'everyMs'> & { readonly signals: number }): number {
  const moments = Math.ceil((toUs - fromUs) / (everyMs * 1000));
  if (!(moments > 0)) throw refused('the period is empty: it ends before it begins', 'name a later end');
  if (moments * signals <= MOST_VALUES) return moments;
  const most = Math.floor(MOST_VALUES / signals);
  throw refused(
    `the period has ${moments} moments of ${everyMs} ms; of ${signals} signals ${most} are the most`,
    `name a period of at most ${spanText(most * everyMs)}, or give the detector a longer everyMs`,
  );
}

const refused = (what: string, hint: string): Fault =>
  new Fault('detector.period', what, { retry: 'never', hint });

const spanText = (ms: number): string =>
  ms >= 172_800e3 ? `${Math.floor(ms / 86_400e3)} days` : `${Math.floor(ms / 3600e3)} hours`;

/** Nothing of any signal for so many moments is a hole of the past, and no quiet time. */
const SILENT_MOMENTS = 10;

/**
 * Ranges, and for how long all signals may bring nothing: for ever where one of them speaks only when something happens,
 * as the site file says. A running site marks silence itself; a past that was imported has no such marks.
 */
function heldHow({ signals, tags, everyMs }: PeriodAsked) {
  const byPath = new Map(tags.map((tag) => [tag.path, tag]));
  const own = signals.map(({ path }) => byPath.get(path));
  const longestMs = own.map((tag) =>
    tag?.staleAfterMs === 0
      ? Number.POSITIVE_INFINITY
      : Math.max(2 * (tag?.deadbandMaxMs ?? 0), tag?.staleAfterMs ?? 0),
  );
  return {
    ranges: own.map((tag) => tag?.range),
    silenceUs: Math.max(SILENT_MOMENTS * everyMs, ...longestMs) * 1000,
  };
}

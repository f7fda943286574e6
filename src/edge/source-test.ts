import type { Blueprint } from '#edge/blueprint.ts';
import { testEndpoints } from '#edge/endpoint-test.ts';
import { openWithin, type SingleSource, singleSource } from '#edge/single-source.ts';
import { type Reading, readingSteps } from '#edge/test-readings.ts';
import { wideAt } from '#kernel/batch.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad } from '#kernel/quality.ts';
import type { Log, Source, TestStep } from '#plugin/api.ts';

export type { TestStep } from '#plugin/api.ts';

export interface SourceTest {
  /** Data folder of the site, for its certificates. */
  readonly dataDir?: string | undefined;
  /** Longest wait for first values, instead of what their periods give. */
  readonly withinMs?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Tries one source alone, from the outside in, and says each step as it goes: name, port, TLS, what the protocol can say,
 * session, first values. Opened as a shadow: nothing is written, and everything is closed at the end.
 */
export async function* testSource(
  blueprint: Blueprint,
  id: string,
  { dataDir, withinMs, signal }: SourceTest,
): AsyncIterable<TestStep> {
  const told = new Map<string, SiteEvent>();
  const event = (one: SiteEvent) => told.set(`${one.name} ${one.subject}`, one);
  await using single = singleSource(blueprint, id, { dataDir, log: silent, event });
  const { def, config, deps } = single;
  const endpoints = def.endpoints?.(config) ?? [];
  const reached = { any: endpoints.length === 0 };
  yield* testEndpoints(endpoints, reached, signal);
  if (!reached.any) return;
  if (def.explain) yield* guarded('protocol', def.explain(config, deps, signal));
  const begin = performance.now();
  const opened = await openWithin(single, signal).catch((error) => Fault.from(error, 'source.failed', id));
  if (opened instanceof Fault) {
    yield* [...told.values()].map(toldStep);
    yield failed('session', opened);
    return;
  }
  await using source = opened;
  yield { step: 'session', state: 'ok', said: `open after ${Math.round(performance.now() - begin)} ms` };
  yield* firstValues(single, source, told, withinMs, signal);
}

const failed = (step: string, { message, hint }: Fault): TestStep => ({
  step,
  state: 'failed',
  said: message,
  ...(hint !== undefined && { hint }),
});

async function* guarded(step: string, steps: AsyncIterable<TestStep>): AsyncIterable<TestStep> {
  try {
    yield* steps;
  } catch (error) {
    yield failed(step, Fault.from(error, 'source.failed', step));
  }
}

function toldStep({ name, subject, detail }: SiteEvent): TestStep {
  const { source: _, hint, ...rest } = detail ?? {};
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
  return {
    step: 'source',
    state: 'warning',
    said: `${name}: ${subject}${more}`,
    ...(typeof hint === 'string' && { hint }),
  };
}

const LEAST_MS = 10_000;
/** Nobody sits in front of a test for longer, however rarely a tag is read. */
const MOST_MS = 60_000;
const PERIODS = 3;

async function* firstValues(
  single: SingleSource,
  source: Source,
  told: ReadonlyMap<string, SiteEvent>,
  withinMs: number | undefined,
  signal: AbortSignal,
): AsyncIterable<TestStep> {
  const points = single.points.filter(({ tag }) => tag.access !== 'write');
  if (points.length === 0) {
    const hint = `\`holdfast browse ${single.id}\` shows what there is at the device`;
    yield { step: 'values', state: 'warning', said: 'no tag of the site file reads from it', hint };
    return;
  }
  const waitMs =
    withinMs ?? Math.min(MOST_MS, Math.max(...points.map((point) => waitOf(point.address, single.config))));
  const readings = new Map<number, Reading>();
  const waiting = new Set(points.map(({ tag }) => tag.number));
  const over = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  let lost: Fault | undefined;
  while (waiting.size > 0 && !over.aborted && !lost) {
    try {
      const delivery = await source.read(over);
      gather(single, delivery.batch, readings, waiting);
      delivery.settled?.('durable'); // of a session that nobody has but this test
    } catch (error) {
      if (!over.aborted) lost = Fault.from(error, 'source.failed', single.id);
    }
  }
  yield* [...told.values()].map(toldStep);
  if (lost) yield failed('session', lost);
  yield* readingSteps(points, single.tags, readings, { waitMs, nowUs: single.deps.clock.nowUs() });
}

const waitOf = (address: unknown, config: unknown): number => {
  const period = (at: unknown) => (at as { readonly everyMs?: number } | undefined)?.everyMs;
  return Math.max(LEAST_MS, PERIODS * (period(address) ?? period(config) ?? 0));
};

function gather(
  single: SingleSource,
  batch: Parameters<SingleSource['clean']>[0],
  readings: Map<number, Reading>,
  waiting: Set<number>,
): void {
  const clean = single.clean(batch);
  for (let i = 0; i < clean.rows; i++) {
    const tag = clean.tag[i] as number;
    const quality = clean.quality[i] as number;
    readings.set(tag, {
      value: wideAt(clean, i) ?? (clean.value[i] as number),
      quality,
      timeUs: clean.timeUs[i] as number,
    });
    if (!isBad(quality)) waiting.delete(tag);
  }
}

/** What goes wrong is a step of its own. */
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

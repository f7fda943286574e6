import type { BacktestLine } from '#contract/backtest.ts';
import { heardBeside, type SaidFault } from '#edge/beside.ts';
import type { KeptOptions } from '#edge/replay/kept-past.ts';
import type { Verified } from '#journal/api.ts';
import { Fault } from '#kernel/fault.ts';

/** What a thread beside the site is to do. */
export type AsideTask =
  | ({ readonly kind: 'backtest'; readonly text: string | undefined } & Omit<
      KeptOptions,
      'blueprint' | 'progress'
    >)
  | { readonly kind: 'verify'; readonly dataDir: string };

export type FromAside =
  | { readonly line: BacktestLine }
  | { readonly last: BacktestLine | Verified }
  | SaidFault;

/** A day of a large site is replayed in it; more than the box has it must not take. */
const LIMITS = { maxOldGenerationSizeMb: 512 };

type Of<Kind> = Extract<AsideTask, { kind: Kind }>;

/**
 * A back-test of a running site in a thread of its own: decisions go on meanwhile. It ends with the loop that takes its
 * lines, or with the signal. @throws Fault as `backtestKept`; `backtest.thread-lost`
 */
export async function* backtestAside(
  task: Omit<Of<'backtest'>, 'kind'>,
  signal: AbortSignal,
): AsyncIterable<BacktestLine> {
  for await (const said of aside({ kind: 'backtest', ...task }, signal))
    yield ('line' in said ? said.line : said.last) as BacktestLine;
}

/** Whether the hash chain of a journal holds. */
export async function verifyAside(dataDir: string, signal: AbortSignal): Promise<Verified> {
  for await (const said of aside({ kind: 'verify', dataDir }, signal)) {
    if ('last' in said) return said.last as Verified;
  }
  throw lost();
}

async function* aside(
  workerData: AsideTask,
  signal: AbortSignal,
): AsyncIterable<Exclude<FromAside, SaidFault>> {
  const name = import.meta.url.endsWith('.ts') ? './aside-worker.ts' : './edge-replay-worker.js';
  const how = { task: workerData, limits: LIMITS };
  for await (const said of heardBeside<FromAside>(new URL(name, import.meta.url), how, signal, lost)) {
    yield said;
    if ('last' in said) return;
  }
}

const lost = (cause?: unknown): Fault =>
  new Fault('backtest.thread-lost', 'the thread that goes through the past ended early', {
    hint: 'ask for a shorter time, or use `holdfast backtest`, which has the memory of the box',
    cause,
  });

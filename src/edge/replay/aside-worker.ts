import { parentPort, workerData } from 'node:worker_threads';
import type { BacktestLine } from '#contract/backtest.ts';
import { checkSite } from '#edge/blueprint.ts';
import { journalDir } from '#edge/data-folder.ts';
import type { AsideTask, FromAside } from '#edge/replay/aside.ts';
import { backtestKept } from '#edge/replay/kept-past.ts';
import { openReader } from '#journal/reader.ts';
import { Fault } from '#kernel/fault.ts';

/* A thread that walks the past once and ends; started by aside.ts. */

const PROGRESS_MS = 200;

const say = (message: FromAside): void => parentPort?.postMessage(message);

async function backtest({
  text,
  ...options
}: Extract<AsideTask, { kind: 'backtest' }>): Promise<BacktestLine> {
  const checked = text === undefined ? undefined : await checkSite(text);
  if (checked && !checked.blueprint) return { problems: checked.problems };
  let shownMs = 0;
  const report = await backtestKept({
    ...options,
    blueprint: checked?.blueprint,
    progress(part, rows, rowsPerS) {
      const nowMs = performance.now();
      if (nowMs - shownMs < PROGRESS_MS) return;
      shownMs = nowMs;
      say({ line: { part, rows, rowsPerS: Math.round(rowsPerS) } });
    },
  });
  return { report };
}

const task = workerData as AsideTask;
try {
  if (task.kind === 'backtest') say({ last: await backtest(task) });
  else {
    using reader = openReader(journalDir(task.dataDir));
    say({ last: reader.verify() });
  }
} catch (error) {
  const { code, message, hint } = Fault.from(error, 'backtest.failed', 'the past');
  say({ fault: { code, message, hint } });
}

import { resolve } from 'node:path';
import { backtestText } from '#cli/backtest-text.ts';
import { printProblems } from '#cli/check.ts';
import { findKeptDir } from '#cli/client.ts';
import { duration } from '#cli/duration.ts';
import { Exit } from '#cli/fail.ts';
import { moment } from '#cli/moment.ts';
import { ProgressBar } from '#cli/progress-bar.ts';
import { Fault } from '#kernel/fault.ts';

export interface BacktestArguments {
  readonly data?: string;
  readonly from?: string;
  readonly to?: string;
  readonly warmUp: string;
  readonly against?: 'current';
  readonly past?: 'journal' | 'history';
  readonly json?: boolean;
}

/** @throws Fault `backtest.no-past`: the exit status for a site that is not there means something else here */
async function pastDir(named: string | undefined): Promise<string> {
  try {
    return resolve(await findKeptDir(named, 'journal'));
  } catch (error) {
    const { message } = Fault.from(error, 'backtest.no-past', 'no past');
    throw new Fault('backtest.no-past', message, {
      retry: 'never',
      hint: 'name the data folder of a site that has run with --data',
      cause: error,
    });
  }
}

/** `holdfast backtest`: exit status 0 where both find the same, 3 where they differ, 2 for a file with errors. */
export async function backtest(file: string | undefined, options: BacktestArguments): Promise<void> {
  const edge = await import('#edge/main.ts');
  // Without its drawings: what the past would have led to does not hang on them, and a copy to try lies apart from them.
  const checked = file === undefined ? undefined : await edge.checkSite(await edge.readSiteText(file));
  if (checked && !checked.blueprint) {
    printProblems(file as string, checked.problems, process.stderr);
    process.exitCode = Exit.invalid;
    return;
  }
  const nowUs = Date.now() * 1000;
  const bar = new ProgressBar(process.stderr);
  const report = await edge
    .backtestKept({
      dataDir: await pastDir(options.data),
      blueprint: checked?.blueprint,
      name: file ?? 'the files of then',
      against: options.against ?? 'record',
      past: options.past,
      fromUs: options.from === undefined ? undefined : moment(options.from, '--from', nowUs),
      toUs: options.to === undefined ? undefined : moment(options.to, '--to', nowUs),
      warmUpUs: duration(options.warmUp, '--warm-up') * 1000,
      progress: (part, rows, rowsPerS) => bar.show(part, rows, rowsPerS),
    })
    .finally(() => bar.clear());
  const text = options.json ? JSON.stringify(report, null, 2) : backtestText(report, process.stdout.columns);
  process.stdout.write(`${text}\n`);
  if (!report.equal) process.exitCode = Exit.differs;
}

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { killAll } from './child.ts';
import { installPackages, namesIn } from './debian.ts';
import { contentsOf, Standing, surroundings } from './standing.ts';
import { allSteps, chosenSteps, type Step } from './steps.ts';
import type { Result } from './test-run.ts';
import { longestFirst, readTimes, writeTimes } from './times.ts';
import { runUnsteadyAgain } from './unsteady.ts';

const usage = `scripts/check [--jobs N] [--fresh] [step | part of a test file's path | pattern]...
Without a name: everything. Steps: types, web-types, lint, unused, shell, unit, table, plant, interop, e2e, crash, fuzz, hub, web.
A whole check does not run again what passed within a day and could not come out otherwise, because neither its test nor
any other file but tests has changed since; --fresh runs everything, and so does a check with CI set.
The last line is "N passed, N failed, N skipped"; the exit status is 1 when anything failed.
A test file that starts with "// Runs alone: <why>" runs with nothing beside it. A file of interop, e2e, crash, hub or web that
failed beside others runs once more at the end, by itself; what passes then is shown as unsteady, with what failed before.
`;
const wholeLimitMs = 60 * 60_000;
/** Whole plants and sites wait for most of their time; with more of them a processor they would wait for each other. */
const mostLanes = 5;
const timesPath = 'node_modules/.cache/check-times.json';

const standingPath = 'node_modules/.cache/check-standing.json';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs the steps on as many lanes as asked for, then those that want to be alone. */
async function runAll(steps: readonly Step[], lanes: number, standing?: Standing): Promise<Result[]> {
  const results = new Map<Step, Result>();
  const times = new Map(readTimes(timesPath));
  const drain = async (queue: Step[]): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const result = await step.run();
      show(step, result);
      results.set(step, result);
      times.set(step.title, result.ms);
      standing?.take(step, result, Date.now());
    }
  };
  const together = longestFirst(
    steps.filter((step) => !step.alone),
    times,
  );
  await Promise.all(Array.from({ length: lanes }, () => drain(together)));
  await drain(steps.filter((step) => step.alone));
  await runUnsteadyAgain(results, show);
  writeTimes(timesPath, times);
  return [...results.values()];
}

function show(step: Step, { passed, failed, skipped, ms, shown }: Result): void {
  const parts = [
    `${passed} passed`,
    ...(failed ? [`${failed} failed`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ];
  print(`${failed ? '✗' : '✓'} ${step.title}: ${parts.join(', ')} (${(ms / 1000).toFixed(1)} s)`);
  for (const text of shown) print(text.replaceAll(/^/gm, '    '));
}

/** Takes out what still stands from an earlier check, and says so. @returns its results and the steps to run */
function sift(steps: readonly Step[], standing: Standing | undefined): [Result[], Step[]] {
  const stand = new Map(steps.map((step) => [step, standing?.of(step, Date.now())]));
  const results = [...stand.values()].filter((result) => result !== undefined);
  if (results.length > 0)
    print(
      `${results.length} of ${steps.length} steps stand: they passed, and nothing has changed since (--fresh runs them)`,
    );
  for (const text of results.flatMap(({ shown }) => shown)) print(text.replaceAll(/^/gm, '    '));
  return [results, steps.filter((step) => stand.get(step) === undefined)];
}

/** Prints the last line; whether all is well. A check that ran no test is not well. */
function conclude(results: readonly Result[]): boolean {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0);
  const idle = sum('passed') + sum('failed') === 0;
  if (idle) print('nothing was run; see scripts/check --help');
  const unsteady = results.reduce((total, result) => total + (result.unsteady ?? 0), 0);
  if (unsteady > 0) print(`${unsteady} unsteady: failed beside others, passed alone; see above`);
  print(`${sum('passed')} passed, ${sum('failed') + (idle ? 1 : 0)} failed, ${sum('skipped')} skipped`);
  return !idle && sum('failed') === 0;
}

function stopOnSignals(): void {
  const stop = (why: string, status: number) => {
    killAll();
    print(why);
    process.exit(status);
  };
  process.once('SIGINT', () => stop('interrupted', 130));
  process.once('SIGTERM', () => stop('terminated', 143));
  setTimeout(
    () => stop(`not done after ${wholeLimitMs / 60_000} minutes\n0 passed, 1 failed, 0 skipped`, 1),
    wholeLimitMs,
  ).unref();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    fresh: { type: 'boolean' },
    jobs: { type: 'string', short: 'j' },
  },
});
if (values.help) {
  process.stdout.write(usage);
} else {
  stopOnSignals();
  const packageList = 'scripts/packages.txt';
  const packages = await installPackages(packageList);
  for (const line of packages) print(`packages: ${line}`);
  // Which steps there are depends on the tools that are there.
  const steps = positionals.length > 0 ? chosenSteps(positionals) : allSteps();
  const lanes = Number(values.jobs ?? Math.min(mostLanes, availableParallelism() + 1));
  const contents = contentsOf('.');
  const standing = contents && new Standing(standingPath, contents, surroundings(namesIn(packageList)));
  const isWhole = positionals.length === 0 && !values.fresh && !process.env.CI;
  const [stand, left] = sift(steps, isWhole ? standing : undefined);
  const results = await runAll(left, lanes, standing);
  standing?.save(contentsOf('.'));
  process.exitCode = conclude([...stand, ...results]) ? 0 : 1;
}

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { killAll } from './child.ts';
import { installPackages } from './debian.ts';
import { allSteps, chosenSteps, type Step } from './steps.ts';
import type { Result } from './test-run.ts';
import { longestFirst, readTimes, writeTimes } from './times.ts';

const usage = `scripts/check [--jobs N] [step | part of a test file's path | pattern]...
Without a name: everything. Steps: types, lint, unused, shell, unit, table, plant, interop, e2e, crash, fuzz.
The last line is "N passed, N failed, N skipped"; the exit status is 1 when anything failed.
A test file that starts with "// Runs alone: <why>" runs with nothing beside it.
`;
const wholeLimitMs = 40 * 60_000;
/** Each lane may run whole plants and sites: with more than a lane a processor they wait for each other. */
const mostLanes = 3;
const timesPath = 'node_modules/.cache/check-times.json';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs the steps on as many lanes as asked for, then those that want to be alone. */
async function runAll(steps: readonly Step[], lanes: number): Promise<Result[]> {
  const results: Result[] = [];
  const times = new Map(readTimes(timesPath));
  const drain = async (queue: Step[]): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const result = await step.run();
      show(step, result);
      results.push(result);
      times.set(step.title, result.ms);
    }
  };
  const together = longestFirst(
    steps.filter((step) => !step.alone),
    times,
  );
  await Promise.all(Array.from({ length: lanes }, () => drain(together)));
  await drain(steps.filter((step) => step.alone));
  writeTimes(timesPath, times);
  return results;
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

/** Prints the last line; whether all is well. A check that ran no test is not well. */
function conclude(results: readonly Result[]): boolean {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0);
  const idle = sum('passed') + sum('failed') === 0;
  if (idle) print('nothing was run; see scripts/check --help');
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
  options: { help: { type: 'boolean', short: 'h' }, jobs: { type: 'string', short: 'j' } },
});
if (values.help) {
  process.stdout.write(usage);
} else {
  stopOnSignals();
  const packages = await installPackages('scripts/packages.txt');
  for (const line of packages) print(`packages: ${line}`);
  // Which steps there are depends on the tools that are there.
  const steps = positionals.length > 0 ? chosenSteps(positionals) : allSteps();
  const lanes = Number(values.jobs ?? Math.min(mostLanes, availableParallelism()));
  process.exitCode = conclude(await runAll(steps, lanes)) ? 0 : 1;
}

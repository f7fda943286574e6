import { existsSync, globSync, readFileSync } from 'node:fs';
import { type Outcome, runChild } from './child.ts';
import { type Limits, type Result, runTests, tail } from './test-run.ts';

export interface Step {
  /** What `scripts/check <name>` selects: all steps of that name. */
  readonly name: string;
  /** What is printed: the name, with the file where a file is a step. */
  readonly title: string;
  /** Runs after all others with nothing beside it: it measures time, or it takes the whole machine. */
  readonly alone: boolean;
  run(): Promise<Result>;
}

const unitFiles = ['src/**/*.test.ts', 'plant/**/*.test.ts', 'tools/**/*.test.ts'];
const unitLimits: Limits = { testMs: 60_000, processMs: 180_000 };
const fileLimits: Limits = { testMs: 180_000, processMs: 240_000 };
const staticLimitMs = 180_000;

/** Each file of these folders is a process of its own. */
const folders = {
  table: 'test/architecture.test.ts',
  interop: 'test/interop/**/*.test.ts',
  e2e: 'test/e2e/**/*.test.ts',
  crash: 'test/crash/**/*.test.ts',
  fuzz: 'test/fuzz/**/*.test.ts',
};

/** Every step of a whole check, the longest first where they run side by side. */
export function allSteps(): Step[] {
  const perFile = Object.entries(folders).flatMap(([name, pattern]) =>
    globSync(pattern)
      .sort()
      .map((file) => fileStep(name, file)),
  );
  return [...staticSteps(), unitStep(globSync(unitFiles).sort()), ...perFile];
}

/** The steps named, or those of the test files whose path contains the word or matches the pattern. */
export function chosenSteps(words: readonly string[]): Step[] {
  const all = allSteps();
  return words.flatMap((word) => {
    const named = all.filter((step) => step.name === word);
    if (named.length > 0) return named;
    const unit = globSync(unitFiles)
      .filter((file) => fits(file, word))
      .sort();
    const files = all.filter((step) => step.title !== step.name && fits(step.title, word));
    return unit.length > 0 ? [unitStep(unit), ...files] : files;
  });
}

const fits = (file: string, word: string): boolean => file.includes(word) || globSync(word).includes(file);

function staticSteps(): Step[] {
  const shell = [
    'holdfast',
    '.ci/run',
    ...globSync('scripts/*').filter((file) => /^#!\/bin\/sh|^# shellcheck /.test(readFileSync(file, 'utf8'))),
  ];
  const steps = [
    staticStep('types', 'tsc', ['--noEmit']),
    staticStep('lint', 'biome', ['check', '--error-on-warnings', '--max-diagnostics=50', '.']),
    staticStep('unused', 'knip', ['--no-progress']),
  ];
  if (existsSync('/usr/bin/shellcheck'))
    steps.push(commandStep('shell', '/usr/bin/shellcheck', ['-s', 'sh', '-x', ...shell]));
  return steps;
}

const staticStep = (name: string, tool: string, args: readonly string[]): Step =>
  commandStep(name, `node_modules/.bin/${tool}`, args);

/** A program that judges the code by its exit status: one test. */
function commandStep(name: string, command: string, args: readonly string[]): Step {
  const verdict = ({ status, output, ms, overdue }: Outcome): Result => {
    const ok = status === 0;
    const shown = ok
      ? []
      : [...tail(output, 200), ...(overdue ? [`killed after ${staticLimitMs / 1000} s`] : [])];
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, ms, shown };
  };
  return {
    name,
    title: name,
    alone: false,
    run: async () => verdict(await runChild(command, args, staticLimitMs)),
  };
}

const unitStep = (files: readonly string[]): Step => ({
  name: 'unit',
  title: 'unit',
  alone: false,
  run: () => runTests(files, unitLimits),
});

const fileStep = (name: string, file: string): Step => ({
  name,
  title: file,
  alone: /^\/\/ Runs alone: \S/.test(readFileSync(file, 'utf8')),
  run: () => runTests([file], fileLimits),
});

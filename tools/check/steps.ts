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
  /** Runs sites, plants, browsers or peers, which share the processors with what runs beside. */
  readonly wholeProcesses?: boolean;
  /** The test files that it runs; absent where it looks at every file there is. */
  readonly files?: readonly string[];
  run(): Promise<Result>;
}

const testFiles = '{src,plant,web,tools,bench,test}/**/*.test.ts';
const unitLimits: Limits = { testMs: 60_000, processMs: 300_000 };
const fileLimits: Limits = { testMs: 270_000, processMs: 330_000 };
/** Browsers draw every page many times over: on a slow machine they take several times as long as anything else. */
const webLimits: Limits = { testMs: 540_000, processMs: 600_000 };
const staticLimitMs = 180_000;
/** Unit tests of all files in one process take longer than any other step, while other lanes have nothing left. */
const UNIT_FILES = 45;

/** Every step of a whole check. No test file can be left out: what has no folder of its own is a unit test. */
export function allSteps(): Step[] {
  return [...staticSteps(), ...testSteps(globSync(testFiles).sort())];
}

/** The steps named, or those of the test files whose path contains the word or matches the pattern. */
export function chosenSteps(words: readonly string[]): Step[] {
  const all = allSteps();
  return words.flatMap((word) => {
    const named = all.filter((step) => step.name === word);
    return named.length > 0 ? named : testSteps(globSync(testFiles).filter((file) => fits(file, word)));
  });
}

/** Unit tests share a few processes, but for those with hooks; every other file is a process of its own. */
function testSteps(files: readonly string[]): Step[] {
  const shared = files.filter((file) => nameOf(file) === 'unit' && !hasHooks(file));
  const own = files.filter((file) => !shared.includes(file));
  return [
    ...dealt(shared, UNIT_FILES).map((hand, i, { length }) =>
      unitStep(hand, length > 1 ? ` ${i + 1} of ${length}` : ''),
    ),
    ...own.map((file) => fileStep(nameOf(file), file)),
  ];
}

/** In hands of so many at most: neighbours, which take about as long, go to different ones. */
export function dealt(files: readonly string[], most: number): string[][] {
  const hands = Math.ceil(files.length / most);
  return Array.from({ length: hands }, (_, hand) => files.filter((_, i) => i % hands === hand));
}

function nameOf(file: string): string {
  if (file === 'test/architecture.test.ts') return 'table';
  return /^test\/(plant|interop|e2e|crash|fuzz|hub|web)\//.exec(file)?.[1] ?? 'unit';
}

/** Hooks at the top of a file would be those of all files in the process: begun with the first test, ended after the last. */
const hasHooks = (file: string): boolean =>
  /^(before|after|beforeEach|afterEach)\(/m.test(readFileSync(file, 'utf8'));

const fits = (file: string, word: string): boolean => file.includes(word) || globSync(word).includes(file);

function staticSteps(): Step[] {
  const shell = [
    'holdfast',
    '.ci/run',
    ...globSync('scripts/*').filter((file) => /^#!\/bin\/sh|^# shellcheck /.test(readFileSync(file, 'utf8'))),
  ];
  const steps = [
    staticStep('types', 'tsc', ['--noEmit']),
    staticStep('web-types', 'tsc', ['--noEmit', '-p', 'web']),
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

const unitStep = (files: readonly string[], which: string): Step => ({
  name: 'unit',
  title: `unit${which}`,
  alone: false,
  files,
  run: () => runTests(files, unitLimits),
});

const fileStep = (name: string, file: string): Step => ({
  name,
  // The import table is held against every file.
  ...(name !== 'table' && { files: [file] }),
  title: file,
  alone: /^\/\/ Runs alone: \S/.test(readFileSync(file, 'utf8')),
  wholeProcesses: /^test\/(interop|e2e|crash|hub|web)\//.test(file),
  run: () => runTests([file], name === 'web' ? webLimits : fileLimits),
});

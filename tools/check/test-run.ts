import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type Outcome, runChild } from './child.ts';
import type { ReportLine } from './reporter.ts';

export interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
  /** Tests that failed when the file ran beside others, and passed when it ran alone. */
  readonly unsteady?: number;
  /** What to show: failures, and why tests were skipped; empty when all went well. */
  readonly shown: readonly string[];
}

export interface Limits {
  readonly testMs: number;
  readonly processMs: number;
}

/** Runs test files together in one process; the parent counts, so that a crash or a hang counts as a failure too. */
export async function runTests(files: readonly string[], limits: Limits): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
  try {
    const events = join(folder, 'events');
    const outcome = await runChild(process.execPath, testArguments(files, events, limits), limits.processMs);
    return judge(outcome, linesOf(events), limits);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const testArguments = (files: readonly string[], events: string, limits: Limits): string[] => [
  '--disable-warning=ExperimentalWarning',
  '--test',
  '--test-isolation=none',
  `--test-timeout=${limits.testMs}`,
  `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
  `--test-reporter-destination=${events}`,
  ...files,
];

function linesOf(path: string): ReportLine[] {
  try {
    const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as ReportLine);
  } catch {
    return []; // it ended before the first test
  }
}

function judge(outcome: Outcome, lines: readonly ReportLine[], limits: Limits): Result {
  const count = (kind: ReportLine['kind']) => lines.filter((line) => line.kind === kind).length;
  const troubles = troublesOf(outcome, lines, limits);
  const failures = lines.filter((line) => line.kind === 'fail').map(showFailure);
  const skips = lines
    .filter((line) => line.kind === 'skip')
    .map((line) => `skipped: ${line.name}${because(line)}`);
  const printed = failures.length + troubles.length > 0 ? tail(outcome.output) : [];
  return {
    passed: count('pass'),
    failed: count('fail') + troubles.length,
    skipped: count('skip'),
    ms: outcome.ms,
    shown: [...skips, ...failures, ...troubles, ...printed],
  };
}

/** What went wrong with the process itself; each counts as one failure. */
function troublesOf(outcome: Outcome, lines: readonly ReportLine[], limits: Limits): string[] {
  if (outcome.overdue) {
    const open = unfinished(lines);
    const last =
      open.length > 0
        ? `unfinished: ${open.join('; ')}`
        : 'no test is known to be unfinished: something is left open, or a loop never yields';
    return [`✗ killed after ${limits.processMs / 1000} s; ${last}`];
  }
  const troubles: string[] = [];
  const left = outcome.leftBehind;
  if (left.length > 0)
    troubles.push(`✗ processes were left running and have been killed: ${left.join('; ')}`);
  if (lines.every((line) => line.kind === 'begin')) troubles.push('✗ no test was run');
  else if (outcome.status !== 0 && !lines.some((line) => line.kind === 'fail'))
    troubles.push(`✗ the test process ended with status ${outcome.status ?? 'none (a signal)'}`);
  return troubles;
}

function unfinished(lines: readonly ReportLine[]): string[] {
  const open = new Set<string>();
  for (const line of lines) {
    if (line.kind === 'begin') open.add(line.name);
    else open.delete(line.name);
  }
  return [...open];
}

const because = (line: ReportLine): string => (line.reason ? `: ${line.reason}` : '');

function showFailure(line: ReportLine): string {
  const at = `${relative(process.cwd(), line.file)}:${line.line}`;
  return `✗ ${line.name}\n  ${at}\n${indent(line.error ?? '')}`;
}

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');

/** The end of what a program printed: enough to see the cause. */
export function tail(output: string, lines = 60): string[] {
  const text = output.trimEnd();
  return text === '' ? [] : [text.split('\n').slice(-lines).join('\n')];
}

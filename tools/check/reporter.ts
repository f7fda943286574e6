import type { TestEvent } from 'node:test/reporters';

/** One line of JSON for each test that started or ended, for `test-run.ts`, which may have to read it after a kill. */
export interface ReportLine {
  readonly kind: 'begin' | 'pass' | 'skip' | 'fail';
  /** Names of the suites around it and its own. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Of a failure: what was expected, and where in our files. */
  readonly error?: string;
  /** Of what is skipped: why. */
  readonly reason?: string;
}

interface Known {
  readonly name: string;
  readonly parentId: number;
}

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter only as the default export
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const known = new Map<number, Known>();
  for await (const event of source) {
    if (event.type === 'test:enqueue') known.set(idOf(event.data), event.data as unknown as Known);
    const line = lineOf(event, known);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

const idOf = (data: object): number => (data as { testId?: number }).testId ?? 0;

function lineOf(event: TestEvent, known: ReadonlyMap<number, Known>): ReportLine | undefined {
  if (event.type !== 'test:dequeue' && event.type !== 'test:pass' && event.type !== 'test:fail')
    return undefined;
  const { data } = event;
  const where = { name: fullName(idOf(data), data.name, known), file: data.file ?? '', line: data.line ?? 0 };
  if (event.type === 'test:dequeue') return { kind: 'begin', ...where };
  const mark = event.data.skip ?? event.data.todo;
  if (mark !== undefined) return { kind: 'skip', ...where, reason: mark === true ? '' : String(mark) };
  if (event.type === 'test:fail') {
    const error = event.data.details.error as Error & { failureType?: string };
    // Its subtests have been counted each by itself.
    if (error.failureType === 'subtestsFailed') return undefined;
    return { kind: 'fail', ...where, error: describe(error.cause ?? error) };
  }
  // Node counts a file without tests as a test that passed.
  const counts = event.data.details.type !== 'suite' && data.name !== data.file;
  return counts ? { kind: 'pass', ...where } : undefined;
}

function fullName(id: number, name: string, known: ReadonlyMap<number, Known>): string {
  const names = [name];
  let parent = known.get(known.get(id)?.parentId ?? 0);
  while (parent !== undefined) {
    names.unshift(parent.name);
    parent = known.get(parent.parentId);
  }
  return names.join(' › ');
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/node:|node_modules/.test(line));
  const cause = error.cause === undefined ? [] : [`caused by ${describe(error.cause)}`];
  return [`${error.name}: ${error.message}`, ...frames.slice(0, 6), ...cause].join('\n');
}

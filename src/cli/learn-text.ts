import { age, bold, dim, green, number, red, table, yellow } from '#cli/text.ts';
import type { LearningReport, LearningStatus } from '#contract/client.ts';
import { contextLearned } from '#contract/learning.ts';

const SHOWN = {
  fit: green('fit'),
  doubtful: yellow('doubtful'),
  unfit: red('unfit'),
} as const;

const time = (us: number): string => `${new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ')}`;

/** What a detector learned, and of what, for people. */
export function learningText(status: LearningStatus): string {
  const { id, fromUs, toUs, report } = status;
  const lines = [`${bold(id)}: ${time(fromUs)} to ${time(toUs)} UTC (${age((toUs - fromUs) / 1000)})`];
  if (report) lines.push(...reportLines(report), '');
  lines.push(ending(status));
  return lines.join('\n');
}

function reportLines({ rows, fit, findings, signals, contexts = [] }: LearningReport): string[] {
  const value = (one: number | null): string => (one === null ? '–' : number(one, 2));
  const cells = signals.map(({ signal, known, low, high }) => [
    signal,
    `${Math.floor(1000 * known) / 10} %`,
    value(low),
    value(high),
  ]);
  const told = findings.map(({ fit: how, text }) => `${how === 'fit' ? dim('note') : SHOWN[how]}  ${text}`);
  return [
    `${number(rows)} moments of ${signals.length} signals; the period is ${SHOWN[fit]} to learn from`,
    ...['', table(['signal', 'known', 'least', 'greatest'], cells)],
    ...(contexts.length > 0 ? ['', contextTable(signals.at(-1)?.signal ?? '', contexts)] : []),
    ...(told.length > 0 ? ['', ...told] : []),
  ];
}

function contextTable(signal: string, contexts: NonNullable<LearningReport['contexts']>): string {
  const cells = contexts.map((one) => [
    one.context,
    number(one.moments),
    number(one.visits),
    one.learned === 0 ? yellow(contextLearned(one)) : contextLearned(one),
  ]);
  return table([signal, 'moments', 'times', 'learned'], cells);
}

function ending({ state, dryRun, digest = '' }: LearningStatus): string {
  if (state === 'refused')
    return 'nothing was learned: name another period, or add --force --why where something could be learned at all';
  if (dryRun) return 'a dry run: nothing was kept';
  return `learned as ${digest.slice(0, 12)}; the detector goes on with it`;
}

import type { Figure, Spread } from './runs.ts';

/* A figure as text, the same in the terminal and in the pages. */

export const HEAD = ['what', 'ours', 'peer', 'ratio', 'goal', 'runs', ''];

export function cellsOf(figure: Figure): string[] {
  const { unit, ours, peer, ratio, note, runs } = figure;
  return [
    nameOf(figure),
    `${withSpread(ours)} ${unit}`,
    peer ? `${withSpread(peer)} (${peer.name})` : '',
    ratio ? `${withSpread(ratio)} ×` : '',
    goalText(figure),
    String(runs),
    note ?? '',
  ];
}

const nameOf = ({ what, growth }: Figure): string =>
  growth ? `${growth.table}, ${shown(growth.at)} ${growth.axis}: ${what}` : what;

/** The median, and behind it the least and the most, where they differ in what is shown. */
export const withSpread = ({ median, least, most }: Spread): string =>
  shown(least) === shown(most) ? shown(median) : `${shown(median)} (${shown(least)} to ${shown(most)})`;

function goalText({ goal, goalRatio, ours, ratio }: Figure): string {
  const goals: string[] = [];
  if (goal && 'least' in goal) goals.push(verdict(`≥ ${shown(goal.least)}`, ours.median >= goal.least));
  if (goal && 'most' in goal) goals.push(verdict(`≤ ${shown(goal.most)}`, ours.median <= goal.most));
  if (goalRatio !== undefined) {
    goals.push(
      ratio ? verdict(`≥ ${goalRatio} ×`, ratio.median >= goalRatio) : `≥ ${goalRatio} ×: no peer ran`,
    );
  }
  return goals.join(', ');
}

const verdict = (goal: string, reached: boolean): string => `${goal} ${reached ? 'reached' : 'missed'}`;

/** Three significant digits, with thousands apart. */
export function shown(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

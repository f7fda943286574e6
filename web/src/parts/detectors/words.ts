import type { DetectorStatus } from '#contract/client.ts';

export type DetectorKind = DetectorStatus['kind'];
export type Verdict = 'true' | 'false' | 'known';

/** What a detector of a kind looks for. */
const KINDS: { readonly [kind: string]: readonly [string, string] } = {
  drift: ['drift', 'levels that leave their usual company'],
  unusual: ['unusual', 'values that were never seen together'],
  frozen: ['frozen', 'a sensor that says the same for too long'],
  noise: ['noise', 'a spread that is not as it was'],
  relation: ['relation', 'a value that the others do not explain'],
  balance: ['balance', 'what does not add up'],
  limit: ['way to a limit', 'a trend that reaches a limit soon'],
  'remaining-life': ['time left', 'how long it still does'],
  season: ['season', 'a value that is not usual at this hour, or for this product'],
  model: ['model', 'what a model of one’s own says'],
};

export const kindName = (kind: DetectorKind): string => KINDS[kind]?.[0] ?? kind;
export const kindAbout = (kind: DetectorKind): string => KINDS[kind]?.[1] ?? '';

export const STATES: { readonly [state in DetectorStatus['state']]: readonly [string, string] } = {
  found: ['found', 'it finds something now'],
  watching: ['watching', 'nothing that it would not know'],
  resting: [
    'resting',
    'its condition of rest holds, or held until a moment ago; or it has not learned what there is now',
  ],
  'warming-up': ['warming up', 'nothing is wrong: it waits for its first values, or for enough of them'],
  unknown: ['unknown', 'a value that it needs is bad or missing'],
  'not-learned': ['not learned', 'it has nothing to go by before it learns from a period of good running'],
};

export const VERDICTS: readonly (readonly [Verdict, string, string])[] = [
  ['true', 'True', 'There was something.'],
  ['false', 'False', 'There was nothing: it counts as a false alert.'],
  ['known', 'Known', 'It stands, and somebody knows of it: it is shown quietly.'],
];

/** Never quite sure, and never sure of the opposite. */
export const certaintyText = (certainty: number): string =>
  `${Math.min(99, Math.max(1, Math.round(certainty * 100)))} % sure`;

/** A tag that a detector looks at, as people call it: what a balance looks at is its expression. */
export const lookedAtName = (kind: DetectorKind, asset: string, path: string): string =>
  kind === 'balance' ? 'the balance' : nameIn(asset, path);

/** Path of a tag as its asset calls it. */
export const nameIn = (asset: string, path: string): string =>
  asset !== '' && path.startsWith(`${asset}/`) ? path.slice(asset.length + 1) : path;

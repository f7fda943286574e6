import type { Detector } from '#decide/detectors/api.ts';
import type { Waits } from '#decide/detectors/waiting.ts';
import type { Standing } from '#decide/rules/alert.ts';
import type { Tag } from '#kernel/tag-table.ts';

export type DetectorState = 'watching' | 'found' | 'resting' | 'warming-up' | 'unknown' | 'not-learned';

/** A detector as people see it. */
export interface DetectorView {
  readonly id: string;
  readonly state: DetectorState;
  /** Of one that rests by itself, and not by its condition: why. */
  readonly whyRest?: string;
  /** While it warms up. */
  readonly waits?: Waits;
  /** NaN while it is not known. */
  readonly ratio: number;
  readonly certainty: number;
  /** What it found, while that stands; steady time. */
  readonly standing?: Standing;
  /** What its tags say now. */
  reasons(): readonly FoundReason[];
  /** Those that it goes on with. */
  readonly settings: { readonly [name: string]: number };
  /** Those of the site file that take effect once it learns anew. */
  readonly waiting: readonly string[];
  readonly fault?: string;
  /** Of the learned file that it goes on with. */
  readonly digest?: string;
}

/** Why something is found, for people and for the record: JSON knows no NaN. */
export interface FoundReason {
  readonly tag: string;
  readonly share: number;
  readonly value: number | null;
  readonly expected: number | null;
  readonly deviation: number | null;
  readonly text: string;
}

/** Why a detector began or ended to find something, beside what every alert tells. */
export interface FoundBy {
  /** Its kind. */
  readonly detector: string;
  readonly certainty: number;
  /** Of one that ended: as they were when it was at its worst. */
  readonly reasons: readonly FoundReason[];
  /** What its tags said as it ended, of one that did. */
  readonly atEnd?: { readonly certainty: number; readonly text: string };
  /** A shadow tells nobody: only the record has it. */
  readonly shadow?: true;
}

/** More than people read, and the record holds. */
const MOST_REASONS = 5;
const MOST_SAID = 2;
/** Further ones are said only where they bear this part of the figure. */
const WORTH_SAYING = 0.2;

/** @param inputs what it looks at, in the order of its signals */
export function foundReasons(detector: Detector, inputs: readonly Tag[]): FoundReason[] {
  const { signals } = detector.learned;
  return detector
    .reasons(inputs.map(({ unit }) => unit ?? '1'))
    .slice(0, MOST_REASONS)
    .map(({ signal, share, value, expected, deviation, text }) => ({
      tag: inputs[signals.indexOf(signal)]?.path ?? signal,
      share: rounded(share) ?? 0,
      value: rounded(value),
      expected: rounded(expected),
      deviation: rounded(deviation),
      text,
    }));
}

const rounded = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : null;

/** What an alert says: the strongest reasons. */
export function textOf(reasons: readonly FoundReason[]): string {
  const said = reasons.filter(({ share }, i) => i === 0 || share >= WORTH_SAYING).slice(0, MOST_SAID);
  return said.map(({ text }) => text).join('; ') || 'its figure is beyond the limit';
}

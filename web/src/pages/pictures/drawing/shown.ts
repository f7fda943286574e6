import type { Picture, TagValue } from '#contract/client.ts';
import { classOfName } from '../../../parts/quality.ts';
import { unitText } from '../../../parts/unit.ts';

export type Binding = Picture['bindings'][string];
export type Bindings = Picture['bindings'];

/**
 * How far a value may be believed. `awaited`: the site has not said it yet. `uncertain`: it is shown, and marked.
 * `unknown`: it is bad, and what was there before is not shown in its place.
 */
export type Doubt = 'none' | 'awaited' | 'uncertain' | 'unknown';

/** What one element shows now; a part is absent where the element does not show it, or where nobody knows. */
export interface Shown {
  readonly doubt: Doubt;
  readonly text?: string;
  /** A role of a colour, or #rrggbb. */
  readonly fill?: string;
  /** 0 is empty, 1 is full. */
  readonly level?: number;
  /** Clockwise. */
  readonly degrees?: number;
  readonly isVisible?: boolean;
}

export type Range = readonly [low: number, high: number];

/**
 * @param range of the tag, for parts that name none
 * @param isCut the site does not answer: what came before it fell silent is in doubt
 */
export function shownOf(
  binding: Binding,
  live: TagValue | undefined,
  range: Range | undefined,
  isCut: boolean,
): Shown {
  const { tag, value, fill, level, rotation, visible } = binding;
  if (tag === undefined) return { doubt: 'none' };
  const doubt = doubtOf(live, isCut);
  const isKnown = live !== undefined && (doubt === 'none' || doubt === 'uncertain');
  if (!isKnown) return { doubt, ...(value && { text: doubt === 'awaited' ? '…' : '?' }) };
  const state = stateOf(live);
  const part = (own: Range | undefined) => shareOf(live.value, own ?? range);
  const turned = rotation && part(rotation.range);
  const filled = level && part(level.range);
  // A level or an angle between ends that nobody has named cannot be drawn, and is not guessed.
  const isLost = (rotation && turned === undefined) || (level && filled === undefined);
  return {
    doubt: isLost ? 'unknown' : doubt,
    ...(value && { text: `${doubt === 'uncertain' ? '? ' : ''}${textOf(live, value)}` }),
    ...(fill && { fill: (state === undefined ? undefined : fill.states[state]) ?? fill.otherwise }),
    ...(filled !== undefined && { level: filled }),
    ...(rotation && turned !== undefined && { degrees: between(rotation.degrees, turned) }),
    ...(visible && { isVisible: state !== undefined && visible.states.includes(state) }),
  };
}

function doubtOf(live: TagValue | undefined, isCut: boolean): Doubt {
  if (!live) return isCut ? 'unknown' : 'awaited';
  const quality = classOfName(live.quality);
  if (quality === 'bad' || live.value === null) return 'unknown';
  return quality === 'uncertain' || isCut ? 'uncertain' : 'none';
}

/** Name of a state as the site file writes it. */
const stateOf = ({ value, state }: TagValue): string | undefined =>
  typeof value === 'boolean'
    ? String(value)
    : (state ?? (typeof value === 'number' ? String(value) : undefined));

function textOf({ value, state, unit }: TagValue, how: NonNullable<Binding['value']>): string {
  if (state !== undefined) return state.replaceAll('_', ' ');
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const text = typeof value === 'number' ? value.toFixed(how.decimals) : String(value);
  const behind = how.unit ? unitText(unit) : '';
  return behind === '' ? text : `${text}\u00a0${behind}`;
}

function shareOf(value: TagValue['value'], range: Range | undefined): number | undefined {
  if (typeof value !== 'number' || !range) return undefined;
  const [low, high] = range;
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

const between = ([from, to]: Range, share: number): number => from + (to - from) * share;

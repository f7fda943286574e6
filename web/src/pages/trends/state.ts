import type { SavedView } from '#contract/client.ts';
import type { When } from '../../parts/trend/span.ts';
import { isLive } from '../../parts/trend/span.ts';

/** One line as it was chosen: a tag, or a calculation. */
export type Chosen = (
  | { readonly path: string }
  | {
      readonly calc: string;
      /** Bare names in it are signals of this asset. */
      readonly asset: string;
    }
) & {
  /** 0 to 3; that of its unit when absent. */
  readonly axis?: number;
  readonly isHidden?: boolean;
};

/** All that makes a view of trends; the address has it, so that a link shows the same. */
export interface TrendState {
  readonly chosen: readonly Chosen[];
  readonly when: When;
  /** How much earlier than the lines are compared with, in seconds. */
  readonly earlierS?: number;
}

const HOUR_S = 3600;
export const FIRST: TrendState = { chosen: [], when: { lastS: HOUR_S } };

export const keyOf = (one: Chosen): string => ('path' in one ? one.path : `= ${one.asset} ${one.calc}`);

const FLAGS = /^(.*);([0-3]?)(h?)$/s;

function flagged(text: string, { axis, isHidden }: Chosen): string {
  const flags = `${axis ?? ''}${isHidden ? 'h' : ''}`;
  // One that looks as if it had flags must have some.
  return flags === '' && !FLAGS.test(text) ? text : `${text};${flags}`;
}

function unflagged(given: string): { text: string; flags: Pick<Chosen, 'axis' | 'isHidden'> } {
  const [, text, axis, hidden] = FLAGS.exec(given) ?? [];
  if (text === undefined) return { text: given, flags: {} };
  return { text, flags: { ...(axis && { axis: Number(axis) }), ...(hidden && { isHidden: true }) } };
}

/** What stands behind `#/trends?`. */
export function queryOf({ chosen, when, earlierS }: TrendState): URLSearchParams {
  const query = new URLSearchParams();
  for (const one of chosen) {
    if ('path' in one) query.append('tag', flagged(one.path, one));
    else query.append('calc', flagged(`${one.asset}|${one.calc}`, one));
  }
  if (isLive(when)) query.append('last', String(when.lastS));
  else {
    query.append('from', isoOf(when.from));
    query.append('to', isoOf(when.to));
  }
  if (earlierS !== undefined) query.append('earlier', String(earlierS));
  return query;
}

const isoOf = (time: number): string => new Date(Math.round(time * 1000)).toISOString();

/** What an address says; what makes no sense in it is passed over. */
export function stateOf(query: URLSearchParams): TrendState {
  const chosen: Chosen[] = [];
  const seen = new Set<string>();
  for (const [name, given] of query) {
    const { text, flags } = unflagged(given);
    const cut = text.indexOf('|');
    const one =
      name === 'tag' && text !== ''
        ? { path: text, ...flags }
        : name === 'calc' && cut >= 0 && text.length > cut + 1
          ? { asset: text.slice(0, cut), calc: text.slice(cut + 1), ...flags }
          : undefined;
    if (!one || seen.has(keyOf(one))) continue;
    seen.add(keyOf(one));
    chosen.push(one);
  }
  const earlier = Number(query.get('earlier'));
  return { chosen, when: whenOf(query), ...(earlier > 0 && { earlierS: earlier }) };
}

function whenOf(query: URLSearchParams): When {
  const last = Number(query.get('last'));
  if (last > 0) return { lastS: last };
  const from = Date.parse(query.get('from') ?? '') / 1000;
  const to = Date.parse(query.get('to') ?? '') / 1000;
  return to > from ? { from, to } : FIRST.when;
}

/** What is kept under a name: all but what is hidden and what it is compared with. */
export function viewOf(name: string, { chosen, when }: TrendState, by: string) {
  const tags = chosen.flatMap((one) =>
    'path' in one ? [{ path: one.path, ...(one.axis !== undefined && { axis: one.axis }) }] : [],
  );
  const calculations = chosen.flatMap((one) =>
    'calc' in one
      ? [{ expression: one.calc, asset: one.asset, ...(one.axis !== undefined && { axis: one.axis }) }]
      : [],
  );
  const time = isLive(when)
    ? { spanMs: when.lastS * 1000 }
    : { fromUs: Math.round(when.from * 1e6), toUs: Math.round(when.to * 1e6) };
  return { name, tags, ...(calculations.length > 0 && { calculations }), ...time, by };
}

export function stateOfView({ tags, calculations = [], spanMs, fromUs, toUs }: SavedView): TrendState {
  const when =
    fromUs !== undefined && toUs !== undefined
      ? { from: fromUs / 1e6, to: toUs / 1e6 }
      : { lastS: (spanMs ?? HOUR_S * 1000) / 1000 };
  const calculated = calculations.map(({ expression, asset, axis }) => ({
    calc: expression,
    asset,
    ...(axis !== undefined && { axis }),
  }));
  return { chosen: [...tags, ...calculated], when };
}

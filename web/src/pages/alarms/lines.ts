import type { AlarmStatus } from '#contract/client.ts';
import { isUnacknowledged } from '../../parts/alarms.ts';
import type { AlarmRecord, Raise } from './record-of.ts';

/** An alarm of the list. */
export interface AlarmLine {
  readonly key: string;
  readonly alarm: AlarmStatus;
  /** Place in its flood. */
  readonly part?: 'first' | 'follower';
  /** Not in this list any more; it stays where it was until nobody points at the list. */
  readonly isGone?: boolean;
}

/** What stands below the first alarm of a flood. */
export interface FoldLine {
  readonly key: string;
  readonly burst: number;
  /** What came first; named here where it does not stand any more. */
  readonly first: Raise;
  readonly isFirstGone: boolean;
  readonly followers: readonly AlarmStatus[];
  readonly isOpen: boolean;
}

export type Line = AlarmLine | FoldLine;

export const isFold = (line: Line): line is FoldLine => 'followers' in line;

/** Standing alarms of a burst from which on it is folded: what ISA-18.2 calls a flood. */
const FLOOD = 10;

/**
 * Folds floods: of each, what came first stands out with the rest below it, at the place of its most urgent one. Critical
 * ones that nobody has acknowledged are never folded: a list must not hide them.
 * @param open bursts that somebody has unfolded
 */
export function foldedLines(
  alarms: readonly AlarmStatus[],
  record: AlarmRecord | undefined,
  open: ReadonlySet<number>,
): readonly Line[] {
  const bursts = record ? burstsOf(record) : new Map<string, Raise>();
  const members = Map.groupBy(alarms, ({ id, firstOut }) => (firstOut > 0 ? bursts.get(id)?.seq : undefined));
  const told = new Set<number>();
  return alarms.flatMap((alarm) => {
    const first = alarm.firstOut > 0 ? bursts.get(alarm.id) : undefined;
    const some = first ? (members.get(first.seq) ?? []) : [];
    if (!first || some.length <= FLOOD) return [plain(alarm)];
    if (told.has(first.seq)) return [];
    told.add(first.seq);
    return floodLines(first, some, open.has(first.seq));
  });
}

export const plain = (alarm: AlarmStatus): AlarmLine => ({ key: alarm.id, alarm });

function floodLines(first: Raise, members: readonly AlarmStatus[], isOpen: boolean): readonly Line[] {
  const head = members.find(({ id, firstOut }) => id === first.alarm && firstOut === 1);
  const rest = members.filter((one) => one !== head);
  const isShown = (one: AlarmStatus) => one.priority === 'critical' && isUnacknowledged(one);
  const followers = rest.filter((one) => !isShown(one));
  const follower = (alarm: AlarmStatus): AlarmLine => ({ ...plain(alarm), part: 'follower' });
  const fold: FoldLine = {
    key: `fold ${first.seq}`,
    burst: first.seq,
    first,
    isFirstGone: head === undefined,
    followers,
    isOpen,
  };
  return [
    ...(head ? [{ ...plain(head), part: 'first' } as const] : []),
    ...rest.filter(isShown).map(follower),
    fold,
    ...(isOpen ? followers.toSorted((a, b) => a.firstOut - b.firstOut).map(follower) : []),
  ];
}

/** What came first in the burst of each alarm. A burst that began before the record is none: its first is not known. */
function burstsOf({ raises, lastRaise }: AlarmRecord): ReadonlyMap<string, Raise> {
  const found = new Map<string, Raise>();
  let first: Raise | undefined;
  for (const raise of raises) {
    if (raise.firstOut === 1) first = raise;
    if (first && lastRaise.get(raise.alarm) === raise) found.set(raise.alarm, first);
  }
  return found;
}

/** What is shown while somebody points at the list: every line where it was, with its newest content. */
export function heldLines(
  held: readonly Line[],
  now: readonly Line[],
  everywhere: ReadonlyMap<string, AlarmStatus>,
): { readonly lines: readonly Line[]; readonly fresh: readonly Line[] } {
  const byKey = new Map(now.map((line) => [line.key, line]));
  const keys = new Set(held.map(({ key }) => key));
  return {
    lines: held.map((line) => byKey.get(line.key) ?? gone(line, everywhere)),
    fresh: now.filter(({ key }) => !keys.has(key)),
  };
}

function gone(line: Line, everywhere: ReadonlyMap<string, AlarmStatus>): Line {
  if (isFold(line)) return line;
  const alarm = everywhere.get(line.key) ?? { ...line.alarm, state: 'normal', condition: false, firstOut: 0 };
  return { ...line, alarm, isGone: true };
}

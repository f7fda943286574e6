import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { isUnacknowledged } from '../../parts/alarms.ts';
import type { Asked, Sort } from './asked.ts';
import { isFold, type Line } from './lines.ts';
import type { AlarmRecord } from './record-of.ts';
import { raisedUs, whoOf } from './record-of.ts';
import { AlarmRow, FoldRow } from './row.tsx';

/** So many are drawn before somebody scrolls to the end of them: a flood of a thousand costs what a hundred cost. */
const AT_FIRST = 100;

const HEADS: readonly (readonly [string, Sort | undefined, string])[] = [
  ['alarm-sign', 'priority', 'Priority'],
  ['alarm-name', 'alarm', 'Alarm'],
  ['alarm-value', undefined, 'Now'],
  ['alarm-state', 'state', 'State'],
  ['alarm-response', undefined, 'What to do'],
  ['alarm-age', 'raised', 'Since'],
  ['alarm-times', undefined, '24 h'],
];

export interface ListProps {
  readonly lines: readonly Line[];
  readonly record: AlarmRecord | undefined;
  readonly asked: Pick<Asked, 'sort' | 'isReversed'>;
  readonly selected: ReadonlySet<string>;
  readonly opened: string;
  readonly maySelect: boolean;
  readonly onAsk: (change: Partial<Asked>) => void;
  readonly onSelect: (id: string, isOn: boolean) => void;
  readonly onOpen: (id: string) => void;
  readonly onToggle: (burst: number) => void;
  /** A key that does something with an alarm: `a`, `s`, `c`, Escape. */
  readonly onKey: (key: string, alarm: AlarmStatus | undefined) => void;
  readonly onKeyed: () => void;
}

/** Alarms as a grid: arrows go through it, Space selects, Enter shows details, A acknowledges. */
export function AlarmList(props: ListProps) {
  const { lines, record, asked, selected, opened, maySelect } = props;
  const grid = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState('');
  const [most, setMost] = useState(AT_FIRST);
  const at = Math.max(
    0,
    lines.findIndex(({ key }) => key === current),
  );
  const shown = lines.slice(0, Math.max(most, at + 2));

  const goTo = (to: number) => {
    const key = lines[Math.min(Math.max(to, 0), lines.length - 1)]?.key;
    if (key === undefined) return;
    setCurrent(key);
    requestAnimationFrame(() => {
      const row = grid.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
      row?.focus({ preventScroll: true });
      row?.scrollIntoView({ block: 'nearest' });
    });
  };
  const hear = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as HTMLElement).closest('[role="columnheader"]')) return;
    const line = lines[at];
    const act = actOf(event.key, event.shiftKey, { at, line, ...props, goTo });
    if (!act) return;
    event.preventDefault();
    props.onKeyed();
    act();
  };
  return (
    <div
      ref={grid}
      role="treegrid"
      className="alarm-grid"
      aria-label="Alarms"
      aria-multiselectable={maySelect}
      aria-rowcount={lines.length + 1}
      onKeyDown={hear}
      onFocus={(event) => {
        const key = (event.target as HTMLElement).closest<HTMLElement>('[data-key]')?.dataset.key;
        if (key !== undefined) setCurrent(key);
      }}
    >
      <div role="row" className="alarm-head" aria-rowindex={1}>
        <span role="columnheader" className="alarm-tick">
          <span className="unseen">Selected</span>
        </span>
        {HEADS.map(([name, sort, text]) => (
          <Head key={text} name={name} sort={sort} text={text} asked={asked} onAsk={props.onAsk} />
        ))}
      </div>
      {shown.map((line, i) =>
        isFold(line) ? (
          <FoldRow key={line.key} line={line} rank={i + 2} isCurrent={i === at} onToggle={props.onToggle} />
        ) : (
          <AlarmRow
            key={line.key}
            line={line}
            rank={i + 2}
            isSelected={selected.has(line.alarm.id)}
            isOpened={opened === line.alarm.id}
            isCurrent={i === at}
            isSelectable={maySelect}
            sinceUs={raisedUs(line.alarm, record)}
            times={record?.times.get(line.alarm.id) ?? 0}
            who={whoOf(line.alarm.id, record)}
            onSelect={props.onSelect}
            onOpen={props.onOpen}
          />
        ),
      )}
      {shown.length < lines.length && <More onSeen={() => setMost(most + AT_FIRST)} />}
    </div>
  );
}

interface Where extends ListProps {
  readonly at: number;
  readonly line: Line | undefined;
  readonly goTo: (at: number) => void;
}

const PAGE = 10;

/** What a key does at a line; undefined where it is none of ours. */
function actOf(key: string, isShift: boolean, where: Where): (() => void) | undefined {
  const { at, line, lines, goTo, selected, maySelect } = where;
  const alarm = line && !isFold(line) ? line.alarm : undefined;
  const steps: { readonly [key: string]: number } = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + PAGE,
    PageUp: at - PAGE,
    Home: 0,
    End: lines.length - 1,
  };
  const to = steps[key];
  if (to !== undefined) {
    return () => {
      const next = lines[to];
      if (isShift && maySelect)
        for (const one of [line, next]) if (one && !isFold(one)) where.onSelect(one.alarm.id, true);
      goTo(to);
    };
  }
  if (line && isFold(line) && (key === ' ' || key === 'Enter')) return () => where.onToggle(line.burst);
  if (key === ' ' && alarm && maySelect) return () => where.onSelect(alarm.id, !selected.has(alarm.id));
  if (key === 'Enter' && alarm) return () => where.onOpen(alarm.id);
  if (/^[asc]$/i.test(key) || key === 'Escape') return () => where.onKey(key.toLowerCase(), alarm);
  return undefined;
}

function Head({
  name,
  sort,
  text,
  asked,
  onAsk,
}: {
  readonly name: string;
  readonly sort: Sort | undefined;
  readonly text: string;
  readonly asked: Pick<Asked, 'sort' | 'isReversed'>;
  readonly onAsk: (change: Partial<Asked>) => void;
}) {
  if (!sort) {
    return (
      <span role="columnheader" className={name}>
        {text}
      </span>
    );
  }
  const isSorted = asked.sort === sort;
  const isUp = isSorted && asked.isReversed;
  return (
    <span
      role="columnheader"
      className={name}
      aria-sort={isSorted ? (isUp ? 'descending' : 'ascending') : undefined}
    >
      {/* A third press is the usual order again: the most urgent first. */}
      <button
        type="button"
        title={text}
        onClick={() => onAsk(isUp ? { sort: 'urgency', isReversed: false } : { sort, isReversed: isSorted })}
      >
        <span>{text}</span> {isSorted && <span aria-hidden="true">{isUp ? '↑' : '↓'}</span>}
      </button>
    </span>
  );
}

/** The end of what is drawn, which draws more when it comes near. */
function More({ onSeen }: { readonly onSeen: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const seen = useRef(onSeen);
  useEffect(() => {
    seen.current = onSeen;
  });
  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && seen.current(), {
      rootMargin: '600px',
    });
    if (place.current) watcher.observe(place.current);
    return () => watcher.disconnect();
  }, []);
  return <div ref={place} className="alarm-more" />;
}

/** Of the selected ones and the one at hand, those that an acknowledgement means. */
export const toAcknowledge = (alarms: readonly AlarmStatus[]): readonly AlarmStatus[] =>
  alarms.filter(isUnacknowledged);

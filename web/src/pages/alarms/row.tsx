import { memo } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { useLiveTag } from '../../data/live.ts';
import { Age } from '../../parts/age.tsx';
import { alarmName, isUnacknowledged, STATE_WORDS } from '../../parts/alarms.ts';
import { timeOfDay } from '../../parts/format.ts';
import { PRIORITIES, PrioritySign } from '../../parts/priority.tsx';
import { Value } from '../../parts/value.tsx';
import type { AlarmLine, FoldLine } from './lines.ts';

export interface RowProps {
  readonly line: AlarmLine;
  readonly rank: number;
  readonly isSelected: boolean;
  readonly isOpened: boolean;
  /** The one that the keyboard is at. */
  readonly isCurrent: boolean;
  readonly isSelectable: boolean;
  readonly sinceUs: number;
  readonly times: number;
  readonly who: string | undefined;
  readonly onSelect: (id: string, isOn: boolean) => void;
  readonly onOpen: (id: string) => void;
}

/** One alarm; drawn anew only where something of it has changed. */
export const AlarmRow = memo(function AlarmRow(props: RowProps) {
  const { line, rank, isSelected, isOpened, isCurrent, isSelectable, sinceUs, times, who } = props;
  const { alarm, part, isGone } = line;
  const { id, asset, priority, response, reads, state } = alarm;
  const waits = isUnacknowledged(alarm);
  const name = alarmName(alarm);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it hears the keys
    <div
      role="row"
      className="alarm-row"
      aria-rowindex={rank}
      aria-selected={isSelected}
      tabIndex={isCurrent ? 0 : -1}
      data-key={line.key}
      data-waits={waits || undefined}
      data-priority={priority}
      data-part={part}
      data-gone={isGone || undefined}
      data-opened={isOpened || undefined}
      onClick={() => props.onOpen(id)}
    >
      <span role="gridcell" className="alarm-tick">
        {isSelectable && (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${name} of ${asset}`}
            checked={isSelected}
            onClick={(event) => event.stopPropagation()}
            onChange={(event) => props.onSelect(id, event.target.checked)}
          />
        )}
      </span>
      <span role="gridcell" className="alarm-sign">
        <PrioritySign
          priority={priority}
          hollow={!waits}
          quiet={(isGone === true || state === 'normal') && !waits}
        />
        <span className="unseen">{priority}</span>
      </span>
      <span role="gridcell" className="alarm-name">
        <strong>{name}</strong>
        {part === 'first' && <span className="alarm-first">first out</span>}
        <span className="quiet">{asset || 'the site'}</span>
      </span>
      <span role="gridcell" className="alarm-value">
        {reads?.[0] !== undefined && <Now path={reads[0]} />}
      </span>
      <span role="gridcell" className="alarm-state">
        <State alarm={alarm} who={who} />
      </span>
      <span role="gridcell" className="alarm-response">
        {response}
      </span>
      <span role="gridcell" className="alarm-age">
        {sinceUs > 0 ? <Age sinceUs={sinceUs} /> : <span className="quiet">never</span>}
      </span>
      <span role="gridcell" className="number quiet alarm-times">
        {times > 1 ? (
          <>
            {times}
            <span aria-hidden="true">×</span>
            <span className="unseen"> times in a day</span>
          </>
        ) : null}
      </span>
    </div>
  );
});

const Now = ({ path }: { readonly path: string }) => <Value live={useLiveTag(path)} />;

/** What state it is in, and who brought it there. */
function State({ alarm, who }: { readonly alarm: AlarmStatus; readonly who: string | undefined }) {
  const { state, condition, shelvedUntilUs, comment } = alarm;
  return (
    <>
      <span className={isUnacknowledged(alarm) ? 'alarm-waits' : undefined}>{STATE_WORDS[state]}</span>
      <span className="quiet">
        {state === 'shelved' && shelvedUntilUs !== undefined && `until ${timeOfDay(shelvedUntilUs / 1000)} `}
        {who !== undefined && state !== 'unacknowledged' && `by ${who}`}
        {condition === 'unknown' && <span className="abnormal"> condition unknown</span>}
        {(state === 'shelved' || state === 'outOfService') && comment !== undefined && `: ${comment}`}
      </span>
    </>
  );
}

/** What stands below the first alarm of a flood, as one line that unfolds. */
export function FoldRow({
  line,
  rank,
  isCurrent,
  onToggle,
}: {
  readonly line: FoldLine;
  readonly rank: number;
  readonly isCurrent: boolean;
  readonly onToggle: (burst: number) => void;
}) {
  const { followers, first, isFirstGone, isOpen, burst } = line;
  const waiting = followers.filter(isUnacknowledged).length;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it hears the keys
    <div
      role="row"
      className="alarm-row alarm-fold"
      aria-rowindex={rank}
      aria-expanded={isOpen}
      tabIndex={isCurrent ? 0 : -1}
      data-key={line.key}
      onClick={() => onToggle(burst)}
    >
      <span role="gridcell" className="alarm-fold-text">
        <span className="alarm-fold-mark" aria-hidden="true">
          {isOpen ? '▾' : '▸'}
        </span>
        {isFirstGone && (
          <span>
            First out: <strong>{alarmName({ id: first.alarm })}</strong>{' '}
            <span className="quiet">
              {first.alarm} at {timeOfDay(first.timeUs / 1000)}, not standing any more
            </span>
          </span>
        )}
        <span>
          <strong>{followers.length} alarms followed</strong>
          {waiting > 0 && <span className="quiet">, {waiting} unacknowledged</span>}
        </span>
        <span className="alarm-fold-counts">
          {PRIORITIES.map((priority) => {
            const some = followers.filter((one) => one.priority === priority);
            return (
              some.length > 0 && (
                <span key={priority}>
                  <PrioritySign priority={priority} hollow={!some.some(isUnacknowledged)} /> {some.length}
                  <span className="unseen"> {priority}</span>
                </span>
              )
            );
          })}
        </span>
      </span>
    </div>
  );
}

import { IxButton } from '@siemens/ix-react';
import { useCallback, useMemo, useState } from 'react';
import type { AlarmStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { useMay, useMe } from '../../data/session.ts';
import { ALARMS, useActiveAlarms } from '../../data/site.ts';
import { alarmName, isUnacknowledged } from '../../parts/alarms.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { hashOf, usePlace } from '../../shell/route.ts';
import { type Act, actOn, type Outcome } from './acting.ts';
import { Alerts } from './alerts.tsx';
import { type AlarmListName, type Asked, askedOf, inOrder, isIn, isWanted, queryOf } from './asked.ts';
import { Details } from './details.tsx';
import { Ask, type Question } from './dialogs.tsx';
import { Filters } from './filters.tsx';
import { foldedLines, isFold, plain } from './lines.ts';
import { AlarmList, toAcknowledge } from './list.tsx';
import { NewCritical } from './new-critical.tsx';
import { Performance } from './performance.tsx';
import { useAlarmRecord } from './record.ts';
import { Said } from './said.tsx';
import { useHeld } from './use-held.ts';

const ALL_MS = 10_000;
const NONE: readonly AlarmStatus[] = [];

/** Normal ones are asked for only where they are listed, or one of them is shown. */
function useAll(isWanted: boolean) {
  return usePolled(
    isWanted ? `${ALARMS} all` : `${ALARMS} none`,
    async (signal) => (isWanted ? await api.alarms({}, signal) : undefined),
    ALL_MS,
  );
}

/**
 * Alarms of the site, after ISA-18.2: what stands, what is silent and why, and how they are answered. Alerts have a list
 * of their own beside them, and none of their colours.
 */
export function Page() {
  const { rest: opened, query } = usePlace();
  const asked = useMemo(() => askedOf(query), [query]);
  const { data: active, error } = useActiveAlarms();
  const isMissing = opened !== '' && active !== undefined && !active.some(({ id }) => id === opened);
  const { data: all } = useAll(asked.list === 'all' || isMissing);
  const { data: record, error: noRecord } = useAlarmRecord();
  // Without the record floods are not known: what is drawn before would be held in another order.
  const isReady = active !== undefined && (record !== undefined || noRecord !== undefined);
  const alarms = (asked.list === 'all' || isMissing ? all : undefined) ?? active ?? NONE;
  const me = useMe();
  const mayAct = useMay('operator');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const [question, setQuestion] = useState<Question>();
  const [outcome, setOutcome] = useState<Outcome>();
  const byId = useMemo(() => new Map(alarms.map((one) => [one.id, one])), [alarms]);

  const to = useCallback((id: string, next: Asked) => {
    location.replace(hashOf('alarms', id, queryOf(next)));
  }, []);
  const ask = (change: Partial<Asked>) => to(opened, { ...asked, ...change });
  const open = useCallback((id: string) => to(id === opened ? '' : id, asked), [to, opened, asked]);
  const select = useCallback((id: string, isOn: boolean) => {
    setSelected((before) => {
      const next = new Set(before);
      if (isOn) next.add(id);
      else next.delete(id);
      return next;
    });
  }, []);
  const act = async (some: readonly AlarmStatus[], what: Act) => {
    setSelected(new Set());
    setOutcome(await actOn(some, what, me.name));
  };

  const lines = useMemo(() => {
    const wanted = alarms.filter(
      (one) =>
        isIn(asked.list, one) &&
        isWanted(asked, one) &&
        (asked.priorities.length === 0 || asked.priorities.includes(one.priority)),
    );
    const ordered = inOrder(wanted, asked, record);
    const isFolded = asked.sort === 'urgency' && !asked.isReversed && asked.text === '';
    return isFolded ? foldedLines(ordered, record, unfolded) : ordered.map(plain);
  }, [alarms, asked, record, unfolded]);
  const key = JSON.stringify([queryOf(asked), [...unfolded], isReady]);
  const held = useHeld(lines, byId, key);
  const chosen = [...selected].flatMap((id) => byId.get(id) ?? []);
  const shown = byId.get(opened);
  const fresh = held.fresh.reduce((sum, line) => sum + (isFold(line) ? line.followers.length : 1), 0);

  const hearKey = (pressed: string, alarm: AlarmStatus | undefined) => {
    const some = chosen.length > 0 ? chosen : alarm ? [alarm] : [];
    if (pressed === 'escape') {
      if (selected.size > 0) setSelected(new Set());
      else if (opened !== '') to('', asked);
    } else if (!mayAct || some.length === 0) return;
    else if (pressed === 'a') void act(toAcknowledge(some), { act: 'acknowledge' });
    else setQuestion({ act: pressed === 's' ? 'shelve' : 'comment', alarms: some });
  };

  return (
    <div className="page alarms-page">
      <h1>Alarms</h1>
      <Performance
        record={record}
        active={active ?? NONE}
        onOnly={(only) => to(opened, { ...asked, list: 'all', only, text: '', area: '', priorities: [] })}
      />
      <NewCritical alarms={active} />
      <Filters asked={asked} alarms={alarms} isAllKnown={asked.list === 'all'} onAsk={ask} />
      {error && !active && <Refusal error={error} />}
      <Said outcome={outcome} onEnd={() => setOutcome(undefined)} />
      {asked.list === 'alerts' ? (
        <Alerts asked={asked} />
      ) : (
        <div className="alarms-held" {...held.watch}>
          <div className="alarms-bar">
            <div className="alarms-acts">
              {mayAct && selected.size > 0 && (
                <>
                  <IxButton
                    disabled={toAcknowledge(chosen).length === 0}
                    onClick={() => void act(toAcknowledge(chosen), { act: 'acknowledge' })}
                  >
                    {`Acknowledge ${toAcknowledge(chosen).length}`}
                  </IxButton>
                  <IxButton
                    variant="secondary"
                    onClick={() => setQuestion({ act: 'shelve', alarms: chosen })}
                  >
                    {`Shelve ${chosen.length} …`}
                  </IxButton>
                  <button type="button" className="link" onClick={() => setSelected(new Set())}>
                    Select none
                  </button>
                </>
              )}
              {selected.size === 0 && (
                <span className="quiet alarms-keys">
                  Keys in the list: <kbd>↑</kbd> <kbd>↓</kbd> move
                  {mayAct && (
                    <>
                      , <kbd>Space</kbd> selects, <kbd>A</kbd> acknowledges, <kbd>S</kbd> shelves,{' '}
                      <kbd>C</kbd> comments
                    </>
                  )}
                  , <kbd>Enter</kbd> shows details
                </span>
              )}
            </div>
            <div role="status" className="alarms-fresh">
              {fresh > 0 && (
                <button type="button" onClick={held.release}>
                  {fresh === 1 ? '1 new alarm' : `${fresh} new alarms`}: show
                </button>
              )}
            </div>
          </div>
          <div className="alarms-body" data-details={shown !== undefined || undefined}>
            <div className="alarms-list">
              {isReady && (
                <AlarmList
                  lines={held.lines}
                  record={record}
                  asked={asked}
                  selected={selected}
                  opened={opened}
                  maySelect={mayAct}
                  onAsk={ask}
                  onSelect={select}
                  onOpen={open}
                  onToggle={(burst) =>
                    setUnfolded((before) => {
                      const next = new Set(before);
                      if (!next.delete(burst)) next.add(burst);
                      return next;
                    })
                  }
                  onKey={hearKey}
                  onKeyed={held.keyed}
                />
              )}
              {!isReady && !error && <div className="waiting" role="status" aria-label="Asking for alarms" />}
              {isReady && held.lines.length === 0 && <Nothing asked={asked} list={asked.list} />}
            </div>
            {shown && (
              <Details
                key={shown.id}
                alarm={shown}
                together={alarms.filter((one) => one.asset === shown.asset && isUnacknowledged(one))}
                record={record}
                onAct={(some, what) => void act(some, what)}
                onAsk={setQuestion}
                onClose={() => to('', asked)}
              />
            )}
          </div>
        </div>
      )}
      {opened !== '' && isMissing && all !== undefined && !shown && (
        <p className="quiet">
          This site has no alarm {alarmName({ id: opened })} any more, or you may not see it.
        </p>
      )}
      {question && (
        <Ask
          question={question}
          onAct={(what) => void act(question.alarms, what)}
          onEnd={() => setQuestion(undefined)}
        />
      )}
    </div>
  );
}

const EMPTY: { readonly [list in AlarmListName]: string } = {
  standing: 'No alarm stands.',
  unacknowledged: 'Every alarm is acknowledged.',
  shelved: 'No alarm is shelved.',
  suppressed: 'No alarm is suppressed by design.',
  outOfService: 'No alarm is out of service.',
  all: 'This site has no alarms: its site file declares none.',
};

function Nothing({ asked, list }: { readonly asked: Asked; readonly list: AlarmListName }) {
  const isNarrowed =
    asked.text !== '' || asked.area !== '' || asked.priorities.length > 0 || asked.only.length > 0;
  return (
    <p className="alarms-none quiet">{isNarrowed ? 'No alarm of this list is as you ask.' : EMPTY[list]}</p>
  );
}

import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AlarmsQuery, FleetAlarm } from '#contract/fleet-client.ts';
import { askAgain } from '../../data/poll.ts';
import { useMay } from '../../data/session.ts';
import { Age } from '../../parts/age.tsx';
import { alarmName, isUnacknowledged, STATE_WORDS } from '../../parts/alarms.ts';
import { count } from '../../parts/format.ts';
import { PrioritySign } from '../../parts/priority.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { hashOf } from '../../shell/route.ts';
import { ALARMS } from '../data/alarms.ts';
import { fleet } from '../data/api.ts';
import { usePaged } from '../data/paged.ts';
import { Acknowledge, isOnItsWay, pendingText } from './acknowledge.tsx';

const ROW_PIXELS = 46;
const PAGE = 200;

const keyOf = ({ site, id }: FleetAlarm): string => `${site} ${id}`;

/** Alarms of sites, what nobody has acknowledged first; those that are chosen are acknowledged together. */
export function AlarmList({
  query,
  isOfOneSite = false,
  opened,
  addressOf,
}: {
  readonly query: AlarmsQuery;
  readonly isOfOneSite?: boolean;
  /** The one that is told more of, by `site id`. */
  readonly opened?: string | undefined;
  readonly addressOf: (alarm: FleetAlarm) => string;
}) {
  const mayAct = useMay('operator');
  const list = usePaged(JSON.stringify(query), (after, signal) =>
    fleet.alarms({ ...query, limit: PAGE, after }, signal),
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<readonly FleetAlarm[]>();
  const items = [...new Map(list.items.map((one) => [keyOf(one), one])).values()];
  const wanted = items.filter((one) => chosen.has(keyOf(one)) && canBeAcknowledged(one));
  const more = items.find((one) => keyOf(one) === opened);
  const choose = (alarm: FleetAlarm, isOn: boolean) =>
    setChosen(
      (before) =>
        new Set(isOn ? [...before, keyOf(alarm)] : [...before].filter((one) => one !== keyOf(alarm))),
    );
  return (
    <>
      {list.error && <Refusal error={list.error} />}
      {more && <More alarm={more} />}
      <div className="fleet-alarms-head">
        <output className="quiet">
          {list.isAsking && items.length === 0
            ? '…'
            : `${count(items.length)}${list.hasMore ? ' and more' : ''} ${items.length === 1 ? 'alarm' : 'alarms'}`}
        </output>
        {mayAct && (
          <IxButton disabled={wanted.length === 0} onClick={() => setAsked(wanted)}>
            {wanted.length > 0 ? `Acknowledge ${wanted.length} …` : 'Acknowledge …'}
          </IxButton>
        )}
      </div>
      {items.length > 0 ? (
        <VirtualList
          label="Alarms"
          items={items}
          rowHeight={ROW_PIXELS}
          keyOf={keyOf}
          head={<Head isOfOneSite={isOfOneSite} />}
          row={(alarm) => (
            <Row
              alarm={alarm}
              isOfOneSite={isOfOneSite}
              isChosen={chosen.has(keyOf(alarm))}
              mayAct={mayAct}
              href={addressOf(alarm)}
              onChoose={(isOn) => choose(alarm, isOn)}
            />
          )}
          onSeen={(seen, first) => list.see(first, seen.length)}
          onEnd={list.more}
        />
      ) : (
        !list.isAsking && !list.error && <p className="quiet">No alarm is as you ask.</p>
      )}
      {asked && (
        <Acknowledge
          alarms={asked}
          onEnd={() => {
            setAsked(undefined);
            setChosen(new Set());
            list.again();
            askAgain(ALARMS);
          }}
        />
      )}
    </>
  );
}

const canBeAcknowledged = (alarm: FleetAlarm): boolean => isUnacknowledged(alarm) && !isOnItsWay(alarm);

const Head = ({ isOfOneSite }: { readonly isOfOneSite: boolean }) => (
  <div role="row" className="list-row fleet-alarm" aria-rowindex={1} data-one={isOfOneSite || undefined}>
    <span role="columnheader">
      <span className="unseen">Chosen</span>
    </span>
    <span role="columnheader">
      <span className="unseen">Priority</span>
    </span>
    <span role="columnheader">Alarm</span>
    {!isOfOneSite && <span role="columnheader">Site</span>}
    <span role="columnheader">State</span>
    <span role="columnheader">What to do</span>
    <span role="columnheader" className="number">
      Since
    </span>
  </div>
);

function Row({
  alarm,
  isOfOneSite,
  isChosen,
  mayAct,
  href,
  onChoose,
}: {
  readonly alarm: FleetAlarm;
  readonly isOfOneSite: boolean;
  readonly isChosen: boolean;
  readonly mayAct: boolean;
  readonly href: string;
  readonly onChoose: (isOn: boolean) => void;
}) {
  const { site, asset, priority, response, sinceUs, siteState, saidUs } = alarm;
  const name = alarmName(alarm);
  const waits = isUnacknowledged(alarm);
  return (
    <div className="fleet-alarm" data-one={isOfOneSite || undefined} data-waits={waits || undefined}>
      <span role="cell">
        {mayAct && canBeAcknowledged(alarm) && (
          <input
            type="checkbox"
            aria-label={`Choose ${name} of ${site}`}
            checked={isChosen}
            onChange={({ target }) => onChoose(target.checked)}
          />
        )}
      </span>
      <span role="cell">
        <PrioritySign priority={priority} hollow={!waits} quiet={alarm.state === 'normal'} />
        <span className="unseen">{priority}</span>
      </span>
      <span role="cell" className="fleet-alarm-name">
        <a href={href}>
          <strong>{name}</strong>
        </a>
        <span className="quiet">{asset || 'the site'}</span>
      </span>
      {!isOfOneSite && (
        <span role="cell" className="fleet-alarm-name">
          <a href={hashOf('sites', site, { show: 'alarms' })}>{site}</a>
          {siteState !== 'online' && saidUs !== undefined && (
            <span className="quiet">
              <span className="fleet-alarm-asof">as of </span>
              <Age sinceUs={saidUs} /> ago
            </span>
          )}
        </span>
      )}
      <span role="cell" className="fleet-alarm-name">
        <span className={waits ? 'fleet-alarm-waits' : undefined}>{STATE_WORDS[alarm.state]}</span>
        <span className={alarm.asked?.state === 'refused' ? 'abnormal' : 'quiet'}>{pendingText(alarm)}</span>
      </span>
      <span role="cell" className="fleet-alarm-response quiet">
        {response}
      </span>
      <span role="cell" className="number">
        {sinceUs > 0 ? <Age sinceUs={sinceUs} /> : <span className="quiet">never</span>}
      </span>
    </div>
  );
}

/** What one must know to act. */
function More({ alarm }: { readonly alarm: FleetAlarm }) {
  const { site, id, asset, priority, description, consequence, response, when, state, asked } = alarm;
  return (
    <section className="card" aria-label="The alarm">
      <header className="card-head">
        <h2>
          <PrioritySign priority={priority} hollow={!isUnacknowledged(alarm)} /> {alarmName(alarm)}{' '}
          <span className="quiet">
            {site} {asset}
          </span>
        </h2>
        <a href={hashOf('sites', site)}>The site</a>
      </header>
      <dl className="facts">
        <dt>State</dt>
        <dd>
          {priority}, {STATE_WORDS[state]} <span className="quiet">{pendingText(alarm)}</span>
        </dd>
        {description !== undefined && (
          <>
            <dt>About</dt>
            <dd>{description}</dd>
          </>
        )}
        <dt>What to do</dt>
        <dd>{response}</dd>
        <dt>Otherwise</dt>
        <dd>{consequence}</dd>
        <dt>Raised by</dt>
        <dd>
          <code>{when}</code> <span className="quiet">({id})</span>
        </dd>
        {asked?.fault && (
          <>
            <dt>Refused</dt>
            <dd>
              {asked.fault.message} <span className="quiet">{asked.fault.hint}</span>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

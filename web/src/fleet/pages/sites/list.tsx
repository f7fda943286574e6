import { useMemo } from 'react';
import type { FleetSite } from '#contract/fleet-client.ts';
import { Age } from '../../../parts/age.tsx';
import { FindField } from '../../../parts/find-field.tsx';
import { count } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { VirtualList } from '../../../parts/virtual-list.tsx';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { sitesWhere } from '../../data/states.ts';
import { useSummary } from '../../data/summary.ts';
import { AlarmCount } from '../../parts/alarm-count.tsx';
import { Labels } from '../../parts/labels.tsx';
import { IdentityMark, StateMark } from '../../parts/state-mark.tsx';
import { type Asked, askedOf, groupQuery, hubQuery, isWanted, type Order, queryOf } from './asked.ts';
import { Choices } from './choices.tsx';
import { useRows } from './use-rows.ts';

const ROW_PIXELS = 34;

/** Every site that one may see, by what one asks for; ten thousand cost what thirty cost. */
export function SiteList() {
  const { query } = usePlace();
  const key = query.toString();
  const asked = useMemo(() => askedOf(new URLSearchParams(key)), [key]);
  const { data: summary, error } = useSummary(groupQuery(asked));
  const total = summary ? sitesWhere(summary.counts, (one) => isWanted(asked, one)) : 0;
  const { rows, error: notListed, see } = useRows(hubQuery(asked), total);
  const ask = (change: Partial<Asked>) =>
    location.replace(hashOf('sites', '', queryOf({ ...asked, ...change })));
  const failed = error ?? notListed;
  return (
    <div className="page sites">
      <header className="sites-head">
        <h1>Sites</h1>
        <output className="quiet">
          {summary ? `${count(total)} ${total === 1 ? 'site' : 'sites'}` : '…'}
        </output>
      </header>
      <search className="sites-find">
        <FindField
          label="Name or label"
          type="search"
          value={asked.search}
          onText={(search) => ask({ search })}
        />
        <FindField
          label="Label expression"
          className="ix-form-control sites-labels"
          placeholder="region=north,line!=2"
          list="sites-known-labels"
          value={asked.labels}
          onText={(labels) => ask({ labels })}
        />
        <datalist id="sites-known-labels">
          {summary?.labels.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <div className="sites-choices">
          <Choices asked={asked} counts={summary?.counts ?? []} onAsk={ask} />
        </div>
      </search>
      {failed && <Refusal error={failed} />}
      <VirtualList
        label="Sites"
        items={rows}
        rowHeight={ROW_PIXELS}
        keyOf={(_, index) => String(index)}
        head={<Head asked={asked} onAsk={ask} />}
        row={(site) => (site ? <Row site={site} /> : <Pending />)}
        onSeen={(seen, first) => see(first, seen.length)}
      />
      {summary && total === 0 && <p className="quiet">No site is as you ask.</p>}
    </div>
  );
}

const COLUMNS: readonly (readonly [Order | undefined, string, string?])[] = [
  ['id', 'Site'],
  ['state', 'State'],
  ['since', 'Since', 'number'],
  ['alarms', 'Alarms'],
  ['waiting', 'Waiting', 'number'],
  ['validTo', 'Identity'],
  [undefined, 'Labels'],
  ['software', 'Version'],
  [undefined, 'Lost', 'number'],
];

function Head({
  asked: { sort, isDown },
  onAsk,
}: {
  readonly asked: Asked;
  readonly onAsk: (change: Partial<Asked>) => void;
}) {
  return (
    <div role="row" className="list-row sites-row" aria-rowindex={1}>
      {COLUMNS.map(([order, name, kind]) => {
        const isSorted = order !== undefined && order === sort;
        return (
          <span
            key={name}
            role="columnheader"
            className={kind}
            aria-sort={isSorted ? (isDown ? 'descending' : 'ascending') : undefined}
          >
            {order === undefined ? (
              name
            ) : (
              <button
                type="button"
                className="sort"
                onClick={() => onAsk({ sort: order, isDown: isSorted && !isDown })}
              >
                {name}
                <span aria-hidden="true">{isSorted ? (isDown ? ' ↓' : ' ↑') : ''}</span>
              </button>
            )}
          </span>
        );
      })}
    </div>
  );
}

const Pending = () => (
  <div className="sites-row">
    <span role="cell" className="quiet">
      …
    </span>
  </div>
);

function Row({ site }: { readonly site: FleetSite }) {
  const { id, state, sinceUs, alarms, waiting, identity, labels, software, lost } = site;
  return (
    <div className="sites-row">
      <span role="cell" className="sites-name">
        <a href={hashOf('sites', id)}>{id}</a>
      </span>
      <span role="cell">
        <StateMark state={state} />
      </span>
      <span role="cell" className="number quiet">
        {sinceUs !== undefined && <Age sinceUs={sinceUs} />}
      </span>
      <span role="cell">
        <AlarmCount alarms={alarms} />
      </span>
      <span role="cell" className="number">
        {waiting ? count(waiting.rows) : <span className="quiet">–</span>}
      </span>
      <span role="cell">
        <IdentityMark state={identity} />
      </span>
      <span role="cell" className="sites-cell-labels">
        <Labels labels={labels} />
      </span>
      <span role="cell" className="quiet">
        {software ?? '–'}
      </span>
      <span role="cell" className={lost > 0 ? 'number abnormal' : 'number quiet'}>
        {count(lost)}
      </span>
    </div>
  );
}

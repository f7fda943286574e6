import { useId } from 'react';
import type { FleetGroup, FleetSummary } from '#contract/fleet-client.ts';
import { usePolled } from '../../../data/poll.ts';
import { PRIORITIES } from '../../../parts/alarms.ts';
import { count } from '../../../parts/format.ts';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import type { LinkState } from '../../data/states.ts';
import { SITES } from '../../data/summary.ts';
import { AlarmCount } from '../../parts/alarm-count.tsx';
import { termOf } from '../../parts/labels.tsx';
import { stateText } from '../../parts/state-mark.tsx';

/** What is wrong stands first in a picture of a group. */
const ORDER: readonly LinkState[] = ['offline', 'stale', 'never', 'online'];
const EVERY_MS = 5000;

/** The fleet by one of its labels, as a picture: each group with a square for each of its sites. */
export function Groups({ labels }: { readonly labels: FleetSummary['labels'] }) {
  const asked = usePlace().query.get('by');
  // What puts most sites into few groups says most at one glance.
  const usual = labels
    .toSorted((a, b) => b.sites - a.sites || a.values - b.values)
    .find(({ values }) => values > 1);
  const by = asked ?? usual?.name ?? labels[0]?.name;
  return by === undefined ? null : <Picture by={by} labels={labels} />;
}

function Picture({ by, labels }: { readonly by: string; readonly labels: FleetSummary['labels'] }) {
  const id = useId();
  const { data } = usePolled(`${SITES} by ${by}`, (signal) => fleet.groups({ label: by }, signal), EVERY_MS);
  return (
    <section className="card" aria-label="Groups">
      <header className="card-head">
        <h2>By {by}</h2>
        <span>
          <label htmlFor={id} className="quiet">
            Group by
          </label>{' '}
          <select
            id={id}
            value={by}
            onChange={({ target }) => location.replace(hashOf('', '', { by: target.value }))}
          >
            {labels.map(({ name, values }) => (
              <option key={name} value={name}>
                {name} ({count(values)})
              </option>
            ))}
          </select>
        </span>
      </header>
      <ul className="groups">
        {data?.toSorted(byNeed).map((group) => (
          <li key={group.value ?? ''}>
            <GroupCard by={by} group={group} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const sitesIn = ({ sites }: FleetGroup): number => ORDER.reduce((sum, state) => sum + sites[state], 0);
const shareAway = (group: FleetGroup): number =>
  (group.sites.offline + group.sites.stale) / Math.max(1, sitesIn(group));

/** The worst alarms that nobody has acknowledged, then what is away. */
function byNeed(a: FleetGroup, b: FleetGroup): number {
  for (const priority of PRIORITIES) {
    const more = b.alarms.unacknowledged[priority] - a.alarms.unacknowledged[priority];
    if (more !== 0) return more;
  }
  return shareAway(b) - shareAway(a) || (a.value ?? '\uffff').localeCompare(b.value ?? '\uffff');
}

function GroupCard({ by, group }: { readonly by: string; readonly group: FleetGroup }) {
  const { value, sites, troubled } = group;
  const states = ORDER.filter((state) => sites[state] > 0);
  const said = [
    ...states.map((state) => `${count(sites[state])} ${stateText(state)}`),
    ...(troubled > 0 ? [`${count(troubled)} with problems`] : []),
  ];
  const isWell = sites.offline + sites.stale + troubled === 0;
  return (
    <a className="group" href={hashOf('sites', '', { labels: termOf(by, value) })}>
      <span className="group-head">
        <strong>{value ?? `no ${by}`}</strong>
        <span className="quiet">{count(sitesIn(group))}</span>
      </span>
      <Squares sites={sites} />
      <span className={isWell ? 'quiet' : undefined}>{said.join(', ')}</span>
      {group.alarms.active > 0 && <AlarmCount alarms={group.alarms} />}
    </a>
  );
}

/** A square for each site; in larger groups one stands for several. */
const MOST_SQUARES = 150;
const COLUMNS = 25;
const STEP = 8;

/** Drawn for the eye; the words below say the same. */
function Squares({ sites }: Pick<FleetGroup, 'sites'>) {
  const all = ORDER.reduce((sum, state) => sum + sites[state], 0);
  const each = Math.max(1, Math.ceil(all / MOST_SQUARES));
  // What is wrong is never rounded away.
  const squares = ORDER.flatMap((state) => {
    const many = state === 'online' ? Math.round(sites[state] / each) : Math.ceil(sites[state] / each);
    return Array.from({ length: many }, () => state);
  });
  const rows = Math.max(1, Math.ceil(squares.length / COLUMNS));
  return (
    <svg className="squares" viewBox={`0 0 ${COLUMNS * STEP} ${rows * STEP}`} aria-hidden="true">
      {squares.map((state, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: squares have no names
          key={i}
          data-state={state}
          x={(i % COLUMNS) * STEP + 0.75}
          y={Math.floor(i / COLUMNS) * STEP + 0.75}
          width={STEP - 1.5}
          height={STEP - 1.5}
          rx="1"
        />
      ))}
    </svg>
  );
}

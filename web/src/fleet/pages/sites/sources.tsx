import { Fragment } from 'react';
import type { FleetSite, FleetSource } from '#contract/fleet-client.ts';
import { usePolled } from '../../../data/poll.ts';
import { Age } from '../../../parts/age.tsx';
import { count, fineMs, number } from '../../../parts/format.ts';
import { PEER_STATES } from '../../../parts/peer-states.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { Table } from '../../../parts/table.tsx';
import { Trouble } from '../../../parts/trouble.tsx';
import { fleet } from '../../data/api.ts';
import { SITES } from '../../data/summary.ts';
import { isSilent, Silent } from './silent.tsx';

const EVERY_MS = 5000;

/** What a site reads from, as it reported last. */
export function Sources({ site }: { readonly site: FleetSite }) {
  return (
    <section className="card" aria-label="Sources">
      {isSilent(site) ? (
        <>
          <h2>Sources</h2>
          <Silent site={site} />
        </>
      ) : (
        <Reported site={site.id} />
      )}
    </section>
  );
}

function Reported({ site }: { readonly site: string }) {
  const { data, error } = usePolled(
    `${SITES} sources of ${site}`,
    (signal) => fleet.siteSources(site, signal),
    EVERY_MS,
  );
  const newest = data && Math.max(...data.map(({ saidUs }) => saidUs));
  return (
    <>
      <header className="card-head">
        <h2>Sources</h2>
        {newest !== undefined && Number.isFinite(newest) && (
          <span className="quiet">
            told <Age sinceUs={newest} /> ago
          </span>
        )}
      </header>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && <p className="quiet">This site reads nothing.</p>}
      {data && data.length > 0 && <Listed sources={data} />}
    </>
  );
}

function Listed({ sources }: { readonly sources: readonly FleetSource[] }) {
  return (
    <Table label="Table of sources">
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col">State</th>
          <th scope="col" className="number">
            Newest
          </th>
          <th scope="col" className="number">
            Tags
          </th>
          <th scope="col" className="number">
            Without a value
          </th>
          <th scope="col" className="number">
            Samples
          </th>
          <th scope="col" className="number">
            Asked a second
          </th>
          <th scope="col" className="number">
            Answers, 99 % within
          </th>
        </tr>
      </thead>
      <tbody>
        {sources.map((source) => (
          <Row key={source.id} source={source} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ source }: { readonly source: FleetSource }) {
  const { id, kind, state, newestUs, tags, badTags, samples, load, fault } = source;
  const isWell = state === 'running' || state === 'shadowed';
  return (
    <Fragment>
      <tr>
        <th scope="row">
          {id} <span className="quiet">{kind}</span>
        </th>
        <td className={isWell ? undefined : 'abnormal'}>{PEER_STATES[state]}</td>
        <td className="number">{newestUs === undefined ? '–' : <Age sinceUs={newestUs} />}</td>
        <td className="number">{count(tags)}</td>
        <td className={badTags > 0 ? 'number abnormal' : 'number'}>{count(badTags)}</td>
        <td className="number">{count(samples)}</td>
        <td className="number">
          {number(load.requestsPerS)}
          {load.caps.perSecond !== undefined && (
            <span className="quiet"> of {number(load.caps.perSecond)}</span>
          )}
        </td>
        <td className="number">{load.ok > 0 ? fineMs(load.p99Ms) : '–'}</td>
      </tr>
      {fault && (
        <tr>
          <td colSpan={8}>
            <Trouble fault={fault} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

import type { SiteStatus } from '#contract/client.ts';
import { count, duration, fineMs } from '../../parts/format.ts';
import { PEER_STATES } from '../../parts/peer-states.ts';
import { Table } from '../../parts/table.tsx';
import { ToPage } from '../../shell/to-page.tsx';

type Sources = SiteStatus['sources'];

/** Not delivering for so long is worth a colour although the session stands. */
const OLD_MS = 60_000;

/** Every source with its age of data: a session that stands and is silent is no life. */
export function SourceCard({ sources }: { readonly sources: Sources }) {
  return (
    <section className="card" aria-label="Sources">
      <h2>Sources</h2>
      <Table label="Table of sources">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Newest
            </th>
            <th scope="col" className="number">
              Asked
            </th>
            <th scope="col" className="number">
              99 % within
            </th>
            <th scope="col" className="number">
              Samples
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(sources).map(([id, source]) => (
            <SourceRow key={id} id={id} source={source} />
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function SourceRow({ id, source }: { readonly id: string; readonly source: Sources[string] }) {
  const { kind, state, ageMs, samples, load, fault } = source;
  const isWell = state === 'running' || state === 'shadowed';
  const isOld = ageMs === undefined || ageMs > OLD_MS;
  return (
    <>
      <tr>
        <th scope="row">
          <ToPage page="sources" rest={id}>
            {id}
          </ToPage>{' '}
          <span className="quiet">{kind}</span>
        </th>
        <td className={isWell ? '' : 'abnormal'}>{PEER_STATES[state]}</td>
        <td className={isOld ? 'number abnormal' : 'number'}>
          {ageMs === undefined ? 'never' : duration(ageMs)}
        </td>
        <td className="number">
          {load.requests === 0 ? <span className="quiet">–</span> : `${load.requestsPerS.toFixed(1)}/s`}
          {load.requests > 0 && load.caps.perSecond !== undefined && (
            <span className="quiet"> of {load.caps.perSecond}</span>
          )}
        </td>
        <td className="number">{load.requests === 0 ? '' : fineMs(load.p99Ms)}</td>
        <td className="number">{count(samples)}</td>
      </tr>
      {fault && !isWell && (
        <tr>
          <td colSpan={6} className="overview-fault">
            <span className="fault">{fault.message}</span>
          </td>
        </tr>
      )}
    </>
  );
}

/** Where data and notices go, and what waits for it. */
export function LinkCard({ sinks, actuators }: Pick<SiteStatus, 'sinks' | 'actuators'>) {
  const all = Object.entries(sinks);
  const others = Object.entries(actuators);
  return (
    <section className="card" aria-label="Links">
      <h2>Links</h2>
      {all.length === 0 && others.length === 0 && <p className="quiet">This site delivers to nobody.</p>}
      <ul className="rows">
        {all.map(([id, { kind, state, backlog, rowsPerS, fault }]) => (
          <li key={id}>
            <span>
              {id} <span className="quiet">{kind}</span>
            </span>
            <span className={state === 'running' ? '' : 'abnormal'}>{PEER_STATES[state]}</span>
            <span className="quiet">
              {backlog.rows === 0 ? 'nothing waits' : `${count(backlog.rows)} rows wait`},{' '}
              {rowsPerS.toFixed(0)} rows/s
            </span>
            {fault && <span className="fault">{fault.message}</span>}
          </li>
        ))}
        {others.map(([id, { kind, waiting, failed, fault }]) => (
          <li key={id}>
            <span>
              {id} <span className="quiet">{kind}</span>
            </span>
            <Outcome failed={failed} isStuck={fault !== undefined && waiting > 0} />
            <span className="quiet">{waiting === 0 ? 'nothing waits' : `${count(waiting)} wait`}</span>
            {fault && <span className="fault">{fault.message}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What comes of acts: one that fails and is tried again is not well, although nothing is lost yet. */
function Outcome({ failed, isStuck }: { readonly failed: number; readonly isStuck: boolean }) {
  if (failed > 0) return <span className="abnormal">{count(failed)} failed</span>;
  return isStuck ? <span className="abnormal">{PEER_STATES.waiting}</span> : <span>well</span>;
}

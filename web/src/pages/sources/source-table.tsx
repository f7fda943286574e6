import { Bar } from '../../parts/bar.tsx';
import { count, duration, fineMs, number } from '../../parts/format.ts';
import { PEER_STATES } from '../../parts/peer-states.ts';
import { Trouble } from '../../parts/trouble.tsx';
import { hashOf } from '../../shell/route.ts';
import { asks, failedLately, isOld, isWell, type Source, type Sources, samplesPerS } from './health.ts';

/** Every source: its state, the age of its newest row, and what it asks of its device. */
export function SourceTable({ sources }: { readonly sources: Sources }) {
  const all = Object.entries(sources);
  const well = all.filter(([, { state }]) => isWell(state)).length;
  return (
    <section className="card" aria-label="Sources">
      <header className="card-head">
        <h2>Sources</h2>
        <span className={well === all.length ? 'quiet' : 'abnormal'}>
          {well} of {all.length} running
        </span>
      </header>
      {all.length === 0 && (
        <p className="quiet">
          This site reads nothing. <code>holdfast discover</code> looks for machines.
        </p>
      )}
      {all.length > 0 && (
        <table className="table peers">
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
              <th scope="col" className="number peers-wide">
                Samples
              </th>
              <th scope="col" className="peers-load">
                Load on the device
              </th>
              <th scope="col" className="number peers-wide">
                Answers, half and 99 % within
              </th>
              <th scope="col" className="number peers-wide">
                Unanswered
              </th>
            </tr>
          </thead>
          {all.map(([id, source]) => (
            <SourceRows key={id} id={id} source={source} />
          ))}
        </table>
      )}
    </section>
  );
}

function SourceRows({ id, source }: { readonly id: string; readonly source: Source }) {
  const { kind, state, ageMs, load, fault } = source;
  const isAsking = asks(source);
  return (
    <tbody>
      <tr>
        <th scope="row">
          <a href={hashOf('sources', id)}>{id}</a> <span className="quiet">{kind}</span>
        </th>
        <td className={isWell(state) ? '' : 'abnormal'}>{PEER_STATES[state]}</td>
        <td className={isOld(source) ? 'number abnormal' : 'number'}>
          {ageMs === undefined ? 'never' : duration(ageMs)}
        </td>
        <td className="number">
          <Delivering source={source} />
        </td>
        <td className="number peers-wide">
          <Rate id={id} />
        </td>
        <td className="peers-load">
          <RequestLoad source={source} />
        </td>
        <td className="number peers-wide">{isAsking && `${fineMs(load.p50Ms)}, ${fineMs(load.p99Ms)}`}</td>
        <td className="number peers-wide">
          <Unanswered id={id} source={source} />
        </td>
      </tr>
      {fault && !isWell(state) && (
        <tr className="peers-trouble">
          <td colSpan={8}>
            <Trouble fault={fault} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** Tags with a usable value, of all that are read. */
export function Delivering({ source: { tags, badTags } }: { readonly source: Source }) {
  if (badTags === 0) return count(tags);
  return (
    <span className="abnormal">
      {count(tags - badTags)} of {count(tags)}
    </span>
  );
}

/** Samples a second over the last seconds. */
export function Rate({ id }: { readonly id: string }) {
  const rate = samplesPerS(id);
  if (rate === undefined) return <span className="quiet">…</span>;
  return (
    <>
      {rate >= 100 ? count(rate) : number(Number(rate.toFixed(1)))}
      <span className="unit">/s</span>
    </>
  );
}

/** Requests a second beside what is allowed. */
export function RequestLoad({ source }: { readonly source: Source }) {
  const { requestsPerS, caps } = source.load;
  if (!asks(source))
    return <span className="quiet">{isWell(source.state) ? 'it speaks by itself' : 'none'}</span>;
  return (
    <span className="load">
      {caps.perSecond !== undefined && <Bar used={requestsPerS} allowed={caps.perSecond} />}
      <span className="load-figures">
        {requestsPerS.toFixed(1)}
        {caps.perSecond !== undefined && <span className="quiet"> of {count(caps.perSecond)}</span>}
        <span className="unit">/s</span>
      </span>
    </span>
  );
}

/** Requests that got no usable answer: coloured while it goes on. */
function Unanswered({ id, source }: { readonly id: string; readonly source: Source }) {
  const { timeout, refused, garbage } = source.load;
  if (!asks(source)) return null;
  const lately = failedLately(id);
  return (
    <>
      {lately > 0 && <span className="abnormal">+{count(lately)} lately, </span>}
      <span className={timeout + refused + garbage > 0 ? '' : 'quiet'}>
        {count(timeout + refused + garbage)}
      </span>
    </>
  );
}

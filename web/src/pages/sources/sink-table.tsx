import { count, duration } from '../../parts/format.ts';
import { PEER_STATES } from '../../parts/peer-states.ts';
import { Trouble } from '../../parts/trouble.tsx';
import { hashOf } from '../../shell/route.ts';
import { type Actuator, isWell, type Sink } from './health.ts';

/** Where rows go: what waits, how fast it goes out, and what was refused for good. */
export function SinkTable({ sinks }: { readonly sinks: { readonly [id: string]: Sink } }) {
  const all = Object.entries(sinks);
  return (
    <section className="card" aria-label="Sinks">
      <h2>Sinks</h2>
      {all.length === 0 && <p className="quiet">This site delivers its rows to nobody.</p>}
      {all.length > 0 && (
        <table className="table peers">
          <thead>
            <tr>
              <th scope="col">Sink</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Backlog
              </th>
              <th scope="col" className="number">
                Goes out
              </th>
              <th scope="col" className="number peers-wide">
                Empty in
              </th>
              <th scope="col" className="number peers-wide">
                Delivered
              </th>
              <th scope="col" className="number">
                Refused
              </th>
            </tr>
          </thead>
          {all.map(([id, sink]) => (
            <SinkRows key={id} id={id} sink={sink} />
          ))}
        </table>
      )}
    </section>
  );
}

function SinkRows({ id, sink }: { readonly id: string; readonly sink: Sink }) {
  const { kind, state, backlog, rowsPerS, delivered, rejected, fault } = sink;
  return (
    <tbody>
      <tr>
        <th scope="row">
          <a href={hashOf('sources', id, { view: 'sink' })}>{id}</a> <span className="quiet">{kind}</span>
        </th>
        <td className={isWell(state) ? '' : 'abnormal'}>{PEER_STATES[state]}</td>
        <td className="number">
          {count(backlog.rows)}
          {backlog.ageMs !== undefined && <span className="quiet">, {duration(backlog.ageMs)}</span>}
        </td>
        <td className="number">
          {count(rowsPerS)}
          <span className="unit">/s</span>
        </td>
        <td className="number peers-wide">{emptyIn(sink)}</td>
        <td className="number peers-wide">{count(delivered)}</td>
        <td className={rejected > 0 ? 'number abnormal' : 'number'}>{count(rejected)}</td>
      </tr>
      {fault && !isWell(state) && (
        <tr className="peers-trouble">
          <td colSpan={7}>
            <Trouble fault={fault} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** When the backlog will have gone at the present rate. */
export function emptyIn({ backlog, emptyInS }: Sink): string {
  if (backlog.rows === 0) return 'nothing waits';
  return emptyInS === undefined ? 'it grows' : duration(emptyInS * 1000);
}

/** What acts outside: messages, webhooks, mails. */
export function ActuatorTable({ actuators }: { readonly actuators: { readonly [id: string]: Actuator } }) {
  const all = Object.entries(actuators);
  if (all.length === 0) return null;
  return (
    <section className="card" aria-label="Actuators">
      <h2>Actuators</h2>
      <table className="table peers">
        <thead>
          <tr>
            <th scope="col">Actuator</th>
            <th scope="col" className="number">
              Waiting
            </th>
            <th scope="col" className="number">
              Done
            </th>
            <th scope="col" className="number">
              Failed
            </th>
            <th scope="col" className="number">
              Unknown
            </th>
          </tr>
        </thead>
        {all.map(([id, { kind, waiting, done, failed, unknown, fault }]) => (
          <tbody key={id}>
            <tr>
              <th scope="row">
                {id} <span className="quiet">{kind}</span>
              </th>
              <td className="number">{count(waiting)}</td>
              <td className="number">{count(done)}</td>
              <td className={failed > 0 ? 'number abnormal' : 'number'}>{count(failed)}</td>
              <td className={unknown > 0 ? 'number abnormal' : 'number'}>{count(unknown)}</td>
            </tr>
            {fault && (
              <tr className="peers-trouble">
                <td colSpan={5}>
                  <Trouble fault={fault} />
                </td>
              </tr>
            )}
          </tbody>
        ))}
      </table>
    </section>
  );
}

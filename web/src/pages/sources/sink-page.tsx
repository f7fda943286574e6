import type { DeadLetterView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { usePolled } from '../../data/poll.ts';
import { useMay } from '../../data/session.ts';
import { count, duration, moment } from '../../parts/format.ts';
import { PEER_STATES } from '../../parts/peer-states.ts';
import { qualityText } from '../../parts/quality.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Table } from '../../parts/table.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { hashOf } from '../../shell/route.ts';
import { isWell, type Sink, useHealth } from './health.ts';
import { emptyIn } from './sink-table.tsx';

/** One sink: what waits for it, and what it refused. */
export function SinkPage({ id }: { readonly id: string }) {
  const { data: status, error } = useHealth();
  const isEngineer = useMay('engineer');
  const sink = status?.sinks[id];
  return (
    <div className="page sources">
      <header>
        <p className="quiet">
          <a href={hashOf('sources')}>Sources and links</a>
        </p>
        <h1>{id}</h1>
      </header>
      {error && !status && <Refusal error={error} />}
      {status && !sink && (
        <p>
          This site has no sink <code>{id}</code>.
        </p>
      )}
      {sink && <Now sink={sink} />}
      {sink && isEngineer && <DeadLetters sink={id} refused={sink.rejected} />}
    </div>
  );
}

function Now({ sink }: { readonly sink: Sink }) {
  const { kind, state, delivers, delivered, rejected, backlog, rowsPerS, opened, fault } = sink;
  return (
    <section className="card" aria-label="State">
      <dl className="now">
        <div>
          <dt>State</dt>
          <dd className={isWell(state) ? '' : 'abnormal'}>{PEER_STATES[state]}</dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>
            {kind}, {delivers.replaceAll('-', ' ')}
          </dd>
        </div>
        <div>
          <dt>Backlog</dt>
          <dd>
            {count(backlog.rows)} rows{backlog.ageMs !== undefined && `, ${duration(backlog.ageMs)}`}
          </dd>
        </div>
        <div>
          <dt>Goes out</dt>
          <dd>
            {count(rowsPerS)}
            <span className="unit">/s</span>
          </dd>
        </div>
        <div>
          <dt>Empty in</dt>
          <dd>{emptyIn(sink)}</dd>
        </div>
        <div>
          <dt>Delivered</dt>
          <dd>{count(delivered)}</dd>
        </div>
        <div>
          <dt>Refused</dt>
          <dd className={rejected > 0 ? 'abnormal' : ''}>{count(rejected)}</dd>
        </div>
        <div>
          <dt>Sessions opened</dt>
          <dd>{count(opened)}</dd>
        </div>
      </dl>
      {fault && <Trouble fault={fault} />}
    </section>
  );
}

const EVERY_MS = 15_000;
const MOST = 100;

/** Rows that the far side refused for good: they are set aside, and the rest goes on. */
function DeadLetters({ sink, refused }: { readonly sink: string; readonly refused: number }) {
  const { data, error } = usePolled(
    `dead letters ${sink}`,
    (signal) => api.deadLetters({ sink, limit: MOST }, signal),
    EVERY_MS,
  );
  return (
    <section className="card" aria-label="Dead letters">
      <header className="card-head">
        <h2>Dead letters</h2>
        {data && data.length > 0 && (
          <span className="quiet">
            the newest {count(data.length)} of {count(Math.max(refused, data.length))}
          </span>
        )}
      </header>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && <p className="quiet">The far side has refused no row.</p>}
      {data && data.length > 0 && (
        <Table label="Table of dead letters">
          <thead>
            <tr>
              <th scope="col">Refused</th>
              <th scope="col">Tag</th>
              <th scope="col" className="number">
                Value
              </th>
              <th scope="col">Quality</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {data.toReversed().map((letter) => (
              <DeadLetter key={letter.id} letter={letter} />
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

function DeadLetter({ letter: { tag, value, quality, reason, atUs } }: { readonly letter: DeadLetterView }) {
  return (
    <tr>
      <td className="nowrap">{moment(atUs / 1000, siteNowMs())}</td>
      <td>
        <a href={hashOf('tags', tag)}>{tag}</a>
      </td>
      <td className="number">{JSON.stringify(value)}</td>
      <td>{qualityText(quality)}</td>
      <td>{reason}</td>
    </tr>
  );
}

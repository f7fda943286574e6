import { IxButton } from '@siemens/ix-react';
import { useMay } from '../../data/session.ts';
import { Bar } from '../../parts/bar.tsx';
import { count, duration, fineMs } from '../../parts/format.ts';
import { PEER_STATES } from '../../parts/peer-states.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { go, hashOf } from '../../shell/route.ts';
import { Gaps } from './gaps.tsx';
import { asks, failedLately, isOld, isWell, type Source, useHealth } from './health.ts';
import { PeerCertificates } from './peer-certificates.tsx';
import { Delivering, Rate } from './source-table.tsx';
import { SourceTags } from './source-tags.tsx';

/** One source: how it does, what it asks of its device, what it reads, what is missing. */
export function SourcePage({ id }: { readonly id: string }) {
  const { data: status, error } = useHealth();
  const isEngineer = useMay('engineer');
  const source = status?.sources[id];
  return (
    <div className="page sources">
      <header className="page-head">
        <div>
          <p className="quiet">
            <a href={hashOf('sources')}>Sources and links</a>
          </p>
          <h1>{id}</h1>
        </div>
        {source && isEngineer && (
          <IxButton variant="secondary" onClick={() => go(hashOf('sources', id, { view: 'browse' }))}>
            Browse the device …
          </IxButton>
        )}
      </header>
      {error && !status && <Refusal error={error} />}
      {status && !source && <Nothing id={id} known={Object.keys(status.sources)} />}
      {source && (
        <>
          <Now id={id} source={source} />
          <div className="source-cards">
            <Load id={id} source={source} />
            {isEngineer && <PeerCertificates id={id} />}
            <Gaps source={id} />
          </div>
          <SourceTags id={id} />
        </>
      )}
    </div>
  );
}

function Nothing({ id, known }: { readonly id: string; readonly known: readonly string[] }) {
  return (
    <p>
      This site has no source <code>{id}</code>; it has {known.length === 0 ? 'none' : known.join(', ')}.
    </p>
  );
}

function Now({ id, source }: { readonly id: string; readonly source: Source }) {
  const { kind, state, ageMs, samples, opened, fault } = source;
  return (
    <section className="card" aria-label="State">
      <dl className="now">
        <div>
          <dt>State</dt>
          <dd className={isWell(state) ? '' : 'abnormal'}>{PEER_STATES[state]}</dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>{kind}</dd>
        </div>
        <div>
          <dt>Newest data</dt>
          <dd className={isOld(source) ? 'abnormal' : ''}>
            {ageMs === undefined ? 'never' : `${duration(ageMs)} ago`}
          </dd>
        </div>
        <div>
          <dt>Tags with a value</dt>
          <dd>
            <Delivering source={source} />
          </dd>
        </div>
        <div>
          <dt>Samples</dt>
          <dd>
            <Rate id={id} />
          </dd>
        </div>
        <div>
          <dt>Since the start</dt>
          <dd>{count(samples)}</dd>
        </div>
        <div>
          <dt>Sessions opened</dt>
          <dd>{count(opened)}</dd>
        </div>
      </dl>
      {fault && (
        <>
          {isWell(state) && <p className="quiet">The last trouble, which is over:</p>}
          <Trouble fault={fault} />
          {state === 'waiting' && (
            <p className="quiet">The site goes on trying by itself; nothing has to be started here.</p>
          )}
        </>
      )}
    </section>
  );
}

/** What the device is asked beside what it is said to bear. */
function Load({ id, source }: { readonly id: string; readonly source: Source }) {
  const { requests, requestsPerS, p50Ms, p99Ms, ok, timeout, refused, garbage, caps } = source.load;
  const lately = failedLately(id);
  return (
    <section className="card" aria-label="Load on the device">
      <h2>Load on the device</h2>
      {!asks(source) && (
        <p className="quiet">
          {isWell(source.state)
            ? 'It is asked for nothing: what it says comes by itself.'
            : 'Nothing has been asked of it since the start.'}
        </p>
      )}
      {asks(source) && (
        <div className="budget">
          <p>
            <strong>{requestsPerS.toFixed(1)}</strong> requests a second
            {caps.perSecond !== undefined && (
              <span className="quiet"> of {count(caps.perSecond)} allowed</span>
            )}
          </p>
          {caps.perSecond !== undefined && <Bar used={requestsPerS} allowed={caps.perSecond} />}
        </div>
      )}
      <dl className="facts">
        {caps.outstanding !== undefined && (
          <>
            <dt>At once, at most</dt>
            <dd>{count(caps.outstanding)}</dd>
          </>
        )}
        {caps.connections !== undefined && (
          <>
            <dt>Connections, at most</dt>
            <dd>{count(caps.connections)}</dd>
          </>
        )}
        {asks(source) && (
          <>
            <dt>Answers within</dt>
            <dd>
              {fineMs(p50Ms)} half of them, {fineMs(p99Ms)} 99 %
            </dd>
            <dt>Answered</dt>
            <dd>
              {count(ok)} of {count(requests)}
            </dd>
            <dt>Timed out</dt>
            <dd>{count(timeout)}</dd>
            <dt>Refused</dt>
            <dd>{count(refused)}</dd>
            <dt>Not understood</dt>
            <dd>{count(garbage)}</dd>
          </>
        )}
      </dl>
      {lately > 0 && <p className="abnormal">{count(lately)} without an answer in the last seconds</p>}
    </section>
  );
}

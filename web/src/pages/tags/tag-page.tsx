import { useState } from 'react';
import type { Json, TagDetail } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useLiveTag } from '../../data/live.ts';
import { usePolled } from '../../data/poll.ts';
import { useMay } from '../../data/session.ts';
import { moment, number } from '../../parts/format.ts';
import { qualityOf } from '../../parts/quality.ts';
import { RangePicker } from '../../parts/range-picker.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { isDrawn } from '../../parts/trend/curve.ts';
import type { When } from '../../parts/trend/span.ts';
import { TagPast } from '../../parts/trend/tag-past.tsx';
import { unitText } from '../../parts/unit.ts';
import { LiveAge, Value } from '../../parts/value.tsx';
import { WriteForm } from '../../parts/write-form.tsx';
import { limitsOf } from '../../parts/write-limits.ts';
import { hashOf } from '../../shell/route.ts';
import { ToPage } from '../../shell/to-page.tsx';
import { Statistics } from './statistics.tsx';

const EVERY_MS = 10_000;
const HOUR_S = 3600;

/** What newer sites tell beside it. */
export type Detail = TagDetail & {
  readonly address?: Json;
  readonly readers?: readonly { readonly kind: string; readonly id: string }[];
};

/** One tag: its value, its past, where it comes from and what uses it. */
export function TagPage({ path }: { readonly path: string }) {
  const { data: tag, error } = usePolled<Detail>(`tag ${path}`, (signal) => api.tag(path, signal), EVERY_MS);
  const live = useLiveTag(path);
  const nowMs = useSiteNow();
  const mayWrite = useMay('operator');
  const name = path.split('/').at(-1);
  const asset = path.split('/').slice(0, -1).join('/');
  return (
    <div className="page tag-page">
      <header>
        <nav aria-label="Place" className="quiet">
          <a href={hashOf('tags')}>Tags</a> / <a href={hashOf('tags', '', { at: asset })}>{asset}</a>
        </nav>
        <h1>{name}</h1>
        {tag?.description && <p className="quiet">{tag.description}</p>}
      </header>
      {error && !tag && <Refusal error={error} />}
      <section className="tag-now card" aria-label="Now">
        <span className="tag-value">
          <Value live={live} />
        </span>
        <dl className="facts">
          <dt>Quality</dt>
          <dd>{live ? qualityOf(live) || 'good' : '…'}</dd>
          <dt>Age</dt>
          <dd>
            <LiveAge live={live} />
          </dd>
          <dt>Source time</dt>
          <dd>{live && live.timeUs > 0 ? moment(live.timeUs / 1000, nowMs) : '–'}</dd>
        </dl>
        {tag && mayWrite && tag.access !== 'read' && <WriteForm tag={tag} live={live} />}
      </section>
      {typeof live?.value === 'object' && live.value !== null && (
        <section className="card" aria-label="Whole value">
          <h2>Whole value</h2>
          <pre className="whole-value">{JSON.stringify(live.value, null, 1)}</pre>
        </section>
      )}
      {tag && isDrawn(tag) && <Past tag={tag} />}
      {tag && (
        <div className="tag-cards">
          <About tag={tag} />
          <Readers tag={tag} />
        </div>
      )}
    </div>
  );
}

function Past({ tag }: { readonly tag: TagDetail }) {
  const [when, setWhen] = useState<When>({ lastS: HOUR_S });
  const { path, unit, type } = tag;
  return (
    <section className="card" aria-label="Past">
      <div className="card-head tag-past">
        <h2>Past</h2>
        <ToPage page="trends" query={{ tag: path }} className="quiet">
          Open in Trends
        </ToPage>
        <RangePicker when={when} onWhen={setWhen} />
      </div>
      <TagPast tag={tag} name={path.split('/').at(-1) ?? path} height={260} when={when} onWhen={setWhen} />
      {(type === 'number' || type === 'int64') && <Statistics path={path} unit={unit} when={when} />}
    </section>
  );
}

function About({ tag }: { readonly tag: Detail }) {
  const { source, address, derive, type, access, range, unit, states, safety, write } = tag;
  return (
    <section className="card" aria-label="Where it comes from">
      <h2>Where it comes from</h2>
      <dl className="facts">
        {source && (
          <>
            <dt>Source</dt>
            <dd>
              <ToPage page="sources" rest={source}>
                {source}
              </ToPage>
            </dd>
          </>
        )}
        {address !== undefined && <Fact name="Address">{plain(address)}</Fact>}
        {derive && (
          <Fact name="Derived by">
            <code>{derive}</code>
          </Fact>
        )}
        <Fact name="Type">
          {type}, {access === 'read' ? 'read only' : access === 'write' ? 'write only' : 'read and written'}
        </Fact>
        {range && (
          <Fact name="Range">
            {number(range[0])} to {number(range[1])} {unitText(unit)}
          </Fact>
        )}
        {states && (
          <Fact name="States">
            {Object.entries(states)
              .map(([code, name]) => `${code} ${name}`)
              .join(', ')}
          </Fact>
        )}
        {write !== undefined && (
          <Fact name="Writes">
            {limitsOf(tag)
              .map(({ name, text }) => `${name.toLowerCase()} ${text}`)
              .join('; ')}
          </Fact>
        )}
        {safety && <Fact name="Safety">belongs to a safety function: it is never written</Fact>}
      </dl>
    </section>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: React.ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

/** Fields of a site file in a line. */
function plain(value: Json): string {
  if (Array.isArray(value)) return value.map(plain).join(' to ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([, one]) => one !== false)
    .map(
      ([name, one]) =>
        `${name} ${typeof one === 'object' && one !== null && !Array.isArray(one) ? `(${plain(one)})` : plain(one as Json)}`,
    )
    .join(', ');
}

/** Rules, alarms and tags that read it. */
function Readers({ tag: { readers, alarms } }: { readonly tag: Detail }) {
  const detectors = new Set(readers?.filter(({ kind }) => kind === 'detector').map(({ id }) => id));
  // The figure of a detector is a tag of the same name, and says no more than the detector.
  const told = readers?.filter(({ kind, id }) => kind !== 'tag' || !detectors.has(id));
  return (
    <section className="card" aria-label="Used by">
      <h2>{readers ? 'Used by' : 'Alarms of its asset'}</h2>
      <ul className="plain">
        {(told ?? alarms.map((id) => ({ kind: 'alarm', id }))).map(({ kind, id }) => (
          <li key={`${kind} ${id}`}>
            <span className="quiet">{kind}</span> <ToPage {...placeOf(kind, id)}>{id}</ToPage>
          </li>
        ))}
      </ul>
      {(readers ?? alarms).length === 0 && <p className="quiet">Nothing</p>}
    </section>
  );
}

/** Where what reads a tag is shown. */
function placeOf(kind: string, id: string): { readonly page: string; readonly rest: string } {
  if (kind === 'tag') return { page: 'tags', rest: id };
  if (kind === 'detector') return { page: 'detectors', rest: id };
  if (kind === 'rule') return { page: 'decisions', rest: `rule/${id}` };
  return { page: 'alarms', rest: id };
}

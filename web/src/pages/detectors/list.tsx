import { useMemo, useState } from 'react';
import type { DetectorStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useDetectors } from '../../data/detectors.ts';
import { type Sparks, useSparks } from '../../data/sparks.ts';
import { kindName, nameIn, STATES } from '../../parts/detectors/words.ts';
import { count, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Spark } from '../../parts/spark.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { hashOf, usePlace } from '../../shell/route.ts';
import { DetectorState, ratioText } from './state.tsx';

const ROW_PIXELS = 52;
const ORDER = ['found', 'not-learned', 'unknown', 'warming-up', 'resting', 'watching'] as const;
const NONE: readonly string[] = [];

/** Every detector, those that find something first. */
export function DetectorList() {
  const { data: detectors, error } = useDetectors();
  const { query } = usePlace();
  const [state, text] = [query.get('state') ?? '', query.get('q') ?? ''];
  const [seen, setSeen] = useState(NONE);
  const sparks = useSparks(seen);
  const found = useMemo(
    () =>
      (detectors ?? [])
        .filter((one) => isFound(one, state, text))
        .toSorted(
          (a, b) => rank(a) - rank(b) || (b.ratio ?? -1) - (a.ratio ?? -1) || a.id.localeCompare(b.id),
        ),
    [detectors, state, text],
  );
  const choose = (name: string, value: string) => {
    const next = Object.entries({ state, q: text, [name]: value }).filter(([, one]) => one !== '');
    location.replace(hashOf('detectors', '', Object.fromEntries(next)));
  };
  return (
    <>
      <header className="detectors-head">
        <h1>Detectors</h1>
        {detectors && (
          <output className="quiet">
            {count(found.length)} of {count(detectors.length)}
          </output>
        )}
      </header>
      {error && !detectors && <Refusal error={error} />}
      {!detectors && !error && (
        <div className="waiting" role="status" aria-label="Asking for the detectors" />
      )}
      {detectors?.length === 0 && (
        <p className="quiet">
          This site has no detectors. An engineer adds them to its site file, under <code>detectors:</code>.
        </p>
      )}
      {detectors && detectors.length > 0 && (
        <>
          <div className="detectors-find">
            <input
              type="search"
              className="ix-form-control"
              placeholder="Search detectors, tags"
              aria-label="Search detectors"
              defaultValue={text}
              onChange={({ target }) => choose('q', target.value)}
            />
            <select aria-label="State" value={state} onChange={({ target }) => choose('state', target.value)}>
              <option value="">Any state</option>
              {ORDER.map((one) => (
                <option key={one} value={one}>
                  {STATES[one][0]} ({detectors.filter((detector) => detector.state === one).length})
                </option>
              ))}
            </select>
          </div>
          <VirtualList
            label="Detectors"
            items={found}
            rowHeight={ROW_PIXELS}
            keyOf={({ id }) => id}
            head={<Head />}
            row={(detector) => <Row detector={detector} sparks={sparks} />}
            onSeen={(some) => setSeen(some.map(({ id }) => id))}
          />
          {found.length === 0 && <p className="quiet">No detector is as you ask.</p>}
        </>
      )}
    </>
  );
}

/** Those that only watch come behind those whose word counts. */
const rank = ({ state, shadow }: DetectorStatus): number => ORDER.indexOf(state) + (shadow ? 0.5 : 0);

function isFound({ id, description = '', kind, tags, state }: DetectorStatus, wanted: string, text: string) {
  if (wanted !== '' && state !== wanted) return false;
  const hay = [id, description, kindName(kind), ...tags].join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

const Head = () => (
  <div role="row" className="list-row detector-row" aria-rowindex={1}>
    <span role="columnheader">State</span>
    <span role="columnheader">Detector</span>
    <span role="columnheader">15 min</span>
    <span role="columnheader" className="number" title="1 is at the limit">
      Figure
    </span>
    <span role="columnheader">Learned</span>
    <span role="columnheader" className="number" title="Of which people said that there was nothing">
      False a week
    </span>
    <span role="columnheader" className="number" title="Of which nobody has said anything">
      To judge
    </span>
  </div>
);

function Row({ detector, sparks }: { readonly detector: DetectorStatus; readonly sparks: Sparks }) {
  const { id, asset, kind, description, waitsFor, ratio, learned, shadow, alarm, figures } = detector;
  const nowMs = useSiteNow();
  return (
    <div className="detector-row">
      <span role="cell">
        <DetectorState detector={detector} />
      </span>
      <span role="cell" className="detector-name">
        <a href={hashOf('detectors', id)}>{nameIn(asset, id)}</a>
        {asset !== '' && <span className="quiet detector-asset">{asset}</span>}
        {shadow && <span className="tag-mark">shadow</span>}
        {alarm && <span className="tag-mark">alarm</span>}
        <span className="quiet detector-about" title={description}>
          {waitsFor ?? (description === undefined ? kindName(kind) : `${kindName(kind)}: ${description}`)}
        </span>
      </span>
      <span role="cell" className="detector-spark">
        <Spark values={sparks.get(id)} limit={1} />
      </span>
      <span role="cell" className={ratio !== null && ratio > 1 ? 'number detector-beyond' : 'number'}>
        {ratioText(ratio)}
      </span>
      <span role="cell" className="detector-learned">
        {learned ? (
          <>
            {learned.atUs > 0 && moment(learned.atUs / 1000, nowMs)}{' '}
            <span className="quiet">by {learned.by}</span>
          </>
        ) : (
          <span className="quiet">–</span>
        )}
      </span>
      <span role="cell" className="number">
        {figures.falsePerWeek === 0 ? '0' : figures.falsePerWeek.toFixed(1)}
      </span>
      <span role="cell" className={figures.open > 0 ? 'number' : 'number quiet'}>
        {count(figures.open)}
      </span>
    </div>
  );
}

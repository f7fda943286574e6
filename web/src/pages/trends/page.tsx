import { IxButton } from '@siemens/ix-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSiteNow } from '../../data/clock.ts';
import { Problem } from '../../data/problem.ts';
import { useStatus } from '../../data/site.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Chart, type ChartHandle } from '../../parts/trend/chart.tsx';
import { MOST_CURVES } from '../../parts/trend/curve.ts';
import { NOTHING_LOADED } from '../../parts/trend/loader.ts';
import type { Pointed } from '../../parts/trend/plot.ts';
import { SITE_PAST } from '../../parts/trend/site-past.ts';
import { isLive, spanAt } from '../../parts/trend/span.ts';
import { Zone } from '../../parts/trend/zone.ts';
import { Calculation } from './calculation.tsx';
import { CopyLink } from './copy-link.tsx';
import { curvesOf, originsOf } from './curves.ts';
import { Export } from './export.tsx';
import { Happened } from './happened.tsx';
import { Legend } from './legend.tsx';
import { Picker } from './picker.tsx';
import { pictureOf } from './picture.ts';
import { type Chosen, keyOf, type TrendState } from './state.ts';
import { useStatistics } from './statistics.ts';
import { useDetails } from './tags.ts';
import { Tip } from './tip.tsx';
import { Toolbar } from './toolbar.tsx';
import { useAddress } from './use-address.ts';
import { useMarks } from './use-marks.ts';
import { Views } from './views.tsx';

const TALL = 460;
const LOW = 300;
const NARROW = '(max-width: 700px)';
/** A live picture's statistics are asked for so often while it moves by a hundredth. */
const BEATS = 100;
const FASTEST_BEAT_S = 5;

/** Tags over time: several at once, from now to as far back as the site remembers. */
export function Page() {
  const [state, change] = useAddress();
  const { data: status } = useStatus();
  const zone = useMemo(() => new Zone(status?.timeZone), [status?.timeZone]);
  const paths = useMemo(
    () => state.chosen.flatMap((one) => ('path' in one ? [one.path] : [])),
    [state.chosen],
  );
  const details = useDetails(paths);
  const { when, chosen, earlierS } = state;
  // Moving about changes neither: a picture is made anew for other lines, not for another time.
  const origins = useMemo(() => originsOf(chosen, earlierS), [chosen, earlierS]);
  const curves = useMemo(() => curvesOf(chosen, earlierS, details), [chosen, earlierS, details]);
  const [loaded, setLoaded] = useState(NOTHING_LOADED);
  const [pointed, setPointed] = useState<Pointed>();
  const [emphasis, setEmphasis] = useState<string>();
  const [dialog, setDialog] = useState<'views' | 'export' | 'calculation'>();
  const chart = useRef<ChartHandle>(null);
  const nowMs = useSiteNow();
  const span = useMemo(() => spanAt(when, nowMs / 1000), [when, nowMs]);
  const lengthS = span.to - span.from;
  const beat = isLive(when) ? Math.floor(nowMs / 1000 / Math.max(FASTEST_BEAT_S, lengthS / BEATS)) : 0;
  const statistics = useStatistics(chosen, span, when, beat);
  const marks = useMarks(paths, details, span, when);
  const height = useHeight();
  const set = (part: Partial<TrendState>) => change((before) => ({ ...before, ...part }));
  const taken = new Set(paths);
  const toggle = (path: string) =>
    set({ chosen: taken.has(path) ? without(chosen, path) : [...chosen, { path }] });

  return (
    <div className="page trends">
      <header className="trends-head">
        <h1>Trends</h1>
        <Picker taken={taken} isFull={chosen.length >= MOST_CURVES} onPick={({ path }) => toggle(path)} />
        <IxButton
          variant="tertiary"
          disabled={chosen.length >= MOST_CURVES}
          onClick={() => setDialog('calculation')}
        >
          Calculate …
        </IxButton>
        <span className="trends-space" />
        <IxButton variant="tertiary" onClick={() => setDialog('views')}>
          Saved views
        </IxButton>
        <IxButton variant="tertiary" disabled={chosen.length === 0} onClick={() => setDialog('export')}>
          Export
        </IxButton>
        <CopyLink state={state} />
      </header>
      {chosen.length === 0 ? (
        <Empty onViews={() => setDialog('views')} />
      ) : (
        <>
          <section className="card trends-card" aria-label="Picture">
            <Toolbar
              when={when}
              span={span}
              zone={zone}
              earlierS={earlierS}
              onWhen={(next) => set({ when: next })}
              onEarlier={(next) =>
                change(({ earlierS: _, ...rest }) =>
                  next === undefined ? rest : { ...rest, earlierS: next },
                )
              }
            />
            <div className="trends-plot" data-asking={loaded.isAsking || undefined}>
              <Chart
                past={SITE_PAST}
                origins={origins}
                curves={curves}
                when={when}
                onWhen={(next) => set({ when: next })}
                zone={zone}
                height={height}
                label={`${curves.length} lines from ${zone.text(span.from)} to ${zone.text(span.to)}. Arrow keys move, plus and minus zoom, End goes live.`}
                marks={marks.marks}
                emphasis={emphasis}
                onLoaded={setLoaded}
                onPoint={setPointed}
                handle={chart}
              />
              {pointed && (
                <Tip pointed={pointed} curves={curves} lines={loaded.lines} zone={zone} lengthS={lengthS} />
              )}
              {loaded.isAsking && (
                <span className="trends-asking" role="status" aria-label="Asking for finer values" />
              )}
            </div>
            {loaded.error && <Trouble error={loaded.error} />}
          </section>
          <section className="card" aria-label="Lines">
            <Legend
              chosen={chosen}
              curves={curves}
              lines={loaded.lines}
              statistics={statistics}
              at={pointed?.time ?? span.to}
              atText={
                pointed ? zone.text(pointed.time, lengthS < 600 ? 3 : 0) : isLive(when) ? 'Now' : 'At the end'
              }
              onEmphasis={setEmphasis}
              onChange={(key, part) =>
                set({ chosen: chosen.map((one) => (keyOf(one) === key ? changed(one, part) : one)) })
              }
              onRemove={(key) => set({ chosen: without(chosen, key) })}
            />
            <Happened marks={marks} span={span} zone={zone} />
          </section>
        </>
      )}
      {dialog === 'calculation' && (
        <Calculation
          paths={paths}
          onTake={(calc, asset) => {
            setDialog(undefined);
            const one = { calc, asset };
            if (!chosen.some((known) => keyOf(known) === keyOf(one))) set({ chosen: [...chosen, one] });
          }}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === 'views' && (
        <Views
          state={state}
          onOpen={(next) => {
            setDialog(undefined);
            change(() => next);
          }}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === 'export' && (
        <Export
          paths={paths}
          span={span}
          zone={zone}
          hasCalculations={chosen.some((one) => 'calc' in one)}
          picture={() => {
            const canvas = chart.current?.canvas();
            const title = `${status?.site ?? ''} ${zone.text(span.from)} – ${zone.text(span.to)} ${zone.name}`;
            return canvas && pictureOf(canvas, curves, title);
          }}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}

const without = (chosen: readonly Chosen[], key: string): readonly Chosen[] =>
  chosen.filter((one) => keyOf(one) !== key);

function changed(
  one: Chosen,
  part: { readonly axis?: number | undefined; readonly isHidden?: boolean },
): Chosen {
  const { axis = one.axis, isHidden = one.isHidden } = part;
  const { axis: _, isHidden: __, ...rest } = one;
  const kept = 'axis' in part ? part.axis : axis;
  return { ...rest, ...(kept !== undefined && { axis: kept }), ...(isHidden && { isHidden }) } as Chosen;
}

/** A site that keeps no past says so; that is nothing abnormal. */
const Trouble = ({ error }: { readonly error: Error }) =>
  error instanceof Problem && error.code === 'history.off' ? (
    <p className="quiet">
      This site keeps no past: give it room for one in the site file (settings.historian).
    </p>
  ) : (
    <Refusal error={error} />
  );

function Empty({ onViews }: { readonly onViews: () => void }) {
  return (
    <section className="card trends-empty">
      <p>Add tags above to see their past: by a part of their path, or of what they are described as.</p>
      <p className="quiet">
        Or open one of the{' '}
        <button type="button" className="link" onClick={onViews}>
          saved views
        </button>
        .
      </p>
    </section>
  );
}

/** Lower on a phone, so that what is read from it stays in sight. */
function useHeight(): number {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const look = () => setNarrow(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  return isNarrow ? LOW : TALL;
}

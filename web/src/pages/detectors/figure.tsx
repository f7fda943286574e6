import { useMemo, useState } from 'react';
import type { DetectorStatus } from '#contract/client.ts';
import { siteNowMs } from '../../data/clock.ts';
import { RangePicker } from '../../parts/range-picker.tsx';
import type { Mark } from '../../parts/trend/marks.ts';
import type { When } from '../../parts/trend/span.ts';
import { TagPast } from '../../parts/trend/tag-past.tsx';
import { type Finding, useFindings } from './found.ts';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const LIMIT = { value: 1, name: 'limit' };

/** Its figure over time, with its limit and what it found as marks. */
export function Figure({ detector }: { readonly detector: DetectorStatus }) {
  // A day of which all but its last minutes are not known says nothing.
  const [when, setWhen] = useState<When>(() => {
    const knownS = siteNowMs() / 1000 - detector.figures.sinceUs / 1e6;
    return { lastS: knownS < HOUR_S ? HOUR_S : DAY_S };
  });
  const { findings } = useFindings(detector);
  const marks = useMemo(() => marksOf(findings), [findings]);
  return (
    <section className="card detector-wide" aria-label="Figure">
      <div className="card-head">
        <h2>Figure</h2>
        <RangePicker when={when} onWhen={setWhen} />
      </div>
      <TagPast
        tag={{ path: detector.id, type: 'number' }}
        name="figure"
        height={200}
        when={when}
        onWhen={setWhen}
        level={LIMIT}
        marks={marks}
      />
    </section>
  );
}

function marksOf(findings: readonly Finding[]): Mark[] {
  const marks = findings.flatMap(({ sinceUs, endedUs, text, verdict }, i): Mark[] => {
    const mark = { kind: 'finding', title: text } as const;
    const said = verdict === undefined ? '' : `, ${verdict}`;
    const began = {
      ...mark,
      id: 2 * i,
      time: sinceUs / 1e6,
      isHollow: verdict === 'false',
      about: `began${said}`,
    };
    if (endedUs === undefined) return [began];
    return [began, { ...mark, id: 2 * i + 1, time: endedUs / 1e6, isHollow: true, about: 'ended' }];
  });
  return marks.toSorted((a, b) => a.time - b.time);
}

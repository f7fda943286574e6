import type { DetectorStatus } from '#contract/client.ts';
import { useDetectors } from '../../data/detectors.ts';
import { Age } from '../../parts/age.tsx';
import { ReasonTrends } from '../../parts/detectors/reason-trends.tsx';
import { Reasons } from '../../parts/detectors/reasons.tsx';
import { certaintyText, kindAbout, kindName, nameIn } from '../../parts/detectors/words.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { hashOf } from '../../shell/route.ts';
import { ToPage } from '../../shell/to-page.tsx';
import { About } from './about.tsx';
import { Beside } from './beside.tsx';
import { Figure } from './figure.tsx';
import { Findings } from './findings.tsx';
import { Learned } from './learned.tsx';
import { DetectorState, ratioText } from './state.tsx';

/** One detector: its figure and why, what it is, what it learned from, and how often it was right. */
export function DetectorPage({ id }: { readonly id: string }) {
  const { data: detectors, error } = useDetectors();
  const detector = detectors?.find((one) => one.id === id);
  if (error && !detectors) return <Refusal error={error} />;
  if (!detectors) return <div className="waiting" role="status" aria-label="Asking for the detector" />;
  if (!detector) {
    return (
      <p>
        There is no detector <code>{id}</code> in the site file that runs, or you may not see it.{' '}
        <a href={hashOf('detectors')}>All detectors</a>
      </p>
    );
  }
  return (
    <>
      <Head detector={detector} />
      <div className="detector-cards">
        <Figure detector={detector} />
        <Why detector={detector} />
        <About detector={detector} />
        <Learned detector={detector} />
        <Beside detector={detector} all={detectors} />
        <Findings detector={detector} />
      </div>
    </>
  );
}

function Head({ detector }: { readonly detector: DetectorStatus }) {
  const {
    id,
    asset,
    kind,
    description,
    state,
    fault,
    whyRest,
    waitsFor,
    shadow,
    alarm,
    ratio,
    certainty,
    sinceUs,
  } = detector;
  return (
    <header className="detector-head">
      <nav aria-label="Place" className="quiet">
        <a href={hashOf('detectors')}>Detectors</a> /{' '}
        <ToPage page="tags" query={{ at: asset }}>
          {asset || 'the site'}
        </ToPage>
      </nav>
      <h1>
        {nameIn(asset, id)} <DetectorState detector={detector} />
        {shadow && <span className="tag-mark">shadow</span>}
        {alarm && <span className="tag-mark">alarm</span>}
      </h1>
      <p className="quiet">
        {description ?? kindAbout(kind)} ({kindName(kind)})
      </p>
      {waitsFor !== undefined && <p className="quiet">It {waitsFor}.</p>}
      {fault !== undefined && <p className="abnormal">{fault}</p>}
      {whyRest !== undefined && <p>It rests: {whyRest}.</p>}
      {state === 'found' && (
        <p>
          {ratioText(ratio)} times its limit, {certaintyText(certainty)}
          {sinceUs !== undefined && (
            <>
              , for <Age sinceUs={sinceUs} />
            </>
          )}
        </p>
      )}
    </header>
  );
}

/** What its tags say now, and how they came there. */
function Why({ detector: { reasons, kind, asset, tags, sinceUs } }: { readonly detector: DetectorStatus }) {
  // In the order of the site file: what speaks the loudest changes from moment to moment.
  const drawn = tags.map(
    (tag) =>
      reasons.find((one) => one.tag === tag) ?? {
        ...{ tag, share: 0, value: null, expected: null, deviation: null, text: '' },
      },
  );
  return (
    <section className="card detector-wide" aria-label="Why">
      <h2>Why</h2>
      <Reasons reasons={reasons} kind={kind} asset={asset} label="What its tags say now" />
      <ReasonTrends reasons={drawn} kind={kind} asset={asset} sinceUs={sinceUs} />
    </section>
  );
}

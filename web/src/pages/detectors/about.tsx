import type { DetectorStatus } from '#contract/client.ts';
import { useMay } from '../../data/session.ts';
import { kindAbout, kindName, lookedAtName } from '../../parts/detectors/words.ts';
import { duration, fineMs, number } from '../../parts/format.ts';
import { hashOf } from '../../shell/route.ts';
import { ToPage } from '../../shell/to-page.tsx';

/** What the site file says of it. */
export function About({ detector }: { readonly detector: DetectorStatus }) {
  const { asset, kind, tags, everyMs, restWhen, settings, waiting, shadow, alarm } = detector;
  const isEngineer = useMay('engineer');
  return (
    <section className="card" aria-label="About">
      <h2>What it is</h2>
      <dl className="facts">
        <dt>Kind</dt>
        <dd>
          {kindName(kind)}: {kindAbout(kind)}
        </dd>
        <dt>Looks at</dt>
        <dd>
          <ul className="plain">
            {tags.map((tag) => (
              <li key={tag}>
                <ToPage page="tags" rest={tag}>
                  {lookedAtName(kind, asset, tag)}
                </ToPage>
              </li>
            ))}
          </ul>
        </dd>
        <dt>Each</dt>
        <dd>{everyMs < 1000 ? fineMs(everyMs) : duration(everyMs)}</dd>
        <dt>Rests while</dt>
        <dd>{restWhen === undefined ? <span className="quiet">never</span> : <code>{restWhen}</code>}</dd>
        <dt>Settings</dt>
        <dd>
          <ul className="plain">
            {Object.entries(settings).map(([name, value]) => (
              <li key={name}>
                <code>{name}</code> {number(value)}
                {waiting.includes(name) && <span className="quiet"> (changed: counts once it learns)</span>}
              </li>
            ))}
          </ul>
        </dd>
        <dt>Tells</dt>
        <dd>{shadow ? 'nobody: it is a shadow' : alarm ? 'as an alert and an alarm' : 'as an alert'}</dd>
      </dl>
      {isEngineer && (
        <p>
          <a href={hashOf('decisions', 'file', { at: detector.where.join('\n') })}>
            Change it in the site file, and try that on the past
          </a>
        </p>
      )}
    </section>
  );
}

import { lazy, Suspense } from 'react';
import { useMay } from '../../data/session.ts';
import { hashOf, usePlace } from '../../shell/route.ts';
import { AlarmConditions } from './alarm-conditions.tsx';
import { DecisionTime } from './decision-time.tsx';
import { RulePage } from './rule-page.tsx';
import { Rules } from './rules.tsx';

/* The editor is far larger than all the rest: only who opens it loads it. */
const SiteFile = lazy(async () => ({ default: (await import('./editor/site-file.tsx')).SiteFile }));
const Versions = lazy(async () => ({ default: (await import('./editor/versions.tsx')).Versions }));

const VIEWS = [
  { id: '', title: 'Rules' },
  { id: 'alarms', title: 'Alarm conditions' },
  { id: 'file', title: 'Site file', isEngineers: true },
  { id: 'versions', title: 'History', isEngineers: true },
] as const;

/** What the site decides, by which conditions, and how that is changed. */
export function Page() {
  const { rest } = usePlace();
  const isEngineer = useMay('engineer');
  const views = VIEWS.filter((view) => isEngineer || !('isEngineers' in view));
  const rule = rest.startsWith('rule/') ? rest.slice('rule/'.length) : undefined;
  const here = rule === undefined ? rest : '';
  return (
    <div className="page decisions">
      <header className="decisions-head">
        <h1>Decisions</h1>
        <nav aria-label="Decisions" className="tabs">
          {views.map(({ id, title }) => (
            <a key={id} href={hashOf('decisions', id)} aria-current={id === here ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <DecisionTime />
      </header>
      <Suspense fallback={<div className="waiting" role="status" aria-label="Loading" />}>
        {rule !== undefined ? <RulePage key={rule} id={rule} /> : <View id={here} isEngineer={isEngineer} />}
      </Suspense>
    </div>
  );
}

function View({ id, isEngineer }: { readonly id: string; readonly isEngineer: boolean }) {
  if (id === '') return <Rules />;
  if (id === 'alarms') return <AlarmConditions />;
  if (id === 'file' && isEngineer) return <SiteFile />;
  if (id === 'versions' && isEngineer) return <Versions />;
  return (
    <p>
      There is nothing here for you: it may need another role than yours.{' '}
      <a href={hashOf('decisions')}>All rules</a>
    </p>
  );
}

import { Refusal } from '../../parts/refusal.tsx';
import { usePlace } from '../../shell/route.ts';
import { Browse } from './browse.tsx';
import { useHealth } from './health.ts';
import { SinkPage } from './sink-page.tsx';
import { ActuatorTable, SinkTable } from './sink-table.tsx';
import { SourcePage } from './source-page.tsx';
import { SourceTable } from './source-table.tsx';

/** All that the site reads from and delivers to, or one of these. */
export function Page() {
  const { rest, query } = usePlace();
  const view = query.get('view');
  if (rest === '') return <Peers />;
  if (view === 'sink') return <SinkPage key={rest} id={rest} />;
  return view === 'browse' ? <Browse key={rest} id={rest} /> : <SourcePage key={rest} id={rest} />;
}

function Peers() {
  const { data: status, error } = useHealth();
  return (
    <div className="page sources">
      <h1>Sources and links</h1>
      {error && !status && <Refusal error={error} />}
      {status && (
        <>
          <SourceTable sources={status.sources} />
          <SinkTable sinks={status.sinks} />
          <ActuatorTable actuators={status.actuators} />
        </>
      )}
    </div>
  );
}

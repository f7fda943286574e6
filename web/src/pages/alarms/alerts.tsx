import type { AlertStatus } from '#contract/client.ts';
import { useLive } from '../../data/live.ts';
import { useAlerts } from '../../data/site.ts';
import { Age } from '../../parts/age.tsx';
import { nameIn } from '../../parts/detectors/words.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Value } from '../../parts/value.tsx';
import { ToPage } from '../../shell/to-page.tsx';
import { AlertText } from './alert-text.tsx';
import { type Asked, isAlertWanted } from './asked.ts';
import { EndedAlerts } from './ended-alerts.tsx';
import { Found } from './found.tsx';
import { TrendLink } from './trend-link.tsx';

/** Conditions worth knowing of that ask nobody for anything: those that hold, and those that did. */
export function Alerts({ asked }: { readonly asked: Asked }) {
  const { data: all, error } = useAlerts();
  const wanted = all?.filter((one) => isAlertWanted(asked, one));
  return (
    <div className="alerts">
      <p className="quiet">
        Worth knowing, and nothing to acknowledge. Of what a detector found somebody says whether it was true,
        false, or is known.
      </p>
      <section aria-labelledby="alerts-now">
        <h2 id="alerts-now">Standing alerts</h2>
        {error && !all && <Refusal error={error} />}
        {!all && !error && <div className="waiting" role="status" aria-label="Asking for alerts" />}
        {wanted?.length === 0 && (
          <p className="alerts-none quiet">
            {all?.length === 0 ? 'No alert stands.' : 'No alert that stands is as you ask.'}
          </p>
        )}
        {wanted && wanted.length > 0 && (
          <ul className="alert-list">
            {quietLast(wanted).map((one) => (
              <li key={`${one.rule} ${one.sinceUs}`} data-known={one.verdict === 'known' || undefined}>
                {one.detector ? <Found alert={one} detector={one.detector} /> : <Standing alert={one} />}
              </li>
            ))}
          </ul>
        )}
      </section>
      <EndedAlerts asked={asked} />
    </div>
  );
}

function Standing({ alert }: { readonly alert: AlertStatus }) {
  const { text, sinceUs, condition, inputs = [] } = alert;
  const paths = inputs.map(({ path }) => path);
  const live = useLive(paths);
  return (
    <div className="alert">
      <AlertText alert={alert} />
      <ul className="alert-inputs" aria-label={`Inputs now of: ${text}`}>
        {paths.map((path) => (
          <li key={path}>
            <ToPage page="tags" rest={path}>
              {nameIn(alert.asset, path)}
            </ToPage>
            <Value live={live.get(path)} />
          </li>
        ))}
        {condition === 'unknown' && (
          <li className="quiet">Not known now, as a value is bad or missing: it stays as it was.</li>
        )}
      </ul>
      <p className="alert-when">
        <span>
          for <Age sinceUs={sinceUs} />
        </span>
        <TrendLink reads={paths} atUs={sinceUs} />
      </p>
    </div>
  );
}

/** What is known already asks for less than what is new. */
const quietLast = (alerts: readonly AlertStatus[]): readonly AlertStatus[] =>
  alerts.toSorted((a, b) => Number(a.verdict === 'known') - Number(b.verdict === 'known'));

import type { AlertStatus } from '#contract/client.ts';
import { useLive } from '../../data/live.ts';
import { useAlerts } from '../../data/site.ts';
import { Age } from '../../parts/age.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Value } from '../../parts/value.tsx';
import { ToPage } from '../../shell/to-page.tsx';
import { type Asked, isAlertWanted } from './asked.ts';
import { EndedAlerts } from './ended-alerts.tsx';
import { TrendLink } from './trend-link.tsx';

/** Conditions worth knowing of that ask nobody for anything: those that hold, and those that did. */
export function Alerts({ asked }: { readonly asked: Asked }) {
  const { data: all, error } = useAlerts();
  const wanted = all?.filter((one) => isAlertWanted(asked, one));
  return (
    <div className="alerts">
      <p className="quiet">
        Worth knowing, and nothing to do about it: alerts are not acknowledged, and no figure counts them.
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
            {wanted.map((one) => (
              <Standing key={`${one.rule} ${one.sinceUs}`} alert={one} />
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
    <li className="alert">
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
    </li>
  );
}

/** What is so, at which asset, and by which rule. */
export function AlertText({
  alert: { text, asset, rule },
}: {
  readonly alert: Pick<AlertStatus, 'text' | 'asset' | 'rule'>;
}) {
  return (
    <p className="alert-text">
      <span>{text}</span>
      <span className="quiet">
        <ToPage page="tags" query={{ at: asset }}>
          {asset || 'the site'}
        </ToPage>
        {', rule '}
        <ToPage page="decisions" rest={`rule/${rule}`}>
          {nameIn(asset, rule)}
        </ToPage>
      </span>
    </p>
  );
}

const nameIn = (asset: string, path: string): string =>
  asset !== '' && path.startsWith(`${asset}/`) ? path.slice(asset.length + 1) : path;

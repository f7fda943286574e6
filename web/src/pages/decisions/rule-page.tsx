import type { Json, RuleStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { useLiveTag } from '../../data/live.ts';
import { useMay } from '../../data/session.ts';
import { nameIn } from '../../parts/detectors/words.ts';
import { count, duration, moment } from '../../parts/format.ts';
import { PathText } from '../../parts/path-text.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { LiveAge, Quality, Value } from '../../parts/value.tsx';
import { hashOf } from '../../shell/route.ts';
import { delayText, useRules } from './rule-data.ts';
import { RuleState } from './rule-state.tsx';
import { Steps } from './rule-steps.tsx';
import { RuleLink } from './shadows.tsx';
import { tagOf } from './steps.ts';

/** One rule: its condition, what it reads now, what it does, and what it did. */
export function RulePage({ id }: { readonly id: string }) {
  const { data: rules, error } = useRules();
  const isEngineer = useMay('engineer');
  const rule = rules?.find((one) => one.id === id);
  if (error && !rules) return <Refusal error={error} />;
  if (!rules) return <div className="waiting" role="status" aria-label="Asking for the rule" />;
  if (!rule) {
    return (
      <p>
        There is no rule <code>{id}</code> in the site file that runs.{' '}
        <a href={hashOf('decisions')}>All rules</a>
      </p>
    );
  }
  return (
    <>
      <header className="rule-head">
        <nav aria-label="Place" className="quiet">
          <a href={hashOf('decisions')}>Rules</a> /{' '}
          <a href={hashOf('decisions', '', { asset: rule.asset })}>
            {rule.asset === '' ? 'the site' : rule.asset}
          </a>
        </nav>
        <h2>
          {id.split('/').at(-1)} <RuleState state={rule.state} />
        </h2>
        {rule.description && <p className="quiet">{rule.description}</p>}
      </header>
      <div className="rule-cards">
        <section className="card" aria-label="Condition">
          <div className="card-head">
            <h2>Condition</h2>
            {isEngineer && (
              <a href={hashOf('decisions', 'file', { at: rule.where.join('\n') })}>
                Show it in the site file
              </a>
            )}
          </div>
          <pre className="condition">{rule.when}</pre>
          <Inputs reads={rule.reads} asset={rule.asset} />
        </section>
        <section className="card" aria-label="What it does">
          <h2>What it does</h2>
          <Actions rule={rule} />
        </section>
        <Beside rule={rule} live={rules.find((one) => one.id === rule.shadow?.insteadOf)} />
        <Steps rule={rule} />
      </div>
    </>
  );
}

/** What the condition rests on, as it is now. */
function Inputs({ reads, asset }: Pick<RuleStatus, 'reads' | 'asset'>) {
  if (reads.length === 0) return <p className="quiet">It reads no tag.</p>;
  return (
    <table className="table" aria-label="Inputs now">
      <thead>
        <tr>
          <th scope="col">Input</th>
          <th scope="col" className="number">
            Now
          </th>
          <th scope="col">Quality</th>
          <th scope="col" className="number">
            Age
          </th>
        </tr>
      </thead>
      <tbody>
        {reads.map((path) => (
          <Input key={path} path={path} asset={asset} />
        ))}
      </tbody>
    </table>
  );
}

function Input({ path, asset }: { readonly path: string; readonly asset: string }) {
  const live = useLiveTag(path);
  return (
    <tr>
      <th scope="row">
        <a href={hashOf('tags', path)} title={path}>
          <PathText path={nameIn(asset, path)} />
        </a>
      </th>
      <td className="number">
        <Value live={live} />
      </td>
      <td>
        <Quality live={live} />
      </td>
      <td className="number quiet">
        <LiveAge live={live} />
      </td>
    </tr>
  );
}

const ON_BAD: { readonly [what in RuleStatus['onBad']]: string } = {
  hold: 'keeps what it has done, and does nothing more',
  safe: 'does what it does when its condition ends',
  alarm: 'keeps what it has done, and an alarm is raised',
};

function Actions({ rule }: { readonly rule: RuleStatus }) {
  const { onDelayMs, offDelayMs, onBad, firstIsEdge, firings, lastOnUs, shadow } = rule;
  const nowMs = useSiteNow();
  return (
    <dl className="facts">
      <dt>When it begins</dt>
      <dd>
        <ActionList actions={rule.do} />
        {onDelayMs > 0 && <span className="quiet"> after {delayText(onDelayMs)}</span>}
      </dd>
      <dt>When it ends</dt>
      <dd>
        <ActionList actions={rule.clear} />
        {offDelayMs > 0 && <span className="quiet"> after {delayText(offDelayMs)}</span>}
      </dd>
      {rule.alert !== undefined && (
        <>
          <dt>While it is on</dt>
          <dd>
            stands in the <a href={hashOf('alarms', '', { list: 'alerts' })}>list of alerts</a>: {rule.alert}
            {shadow && <span className="quiet"> (not while it is a shadow)</span>}
          </dd>
        </>
      )}
      <dt>On a bad input</dt>
      <dd>{ON_BAD[onBad]}</dd>
      {firstIsEdge && (
        <>
          <dt>At start</dt>
          <dd>acts at once where its condition holds already</dd>
        </>
      )}
      <dt>Since start</dt>
      <dd>
        on {count(firings)} {firings === 1 ? 'time' : 'times'}
        {lastOnUs !== undefined && `, last ${moment(lastOnUs / 1000, nowMs)}`}
      </dd>
      {shadow && (
        <>
          <dt>Shadow</dt>
          <dd>nothing of this is done; it is only counted</dd>
        </>
      )}
    </dl>
  );
}

function ActionList({ actions }: { readonly actions: RuleStatus['do'] }) {
  if (actions.length === 0) return <span className="quiet">nothing</span>;
  return (
    <ul className="plain">
      {actions.map((action) => (
        <li key={JSON.stringify(action)}>
          <ActionText action={action} />
        </li>
      ))}
    </ul>
  );
}

function ActionText({ action: { write, send } }: { readonly action: RuleStatus['do'][number] }) {
  const tag = tagOf(write);
  if (tag !== undefined) {
    const { value, leaseMs } = write as { readonly value?: Json; readonly leaseMs?: number };
    return (
      <>
        writes <a href={hashOf('tags', tag)}>{tag}</a> = <code>{inBraces(value)}</code>
        {leaseMs !== undefined && (
          <span className="quiet"> for as long as it is on, lease {delayText(leaseMs)}</span>
        )}
      </>
    );
  }
  const { to, ...message } = (send ?? {}) as { readonly [field: string]: Json };
  return (
    <>
      sends to {String(to)}
      {Object.entries(message).map(([name, one]) => (
        <span key={name} className="quiet rule-about">
          {name}: {typeof one === 'string' ? one : JSON.stringify(one)}
        </span>
      ))}
    </>
  );
}

/** A value that is one expression reads as that expression. */
const inBraces = (value: Json | undefined): string =>
  typeof value === 'string' ? value.replace(/^\{\{\s*(.*?)\s*\}\}$/, '$1') : JSON.stringify(value);

/** A shadow beside the rule that it may replace: when both were of two minds. */
function Beside({ rule, live }: { readonly rule: RuleStatus; readonly live: RuleStatus | undefined }) {
  const nowMs = useSiteNow();
  const { shadow } = rule;
  if (!shadow || !live) return null;
  return (
    <section className="card" aria-label="Beside the live rule">
      <h2>
        Instead of <RuleLink id={live.id} /> <RuleState state={live.state} />
      </h2>
      <pre className="condition">{live.when}</pre>
      <p>
        {shadow.differences === 0
          ? 'Both were always of one mind since start.'
          : `Of two minds ${count(shadow.differences)} times since start, for ${duration(shadow.differedMs)}.`}
      </p>
      <ol className="plain">
        {shadow.last.toReversed().map(({ fromUs, toUs, on }) => (
          <li key={fromUs}>
            {moment(fromUs / 1000, nowMs)}{' '}
            {toUs === undefined ? 'until now' : `for ${duration((toUs - fromUs) / 1000)}`}: only{' '}
            {on === rule.id ? 'the shadow' : 'the live rule'} was on
          </li>
        ))}
      </ol>
    </section>
  );
}

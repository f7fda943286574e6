import { useMemo } from 'react';
import type { RuleStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { count, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { go, hashOf, usePlace } from '../../shell/route.ts';
import { useRules } from './rule-data.ts';
import { RuleState } from './rule-state.tsx';
import { Shadows } from './shadows.tsx';

const ROW_PIXELS = 44;
const STATES = ['on', 'off', 'unknown'] as const;

/** Every rule: whether it is on, by which condition, and when it was last. */
export function Rules() {
  const { data: rules, error } = useRules();
  const { query } = usePlace();
  const [state, asset, text] = ['state', 'asset', 'q'].map((name) => query.get(name) ?? '') as [
    string,
    string,
    string,
  ];
  const choose = (name: string, value: string) => {
    const next = { ...Object.fromEntries(query), [name]: value };
    go(hashOf('decisions', '', Object.fromEntries(Object.entries(next).filter(([, one]) => one !== ''))));
  };
  const assets = useMemo(() => [...new Set(rules?.map((rule) => rule.asset))].toSorted(), [rules]);
  const found = useMemo(
    () => rules?.filter((rule) => isFound(rule, { state, asset, text })) ?? [],
    [rules, state, asset, text],
  );
  if (error && !rules) return <Refusal error={error} />;
  if (!rules) return <div className="waiting" role="status" aria-label="Asking for the rules" />;
  if (rules.length === 0)
    return <p className="quiet">This site has no rules. An engineer adds them to its site file.</p>;
  return (
    <>
      <div className="filters">
        <input
          type="search"
          className="ix-form-control"
          placeholder="Search rules, conditions, tags"
          aria-label="Search rules"
          defaultValue={text}
          onChange={(event) => choose('q', event.target.value)}
        />
        <select aria-label="State" value={state} onChange={(event) => choose('state', event.target.value)}>
          <option value="">Any state</option>
          {STATES.map((one) => (
            <option key={one} value={one}>
              {one} ({rules.filter((rule) => rule.state === one).length})
            </option>
          ))}
        </select>
        <select aria-label="Asset" value={asset} onChange={(event) => choose('asset', event.target.value)}>
          <option value="">All assets</option>
          {assets.map((one) => (
            <option key={one} value={one}>
              {one === '' ? 'the site itself' : one}
            </option>
          ))}
        </select>
        <output className="quiet">
          {count(found.length)} of {count(rules.length)}
        </output>
      </div>
      <Shadows rules={rules} />
      <VirtualList
        label="Rules"
        items={found}
        rowHeight={ROW_PIXELS}
        keyOf={({ id }) => id}
        head={<Head />}
        row={(rule) => <Row rule={rule} />}
      />
    </>
  );
}

interface Wanted {
  readonly state: string;
  readonly asset: string;
  readonly text: string;
}

function isFound(rule: RuleStatus, { state, asset, text }: Wanted): boolean {
  if (state !== '' && rule.state !== state) return false;
  if (asset !== '' && rule.asset !== asset) return false;
  const { id, when, description = '', reads } = rule;
  return [id, when, description, ...reads].some((one) =>
    one.toLowerCase().includes(text.trim().toLowerCase()),
  );
}

const Head = () => (
  <div role="row" className="list-row rule-row" aria-rowindex={1}>
    <span role="columnheader">State</span>
    <span role="columnheader">Rule</span>
    <span role="columnheader">When</span>
    <span role="columnheader" className="number">
      Times on
    </span>
    <span role="columnheader" className="number">
      Last on
    </span>
  </div>
);

function Row({ rule }: { readonly rule: RuleStatus }) {
  const { id, asset, description, when, state, firings, lastOnUs, shadow } = rule;
  const nowMs = useSiteNow();
  const name = asset !== '' && id.startsWith(`${asset}/`) ? id.slice(asset.length + 1) : id;
  return (
    <div className="rule-row">
      <span role="cell">
        <RuleState state={state} />
      </span>
      <span role="cell" className="rule-name">
        <a href={hashOf('decisions', `rule/${id}`)}>
          {asset !== '' && <span className="quiet">{asset}/</span>}
          {name}
        </a>
        {shadow && <span className="tag-mark">shadow</span>}
        <span className="quiet rule-about">{description}</span>
      </span>
      <span role="cell" className="rule-when">
        <code title={when}>{when}</code>
      </span>
      <span role="cell" className="number">
        {count(firings)}
      </span>
      <span role="cell" className="number quiet">
        {lastOnUs === undefined ? '–' : moment(lastOnUs / 1000, nowMs)}
      </span>
    </div>
  );
}

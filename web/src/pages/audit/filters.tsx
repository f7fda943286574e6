import { useMay } from '../../data/session.ts';
import { FindField, FindTime } from '../../parts/find-field.tsx';
import type { Asked, Group } from './asked.ts';

const NAMES: readonly (readonly [Group, string, isForEngineers?: true])[] = [
  ['writes', 'Writes'],
  ['alarms', 'Alarm acts'],
  ['config', 'Configuration', true],
  ['access', 'Access', true],
  ['security', 'Security', true],
  ['other', 'Everything else'],
];

/** What is looked for. */
export function Filters({
  asked,
  onAsk,
}: {
  readonly asked: Asked;
  readonly onAsk: (change: Partial<Asked>) => void;
}) {
  const isEngineer = useMay('engineer');
  return (
    <search className="audit-filters">
      <fieldset className="audit-groups range">
        <legend className="unseen">Kinds</legend>
        {NAMES.filter(([, , isForEngineers]) => isEngineer || !isForEngineers).map(([group, name]) => {
          const isOn = asked.groups.includes(group);
          const groups = isOn ? asked.groups.filter((one) => one !== group) : [...asked.groups, group];
          return (
            <button key={group} type="button" aria-pressed={isOn} onClick={() => onAsk({ groups })}>
              {name}
            </button>
          );
        })}
      </fieldset>
      <div className="audit-finds">
        <FindField
          label="Subject"
          type="search"
          value={asked.subject}
          onText={(subject) => onAsk({ subject })}
        />
        <FindField label="Person" value={asked.by} onText={(by) => onAsk({ by })} />
        <FindTime label="From" value={asked.from} onText={(from) => onAsk({ from })} />
        <FindTime label="To" value={asked.to} onText={(to) => onAsk({ to })} />
        <label className="check">
          <input
            type="checkbox"
            checked={asked.isWhole}
            onChange={(event) => onAsk({ isWhole: event.target.checked })}
          />
          What rules did, too
        </label>
      </div>
      {!isEngineer && (
        <p className="about">Events of access, security and configuration are for engineers.</p>
      )}
    </search>
  );
}

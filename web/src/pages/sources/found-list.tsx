import type { Found } from '#contract/client.ts';
import { namesOf } from '#contract/naming.ts';
import { number } from '../../parts/format.ts';
import { unitText } from '../../parts/unit.ts';
import { brief } from '../../parts/value.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { hashOf } from '../../shell/route.ts';

const ROW_PIXELS = 34;

/** What tells one thing at a device from all others. */
export const keyOf = ({ address }: Found): string => JSON.stringify(address);

/** Whether no tag reads it yet. */
export const isFree = ({ tag }: Found): boolean => tag === undefined;

export const placeText = (found: Found): string => namesOf(found).join(' / ');

interface Choice {
  readonly chosen: ReadonlyMap<string, Found>;
  readonly onChoose: (some: readonly Found[], isChosen: boolean) => void;
}

/** What was found, to choose from; what a tag reads already shows its tag instead. */
export function FoundList({ found, ...choice }: Choice & { readonly found: readonly Found[] }) {
  return (
    <div className="found">
      <VirtualList
        label="Found at the device"
        items={found}
        rowHeight={ROW_PIXELS}
        keyOf={keyOf}
        head={<Head found={found} {...choice} />}
        row={(one) => <Row found={one} {...choice} />}
      />
    </div>
  );
}

function Head({ found, chosen, onChoose }: Choice & { readonly found: readonly Found[] }) {
  const free = found.filter(isFree);
  const isAll = free.length > 0 && free.every((one) => chosen.has(keyOf(one)));
  return (
    <div role="row" className="list-row found-row" aria-rowindex={1}>
      <span role="columnheader">
        <input
          type="checkbox"
          aria-label="Choose all that are shown"
          checked={isAll}
          disabled={free.length === 0}
          onChange={(event) => onChoose(free, event.target.checked)}
        />
      </span>
      <span role="columnheader">Name</span>
      <span role="columnheader" className="number">
        Value
      </span>
      <span role="columnheader">Type</span>
      <span role="columnheader">Access</span>
      <span role="columnheader">Read by</span>
    </div>
  );
}

function Row({ found, chosen, onChoose }: Choice & { readonly found: Found }) {
  const { type = 'number', access = 'read', unit, tag, description } = found;
  const names = namesOf(found);
  const place = placeText(found);
  return (
    <div className="found-row">
      <span role="cell">
        {tag === undefined && (
          <input
            type="checkbox"
            aria-label={`Choose ${place}`}
            checked={chosen.has(keyOf(found))}
            onChange={(event) => onChoose([found], event.target.checked)}
          />
        )}
      </span>
      <span role="cell" title={description === undefined ? place : `${place}: ${description}`}>
        <span className="quiet">{names.slice(0, -1).map((name) => `${name} / `)}</span>
        {names.at(-1)}
        {description !== undefined && <span className="quiet found-about"> {description}</span>}
      </span>
      <span role="cell" className="number">
        {shownValue(found)}
        <span className="unit">{unitText(unit)}</span>
      </span>
      <span role="cell">{type}</span>
      <span role="cell" className="quiet">
        {ACCESS[access]}
      </span>
      <span role="cell">{tag !== undefined && <a href={hashOf('tags', tag)}>{tag}</a>}</span>
    </div>
  );
}

const ACCESS: { readonly [access in NonNullable<Found['access']>]: string } = {
  read: 'read',
  write: 'write',
  readWrite: 'read, write',
};

function shownValue({ value, states }: Found): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'number') return states?.[value] ?? number(value);
  return typeof value === 'string' ? value : brief(value);
}

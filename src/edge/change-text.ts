import { type Change, type FieldChange, SECTIONS, type Section } from '#edge/change.ts';
import type { Json } from '#kernel/event.ts';

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const ONE: { readonly [section in Section]: string } = {
  site: 'name of the site',
  settings: 'settings',
  sources: 'source',
  actuators: 'actuator',
  sinks: 'sink',
  shifts: 'shift',
  notices: 'notice',
  pictures: 'picture',
  tags: 'tag',
  rules: 'rule',
  alarms: 'alarm',
  detectors: 'detector',
};

/** One line a change, for people: `~ tag line/press/pressure: range [0,10] → [0,12]`. */
export function changeLine({ section, id, what, fields }: Change): string {
  const name = section === id ? ONE[section] : `${ONE[section]} ${id}`;
  const head = `${SIGNS[what]} ${name}`;
  return what === 'changed' ? `${head}: ${fields.map(fieldText).join(', ')}` : head;
}

const fieldText = ({ path, before, after }: FieldChange): string =>
  `${path} ${valueText(before)} → ${valueText(after)}`;

const LONGEST = 60;

function valueText(value: Json | undefined): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Everything in one line: `3 tags added, rule slow-down changed`. */
export function summaryOf(changes: readonly Change[]): string {
  const parts = SECTIONS.flatMap((section) =>
    (['added', 'removed', 'changed'] as const).flatMap((what) => {
      const ids = changes.filter((one) => one.section === section && one.what === what).map(({ id }) => id);
      return ids[0] === undefined ? [] : [`${counted(section, ids[0], ids.length)} ${what}`];
    }),
  );
  return parts.length === 0 ? 'nothing but its text' : parts.join(', ');
}

function counted(section: Section, first: string, count: number): string {
  if (section === first) return ONE[section];
  return count === 1 ? `${ONE[section]} ${first}` : `${count} ${section}`;
}

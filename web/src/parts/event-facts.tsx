import type { Json } from '#contract/client.ts';
import { personOf, textOf } from './event-words.ts';
import { duration, fineMs, number, shownZone } from './format.ts';

/** A moment as exactly as it is kept, and by whose clocks it is written. */
export const ExactTime = ({ timeUs }: { readonly timeUs: number }) => (
  <>
    {shownZone().text(timeUs / 1e6, 3)} <span className="quiet">{shownZone().name}</span>
  </>
);

/** Who did it; as it is kept, too, where that says more. */
export const DoneBy = ({ by }: { readonly by: string }) => (
  <>
    {personOf(by)} {personOf(by) !== by && <code className="quiet">{by}</code>}
  </>
);

/** All else that an event holds, a term and what it says each. */
export function EventFacts({ detail = {} }: { readonly detail?: { readonly [field: string]: Json } }) {
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([field, value]) => (
      <div key={field} className="event-fact">
        <dt>{words(field)}</dt>
        <dd>
          {typeof value === 'object' ? <pre>{JSON.stringify(value, null, 1)}</pre> : shown(field, value)}
        </dd>
      </div>
    ));
}

/** `tookMs` is “Took”: its unit stands behind what it took. */
function words(field: string): string {
  const text = field
    .replace(/(?<=[a-z])[MU]s$/, '')
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function shown(field: string, value: Json): string {
  if (typeof value !== 'number') return textOf(value);
  if (field.endsWith('Ms')) return value < 60_000 ? fineMs(value) : duration(value);
  if (!field.endsWith('Us')) return Number.isInteger(value) ? textOf(value) : number(value);
  return value > 0 ? shownZone().text(value / 1e6) : '–';
}

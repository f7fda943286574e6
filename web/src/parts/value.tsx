import type { TagValue } from '#contract/client.ts';
import { useSiteNow } from '../data/clock.ts';
import type { Live } from '../data/live-value.ts';
import { duration, number } from './format.ts';
import { classOfName, qualityOf, qualityText } from './quality.ts';
import { unitText } from './unit.ts';

/** A value as people read it, without its unit. */
export function valueText({ value, state }: Pick<TagValue, 'value' | 'state'>): string {
  if (value === null) return '–';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (state !== undefined) return state;
  if (typeof value === 'number') return number(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

type Shown = Pick<TagValue, 'value' | 'state' | 'quality' | 'unit' | 'writeOnly'>;

/** The newest value of a tag; one that is not good says so, in words and not by its colour alone. */
export function Value({ live }: { readonly live: Shown | undefined }) {
  if (!live) return <span className="value quiet">…</span>;
  if (live.writeOnly) return <span className="value quiet">–</span>;
  const quality = classOfName(live.quality);
  return (
    <span className="value" data-quality={quality} title={qualityText(live.quality)}>
      {quality !== 'good' && <span className="value-mark">{quality === 'bad' ? 'bad ' : '? '}</span>}
      {valueText(live)}
      <span className="unit">{unitText(live.unit)}</span>
    </span>
  );
}

/** Its quality in words: nothing where it is good, and coloured only where something is wrong. */
export function Quality({ live }: { readonly live: Shown | undefined }) {
  if (!live) return null;
  const isWrong = !live.writeOnly && classOfName(live.quality) !== 'good';
  return <span className={isWrong ? 'quality-wrong' : 'quiet'}>{qualityOf(live)}</span>;
}

/** How old a live value is: what the site said, and what has passed here since. */
export function LiveAge({ live }: { readonly live: Live | undefined }) {
  useSiteNow();
  if (live?.ageMs === undefined) return <span className="age quiet">–</span>;
  return <span className="age">{duration(live.ageMs + performance.now() - live.cameAt)}</span>;
}

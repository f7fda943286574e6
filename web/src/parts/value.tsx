import type { Json, TagValue } from '#contract/client.ts';
import { useSiteNow } from '../data/clock.ts';
import type { Live } from '../data/live-value.ts';
import { textOf } from './event-words.ts';
import { digits, duration, number } from './format.ts';
import { classOfName, qualityOf, qualityText } from './quality.ts';
import { unitText } from './unit.ts';

/** Of many values so many are shown, of others so many letters: a wave of a thousand is no text. */
const MOST_VALUES = 3;
const MOST_LETTERS = 40;

export function brief(value: Exclude<Json, null>): string {
  if (Array.isArray(value) && value.length > MOST_VALUES) {
    const first = value
      .slice(0, MOST_VALUES)
      .map((one) => (typeof one === 'number' ? number(one) : textOf(one)));
    return `${first.join(', ')} … (${value.length})`;
  }
  const text = Array.isArray(value) ? value.map(textOf).join(', ') : JSON.stringify(value);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)} …` : text;
}

/** A value as people read it, without its unit. */
export function valueText({ value, state, type }: Pick<TagValue, 'value' | 'state' | 'type'>): string {
  if (value === null) return '–';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (state !== undefined) return state;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return type === 'int64' ? digits(value) : value;
  return brief(value);
}

type Shown = Pick<TagValue, 'value' | 'state' | 'type' | 'quality' | 'unit' | 'writeOnly'>;

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

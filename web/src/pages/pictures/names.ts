import type { AlarmStatus } from '#contract/client.ts';
import type { Live } from '../../data/live-value.ts';
import { alarmName } from '../../parts/alarms.ts';
import { PRIORITIES, type Priority } from '../../parts/priority.tsx';
import { qualityText } from '../../parts/quality.ts';
import { unitText } from '../../parts/unit.ts';
import { valueText } from '../../parts/value.tsx';
import type { Binding, Shown } from './drawing/shown.ts';

/** Path of a tag or asset as people say it: its last two parts, `pump speed`. */
export const spoken = (path: string): string => path.split('/').slice(-2).join(' ').replaceAll(/[-_]/g, ' ');

/** Whose faceplate an element opens: what it names, or what it shows. */
export const faceOf = ({ click, tag, alarm }: Binding): string | undefined => click ?? tag ?? alarm;

/** Standing alarms that an element marks: one by its id, or all of an asset and below it. */
export const alarmsOf = (standing: readonly AlarmStatus[], of: string): readonly AlarmStatus[] =>
  standing.filter(({ id, asset }) => id === of || asset === of || asset.startsWith(`${of}/`));

export const worstOf = (alarms: readonly AlarmStatus[]): Priority | undefined =>
  PRIORITIES.find((priority) => alarms.some((one) => one.priority === priority));

/** What a screen reader says of an element: what it is, what it shows, and what is wrong with it. */
export function nameOf(
  id: string,
  binding: Binding,
  live: Live | undefined,
  { doubt }: Shown,
  alarms: readonly AlarmStatus[],
): string {
  const path = binding.tag ?? faceOf(binding);
  const parts = [path === undefined ? id : spoken(path)];
  if (binding.tag !== undefined) parts.push(valueInWords(live, doubt));
  for (const alarm of alarms) parts.push(`${alarm.priority} alarm: ${alarmName(alarm)}`);
  return parts.join(', ');
}

function valueInWords(live: Live | undefined, doubt: Shown['doubt']): string {
  if (!live || doubt === 'awaited') return 'not known yet';
  if (doubt === 'unknown') return `not known, ${qualityText(live.quality) || 'nobody knows the range'}`;
  const text = `${valueText(live)} ${unitText(live.unit)}`.trim();
  return doubt === 'uncertain' ? `${text}, ${qualityText(live.quality) || 'the site does not answer'}` : text;
}

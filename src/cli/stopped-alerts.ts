import { backwards, lastModel, newestOf } from '#cli/kept.ts';
import type { Filter } from '#cli/rows.ts';
import type { AlertStatus, EndedAlert } from '#contract/client.ts';
import { endedAlert } from '#contract/ended-alert.ts';
import type { JournalReader } from '#journal/api.ts';

/** Those that began and have not ended, the newest first; of rules and detectors that the last site file has. */
export async function stoppedAlerts(
  reader: JournalReader,
  { prefix = '' }: Filter,
  dir: string,
): Promise<readonly AlertStatus[]> {
  const model = await lastModel(dir);
  const rules = (model?.rules ?? []).filter(({ alert, shadow }) => alert !== undefined && !shadow);
  const detectors = (model?.detectors ?? []).filter(({ shadow }) => !shadow);
  const some = [...rules, ...detectors].filter(({ id }) => id.startsWith(prefix));
  const last = newestOf(
    reader,
    some.map(({ id }) => id),
    ({ kind, name }) => kind === 'alert' && name !== 'alert.judged',
  );
  return some
    .flatMap((one): AlertStatus[] => {
      const { id, asset, description } = one;
      const event = last.get(id);
      if (event?.name !== 'alert.began') return [];
      const about = { rule: id, asset, ...(description !== undefined && { description }) };
      const when = 'when' in one ? one.when : '';
      const text = String(event.detail?.text);
      return [{ ...about, text, sinceUs: event.timeUs, condition: 'unknown', when }];
    })
    .sort((a, b) => b.sinceUs - a.sinceUs);
}

/** Those that are over, the one that ended last first. */
export function stoppedEndedAlerts(
  reader: JournalReader,
  { prefix = '', fromUs = 0, toUs = Number.POSITIVE_INFINITY }: Filter,
  limit: number,
): readonly EndedAlert[] {
  const found: EndedAlert[] = [];
  for (const { seq, event } of backwards(reader)) {
    if (found.length === limit) break;
    const fits = event.name === 'alert.ended' && event.subject.startsWith(prefix);
    if (fits && event.timeUs >= fromUs && event.timeUs < toUs) found.push(endedAlert({ id: seq, ...event }));
  }
  return found;
}

import { backwards, lastModel, newestOf } from '#cli/kept.ts';
import type { Filter } from '#cli/rows.ts';
import { stoppedAlerts, stoppedEndedAlerts } from '#cli/stopped-alerts.ts';
import type {
  AlarmStatus,
  AlertStatus,
  DeadLetterView,
  EndedAlert,
  EventView,
  GapView,
  TagValue,
} from '#contract/client.ts';
import type { AlarmModel } from '#contract/model.ts';
import { journalDir } from '#edge/main.ts';
import type { JournalReader, StoredEvent } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { Quality, qualityName } from '#kernel/quality.ts';

/* What a stopped site has kept, read straight from its journal. */

const USUAL = 100;
const ALL = 4096;

export async function stoppedRows(
  what: 'tags' | 'alarms' | 'alerts' | 'ended-alerts' | 'events' | 'gaps' | 'dead-letters',
  filter: Filter,
  dir: string,
): Promise<
  readonly (TagValue | AlarmStatus | AlertStatus | EndedAlert | EventView | GapView | DeadLetterView)[]
> {
  using reader = openReader(journalDir(dir));
  switch (what) {
    case 'tags':
      return tags(reader, filter);
    case 'alarms':
      return await alarms(reader, filter, dir);
    case 'alerts':
      return await stoppedAlerts(reader, filter, dir);
    case 'ended-alerts':
      return stoppedEndedAlerts(reader, filter, filter.limit ?? USUAL);
    case 'events':
      return events(reader, filter);
    case 'gaps':
      return gaps(reader, filter);
    case 'dead-letters':
      return deadLetters(reader, filter);
  }
}

/** All tags that there ever were: nobody is there who knows which of them the site has now, or their values. */
function tags(reader: JournalReader, { prefix = '', search = '' }: Filter): readonly TagValue[] {
  const found = search.toLowerCase();
  return reader
    .tags()
    .filter(
      ({ path, description = '' }) =>
        path.startsWith(prefix) && (path.includes(found) || description.toLowerCase().includes(found)),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, type, unit }) => ({
      path,
      type,
      ...(unit !== undefined && { unit }),
      value: null,
      quality: qualityName(Quality.badNotConnected),
      timeUs: 0,
    }));
}

function events(reader: JournalReader, filter: Filter): readonly EventView[] {
  const { kind, subject, fromUs = 0, toUs = Number.POSITIVE_INFINITY, limit = USUAL } = filter;
  const below = subject?.endsWith('*') ? subject.slice(0, -1) : undefined;
  const found: EventView[] = [];
  for (const { seq, event } of backwards(reader)) {
    const fits =
      (kind === undefined || kind.includes(event.kind)) &&
      (subject === undefined ||
        (below === undefined ? event.subject === subject : event.subject.startsWith(below))) &&
      event.timeUs >= fromUs &&
      event.timeUs < toUs;
    if (!fits) continue;
    found.push({ id: seq, ...event, ...(event.detail && { detail: withoutFile(event) }) });
    if (found.length === limit) break;
  }
  return found.reverse();
}

/** Whole site files are in the history of the configuration. */
function withoutFile({ name, detail = {} }: StoredEvent['event']): NonNullable<EventView['detail']> {
  const { text, ...rest } = detail;
  return name === 'config.changed' || text === undefined ? rest : detail;
}

/** As the last transition left each of them; alarms of the last site file that never moved are normal. */
async function alarms(
  reader: JournalReader,
  { prefix = '', active }: Filter,
  dir: string,
): Promise<readonly AlarmStatus[]> {
  const models = (await lastModel(dir))?.alarms ?? [];
  const last = newestOf(
    reader,
    models.map(({ id }) => id),
    ({ kind, detail }) => kind === 'alarm' && detail?.to !== undefined,
  );
  return models
    .map((model) => alarmOf(model, last.get(model.id)))
    .filter((one) => one.id.startsWith(prefix) && (!active || one.state !== 'normal'));
}

function alarmOf(model: AlarmModel, event: StoredEvent['event'] | undefined): AlarmStatus {
  const { id, asset, description, priority, consequence, response, when, suppressWhen } = model;
  const { deadband, onDelayMs, offDelayMs, latched, shelveMaxMin } = model;
  const { to = 'normal', firstOut = 0, comment } = event?.detail ?? {};
  return {
    id,
    asset,
    ...(description !== undefined && { description }),
    priority,
    state: to as AlarmStatus['state'],
    condition: 'unknown',
    consequence,
    response,
    sinceUs: event?.timeUs ?? 0,
    firstOut: Number(firstOut),
    ...(typeof comment === 'string' && { comment }),
    when,
    deadband,
    onDelayMs,
    offDelayMs,
    latched,
    ...(suppressWhen !== undefined && { suppressWhen }),
    shelveMaxMin,
  };
}

const pathsOf = (reader: JournalReader): ((tag: number) => string) => {
  const paths = new Map(reader.tags().map(({ number, path }) => [number, path]));
  return (tag) => paths.get(tag) ?? `number ${tag}`;
};

function gaps(reader: JournalReader, filter: Filter): readonly GapView[] {
  const { source, fromUs = 0, toUs = Number.POSITIVE_INFINITY, limit = USUAL } = filter;
  const pathOf = pathsOf(reader);
  return reader
    .gaps(ALL)
    .filter(
      (gap) => (source === undefined || gap.source === source) && gap.toUs >= fromUs && gap.fromUs < toUs,
    )
    .slice(-limit)
    .map(({ tags, count, ...gap }) => ({
      ...gap,
      tags: tags === 'all' ? tags : tags.map(pathOf),
      ...(count !== undefined && { count }),
    }));
}

function deadLetters(reader: JournalReader, { limit = USUAL }: Filter): readonly DeadLetterView[] {
  const pathOf = pathsOf(reader);
  return reader.deadLetters(limit).map(({ id, sink, tag, timeUs, value, quality, reason, atUs }) => ({
    id,
    sink,
    tag: pathOf(tag),
    timeUs,
    value,
    quality: qualityName(quality),
    reason,
    atUs,
  }));
}

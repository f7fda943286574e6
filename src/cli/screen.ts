import {
  age,
  bold,
  bytes,
  clockTime,
  dim,
  fit,
  number,
  red,
  sparkline,
  table,
  valueText,
  yellow,
} from '#cli/text.ts';
import type { AlarmStatus, EventView, SiteStatus, SourceView, TagValue } from '#contract/client.ts';

const TREND = 24;
const EVENTS_KEPT = 50;

/** What the live view knows: fed by the stream, drawn as text. Knows neither sockets nor the terminal. */
export class Screen {
  readonly #values = new Map<string, TagValue>();
  readonly #trends = new Map<string, number[]>();
  #events: EventView[] = [];
  #status: SiteStatus | undefined;
  #alarms: readonly AlarmStatus[] = [];
  #rate = { atS: 0, samples: 0, decisions: 0, samplesPerS: 0, decisionsPerS: 0 };

  values(changed: readonly TagValue[]): void {
    for (const tag of changed) this.#values.set(tag.path, tag);
    for (const [path, tag] of this.#values) {
      const trend = this.#trends.get(path) ?? [];
      trend.push(tag.quality.startsWith('bad') || typeof tag.value !== 'number' ? Number.NaN : tag.value);
      if (trend.length > TREND) trend.shift();
      this.#trends.set(path, trend);
    }
  }

  /** The events that are new to the screen. */
  events(added: readonly EventView[]): void {
    this.#events = [...this.#events, ...added].slice(-EVENTS_KEPT);
  }

  state(status: SiteStatus, alarms: readonly AlarmStatus[], atS: number): void {
    const seconds = atS - this.#rate.atS;
    this.#rate = {
      atS,
      samples: status.samples,
      decisions: status.decisions.count,
      samplesPerS: Math.max(0, (status.samples - this.#rate.samples) / seconds),
      decisionsPerS: Math.max(0, (status.decisions.count - this.#rate.decisions) / seconds),
    };
    this.#status = status;
    this.#alarms = alarms;
  }

  /** Alarms and events have their room first; values fill what is left. */
  draw(columns: number, rows: number, footer: readonly string[]): string {
    const status = this.#status;
    if (!status) return 'waiting for the site …';
    const head = [...this.#head(status), '', ...this.#sources(status), '', ...this.#alarmLines(columns), ''];
    const events = ['', bold('Events'), ...this.#eventLines(Math.max(3, Math.min(6, rows - 30)))];
    const room = rows - head.length - events.length - footer.length - 2;
    const lines = [...head, ...this.#valueLines(Math.max(5, room)), ...events, '', ...footer];
    return lines.map((line) => fit(line, columns)).join('\n');
  }

  #head(status: SiteStatus): string[] {
    const { journal, decisions, writes } = status;
    const disk = journal.fault
      ? red(`disk: ${journal.fault.message}`)
      : `${bytes(journal.usedBytes)} on disk`;
    const gaps = journal.gaps > 0 ? yellow(`${journal.gaps} gaps`) : '0 gaps';
    return [
      `${bold(`Holdfast · ${status.site}`)}  up ${age(status.upS * 1000)}  memory ${bytes(status.memoryBytes)}`,
      `${number(this.#rate.samplesPerS, 0)} samples/s  ${number(this.#rate.decisionsPerS, 0)} decisions/s  ` +
        `p99 ${decisions.p99Ms.toFixed(2)} ms  ${writes.confirmed} writes confirmed, ${writes.refused} refused`,
      `${number(journal.durableRows)} samples durable  ${disk}  ${gaps}`,
    ];
  }

  #sources(status: SiteStatus): string[] {
    const rows = Object.entries(status.sources).map(([id, source]) => [
      id,
      source.kind,
      source.state === 'running' ? 'running' : red(source.state),
      number(source.samples),
      tagsOf(source),
      age(source.ageMs),
      source.load.requests > 0
        ? `${source.load.requestsPerS}/s of ${source.load.caps.perSecond ?? '–'}, p99 ${source.load.p99Ms.toFixed(1)} ms`
        : '',
      source.fault ? yellow(source.fault.message) : '',
    ]);
    return table(['source', 'kind', 'state', 'samples', 'tags', 'age', 'load budget', ''], rows).split('\n');
  }

  #alarmLines(columns: number): string[] {
    const active = this.#alarms.filter(({ state }) => state !== 'normal');
    if (active.length === 0) return [bold('Alarms'), dim('none')];
    const lines = active.slice(0, 8).map((alarm) => {
      const unacknowledged = alarm.state.toLowerCase().includes('unack');
      const mark = (unacknowledged ? red : yellow)(`${unacknowledged ? '▲' : '△'} ${alarm.priority}`);
      return fit(`${mark}  ${alarm.id}  ${alarm.state}  → ${alarm.response}`, columns);
    });
    return [bold(`Alarms (${active.length})`), ...lines];
  }

  #valueLines(room: number): string[] {
    const shown = this.#ranked().slice(0, room - 2);
    const rows = shown.map((tag) => [
      tag.path,
      tag.state ?? valueText(tag.value),
      tag.unit ?? '',
      sparkline(this.#trends.get(tag.path) ?? []),
      tag.quality === 'good' ? '' : tag.quality.startsWith('bad') ? red(tag.quality) : yellow(tag.quality),
    ]);
    const more = this.#values.size - shown.length;
    const lines = table(['tag', 'value', 'unit', 'trend', 'quality'], rows).split('\n');
    return more > 0 ? [...lines, dim(`and ${more} more; name a prefix to see them`)] : lines;
  }

  /** What is abnormal first, then what belongs to an alarm, then what moves; otherwise as the site file has it. */
  #ranked(): TagValue[] {
    const troubled = new Set(
      this.#alarms
        .filter(({ state }) => state !== 'normal')
        .map(({ id }) => id.slice(0, id.lastIndexOf('/') + 1)),
    );
    const rank = (tag: TagValue): number => {
      if (tag.quality !== 'good' && tag.ageMs !== undefined) return 0;
      const isTroubled = troubled.has(tag.path.slice(0, tag.path.lastIndexOf('/') + 1));
      const trend = this.#trends.get(tag.path) ?? [];
      const moves = typeof tag.value === 'number' && trend.some((value) => value !== trend[0]);
      return (isTroubled ? 1 : 2) + (moves ? 0 : 2);
    };
    return [...this.#values.values()]
      .map((tag) => ({ tag, rank: rank(tag) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ tag }) => tag);
  }

  #eventLines(most: number): string[] {
    const last = this.#events.slice(-most);
    if (last.length === 0) return [dim('none yet')];
    return last.map(eventLine);
  }
}

/** One event in one line: when, what, on what, by whom, and the details that a reader wants. */
export function eventLine(event: EventView): string {
  const { kind, name, subject, timeUs, by } = event;
  const urgent = kind === 'security' || name.startsWith('alarm.unack');
  const text = `${clockTime(timeUs)}  ${name.padEnd(22)}  ${subject}`;
  return [urgent ? yellow(text) : text, detailText(event), by ? dim(`by ${by}`) : '']
    .filter(Boolean)
    .join('  ');
}

function detailText({ name, detail }: EventView): string {
  if (!detail) return '';
  if (name.startsWith('write.') || name === 'security.write-refused') {
    const { value, readBack, feedback, refusal, reason, tookMs } = detail;
    const parts = [
      `= ${valueText(value ?? null)}`,
      readBack === undefined ? '' : `read back ${valueText(readBack)}`,
      feedback === undefined ? '' : `feedback ${valueText(feedback)}`,
      [refusal, reason].filter(Boolean).join(': '),
      typeof tookMs === 'number' ? age(Math.round(tookMs)) : '',
    ];
    return parts.filter(Boolean).join('  ');
  }
  if (name.startsWith('alert.')) {
    const { text, lastedMs } = detail;
    return `${text}${typeof lastedMs === 'number' ? `, lasted ${age(lastedMs)}` : ''}`;
  }
  const { from, to, priority, ...rest } = detail;
  const parts = [
    from !== undefined && to !== undefined ? `${from} → ${to}` : '',
    priority === undefined ? '' : String(priority),
    Object.keys(rest).length > 0 ? JSON.stringify(rest) : '',
  ];
  return parts.filter(Boolean).join('  ');
}

/** How many have a usable value, where not all of them have. */
export const tagsOf = ({ tags, badTags }: Pick<SourceView, 'tags' | 'badTags'>): string =>
  badTags === 0 ? number(tags) : red(`${number(tags - badTags)} of ${number(tags)}`);

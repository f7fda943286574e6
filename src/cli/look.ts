import { autonomyText } from '#cli/autonomy.ts';
import { SiteClient } from '#cli/client.ts';
import { type Filter, type Listed, rowsOf } from '#cli/rows.ts';
import { eventLine, tagsOf } from '#cli/screen.ts';
import { toldToStop } from '#cli/stop.ts';
import {
  above,
  age,
  bold,
  bytes,
  dim,
  firstOf,
  fit,
  number,
  red,
  table,
  valueText,
  yellow,
} from '#cli/text.ts';
import { watch, watchJson } from '#cli/watch.ts';
import type {
  AlarmStatus,
  AlertStatus,
  AssetView,
  DeadLetterView,
  EndedAlert,
  EventView,
  GapView,
  RuleStatus,
  SiteStatus,
  SourceView,
  TagValue,
  TreeNode,
} from '#contract/client.ts';

export interface LookOptions {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export async function status({ data, json }: LookOptions): Promise<void> {
  const site = await (await SiteClient.find(data)).api.status();
  if (json) {
    print(JSON.stringify(site, null, 2));
    return;
  }
  const { journal, decisions, writes } = site;
  print(
    `${bold(site.site)}  version ${site.version}  up ${age(site.upS * 1000)}  start ${site.epoch}  pid ${site.pid}`,
  );
  print(configText(site));
  if (site.restored) print(restoredText(site.restored));
  if (site.access) print(accessText(site.access));
  if (site.autonomy) print(`alone ${autonomyText(site.autonomy)}`);
  print(`memory ${bytes(site.memoryBytes)}  tags ${site.tags}  clock jumps ${site.clockJumps}`);
  print(
    `decisions ${number(decisions.count)}  p50 ${decisions.p50Ms.toFixed(3)} ms  p99 ${decisions.p99Ms.toFixed(3)} ms`,
  );
  print(
    `writes confirmed ${writes.confirmed}, sent ${writes.sent}, refused ${writes.refused}, ` +
      `failed ${writes.failed}, unknown ${writes.unknown}`,
  );
  print(
    `journal ${number(journal.durableRows)} rows, ${bytes(journal.usedBytes)} of ${bytes(journal.quotaBytes)}, ` +
      `${wear(site.writtenPerDay)}${journal.gaps} gaps, ${number(journal.lostRows)} rows lost`,
  );
  if (journal.fault) print(red(`journal: ${journal.fault.message}. ${journal.fault.hint ?? ''}`));
  print(
    `alarms ${
      Object.entries(site.alarms)
        .map(([state, count]) => `${state} ${count}`)
        .join(', ') || 'none'
    }${detectorsText(site)}\n`,
  );
  print(sourceTable(Object.entries(site.sources).map(([id, one]) => ({ id, ...one }))));
  if (Object.keys(site.sinks).length > 0) print(`\n${sinkTable(site)}`);
}

function detectorsText({ detectors }: SiteStatus): string {
  const counts = Object.entries(detectors).map(([state, count]) => `${state} ${count}`);
  return counts.length === 0 ? '' : `\ndetectors ${counts.join(', ')}`;
}

function restoredText({ backupUs, skipped }: NonNullable<SiteStatus['restored']>): string {
  const what = `restored from a backup of ${new Date(backupUs / 1000).toISOString()}`;
  const lines = [
    yellow(`${what}: alarms, shelvings, modes and tag-outs are as they were then`),
    ...skipped.map(
      ({ sink, rows }) => `  ${number(rows)} rows that waited for sink ${sink} are not sent again`,
    ),
    '  look at them, then say so: `holdfast restore --checked`',
  ];
  return lines.join('\n');
}

function accessText({
  users,
  sessions,
  tokens,
  breakGlassUsedUs,
  damage,
}: NonNullable<SiteStatus['access']>): string {
  const known = `users ${users}  signed in ${sessions}  API tokens ${tokens}`;
  const damaged = damage === undefined ? '' : `\n${red(`nobody can sign in: ${damage}`)}`;
  if (breakGlassUsedUs === undefined) return known + damaged;
  const used = `the break-glass code was used at ${isoTime(breakGlassUsedUs)}`;
  return `${known}\n${red(used)}: find out why, and seal a new one: \`holdfast users break-glass\`${damaged}`;
}

function configText({ mode, config: { digest, file, refused, lastGoodUs } }: SiteStatus): string {
  const running = `running: digest ${digest.slice(0, 12)}`;
  const shadow = mode === 'shadow' ? `${yellow('shadow: acts on nothing')}  ` : '';
  if (!refused) return `${shadow}site file ${file ?? '–'}  ${running}`;
  const since = isoTime(refused.sinceUs);
  const lastGood = lastGoodUs === undefined ? '' : `, the last good file, of ${isoTime(lastGoodUs)}`;
  const first = refused.problems.find(({ severity }) => severity === 'error');
  const what = first && `\n${red(`  ${first.line}:${first.column} ${first.message}`)}`;
  return `${shadow}${red(`the site file has errors since ${since}`)}; ${running}${lastGood}${what ?? ''}`;
}

const isoTime = (us: number): string => new Date(us / 1000).toISOString();

function sinkTable(site: SiteStatus): string {
  const rows = Object.entries(site.sinks).map(([id, one]) => [
    id,
    one.kind,
    one.state === 'running' ? one.state : red(one.state),
    number(one.delivered),
    one.rejected > 0 ? red(number(one.rejected)) : '0',
    number(one.backlog.rows),
    age(one.backlog.ageMs),
    `${number(one.rowsPerS)}/s`,
    one.backlog.rows === 0 || one.emptyInS === undefined ? '–' : age(one.emptyInS * 1000),
    [carriedText(one), one.fault && yellow(`${one.fault.message} ${one.fault.hint ?? ''}`)]
      .filter(Boolean)
      .join('; '),
  ]);
  const head = [
    'sink',
    'kind',
    'state',
    'delivered',
    'refused',
    'backlog',
    'oldest',
    'drains',
    'empty in',
    '',
  ];
  return table(head, rows);
}

/** What went by hand is not told as delivered before somebody says that it came. */
const carriedText = ({ unconfirmed }: SiteStatus['sinks'][string]): string =>
  unconfirmed
    ? `sent, unconfirmed: ${number(unconfirmed.samples)} samples, ${number(unconfirmed.events)} events`
    : '';

const wear = (perDay: number | undefined): string =>
  perDay === undefined ? '' : `${bytes(perDay)} written a day at this rate, `;

function sourceTable(sources: readonly SourceView[]): string {
  const rows = sources.map((one) => [
    one.id,
    one.kind,
    one.state === 'running' ? one.state : red(one.state),
    number(one.samples),
    tagsOf(one),
    age(one.ageMs),
    one.load.requests > 0 ? `${one.load.requestsPerS}/s of ${one.load.caps.perSecond ?? '–'}` : '',
    one.fault ? yellow(`${one.fault.message} ${one.fault.hint ?? ''}`) : '',
  ]);
  return table(['source', 'kind', 'state', 'samples', 'tags', 'age', 'load budget', ''], rows);
}

export async function watchSite(prefix: string, { data, json }: LookOptions): Promise<void> {
  const client = await SiteClient.find(data);
  const hasTags = (await client.api.tags({ prefix, limit: 1 })).items.length > 0;
  const notes = hasTags ? [] : [yellow(`no tag begins with ${prefix} yet`)];
  if (json || !process.stdout.isTTY) for (const note of notes) process.stderr.write(`${note}\n`);
  const stop = new AbortController();
  void toldToStop().then(() => stop.abort());
  if (json) await watchJson(client, prefix, stop.signal);
  else await watch(client, { prefix, footer: [...notes, 'Ctrl-C ends'] }, stop.signal);
}

/** Areas, lines, assets and signals below a place. */
export async function tree(at: string | undefined, { data, json }: LookOptions): Promise<void> {
  const { api } = await SiteClient.find(data);
  const place = at?.replace(/\/+$/, '') ?? '';
  const branches = await api.tagTree({ at: place, depth: 10 });
  if (json) return print(JSON.stringify(branches, null, 2));
  const values = new Map<string, TagValue>();
  for await (const tag of api.everyTags({ prefix: place })) values.set(tag.path, tag);
  print([bold(place === '' ? 'site' : place), ...treeLines(branches, values)].join('\n'));
}
function ruleTable(rules: readonly RuleStatus[]): string {
  const rows = rules.map(({ id, state, shadow }) => {
    if (!shadow) return [id, state, '', '', '', '', ''];
    const { decisions, wouldWrite, wouldSend, insteadOf, differences, differedMs } = shadow;
    const against = insteadOf === undefined ? '' : `${differences} (${age(differedMs)}) from ${insteadOf}`;
    return [id, state, 'shadow', String(decisions), String(wouldWrite), String(wouldSend), against];
  });
  return table(['rule', 'state', '', 'decisions', 'would write', 'would send', 'differences'], rows);
}

function treeLines(nodes: readonly TreeNode[], values: ReadonlyMap<string, TagValue>, indent = ''): string[] {
  return nodes.flatMap((node, i) => {
    const isLast = i === nodes.length - 1;
    const tag = values.get(node.path);
    const value =
      tag && `  ${fit(tag.state ?? valueText(tag.value), WIDEST_VALUE)} ${tag.unit ?? ''}`.trimEnd();
    const said = node.isTag ? (value ?? '') : dim(`  ${node.tags}`);
    const below = treeLines(node.children ?? [], values, `${indent}${isLast ? '   ' : '│  '}`);
    return [`${indent}${isLast ? '└─ ' : '├─ '}${node.name}${said}`, ...below];
  });
}

/** Of the running site, or of what a stopped one has kept. */
export async function list(what: Listed, filter: Filter, { data, json }: LookOptions): Promise<void> {
  const rows = await rowsOf(what, filter, data);
  if (json) print(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) print(`no ${what.replaceAll('-', ' ')}${soughtText(filter)}`);
  else print(LISTS[what](rows as readonly never[]));
}

/** A slip in what was typed shows where it was not found. */
const soughtText = ({ prefix, search, subject, source }: Filter): string =>
  [
    prefix ? ` that begin with ${prefix}` : '',
    search ? ` that hold ${search}` : '',
    subject ? ` about ${subject}` : '',
    source ? ` of ${source}` : '',
  ].join('');

/** Columns for a value: a structure in full is for `--json`. */
const WIDEST_VALUE = 40;
/** Tags of a gap that its line names: all of them are for `--json`. */
const MOST_PATHS = 3;

/** Values that are not good say so: the alert stays as it was then. */
function nowText({ inputs }: AlertStatus): string {
  if (!inputs) return '–';
  const texts = inputs.map(({ path, value, state, unit = '', quality }) => {
    const now = fit(state ?? valueText(value), WIDEST_VALUE);
    return `${path} ${now} ${unit}`.trimEnd() + (quality === 'good' ? '' : ` (${quality})`);
  });
  return firstOf(texts, MOST_PATHS);
}

const judgedText = ({ verdict }: Pick<AlertStatus, 'verdict'>): string =>
  verdict === undefined ? '' : ` (${verdict})`;

const LISTS: { readonly [what in Listed]: (rows: readonly never[]) => string } = {
  tags: (tags: readonly TagValue[]) =>
    table(
      ['tag', 'value', 'unit', 'quality', 'age'],
      tags.map((tag) => [
        tag.path,
        fit(tag.state ?? valueText(tag.value), WIDEST_VALUE),
        tag.unit ?? '',
        tag.quality,
        age(tag.ageMs),
      ]),
    ),
  sources: (sources: readonly SourceView[]) => sourceTable(sources),
  rules: ruleTable,
  alarms: (alarms: readonly AlarmStatus[]) =>
    table(
      ['alarm', 'priority', 'state', 'condition', 'response'],
      alarms.map((one) => [one.id, one.priority, one.state, String(one.condition), one.response]),
    ),
  alerts: (alerts: readonly AlertStatus[]) =>
    table(
      ['since', 'rule or detector', 'alert', 'inputs now'],
      alerts.map((one) => [isoTime(one.sinceUs), one.rule, one.text + judgedText(one), nowText(one)]),
    ),
  'ended-alerts': (alerts: readonly EndedAlert[]) =>
    table(
      ['ended', 'lasted', 'rule or detector', 'alert'],
      alerts.map((one) => [isoTime(one.endedUs), age(one.lastedMs), one.rule, one.text + judgedText(one)]),
    ),
  events: (events: readonly EventView[]) => events.map(eventLine).join('\n'),
  gaps: (gaps: readonly GapView[]) =>
    table(
      ['from', 'to', 'source', 'samples lost', 'reason', 'tags'],
      gaps.map((gap) => [
        isoTime(gap.fromUs),
        isoTime(gap.toUs),
        gap.source ?? 'site',
        gap.count === undefined ? 'unknown' : String(gap.count),
        gap.reason,
        gap.tags === 'all' ? 'all' : firstOf(gap.tags, MOST_PATHS),
      ]),
    ),
  'dead-letters': (letters: readonly DeadLetterView[]) => {
    const dropped = (letters[0]?.id ?? 1) - 1;
    const rows = letters.map((one) => [
      isoTime(one.atUs),
      one.sink,
      one.tag,
      isoTime(one.timeUs),
      valueText(one.value),
      one.reason,
    ]);
    const text = table(['refused at', 'sink', 'tag', 'time', 'value', 'reason'], rows);
    return dropped > 0 ? `${text}\n${number(dropped)} older ones are not listed` : text;
  },
  assets: (assets: readonly AssetView[]) =>
    table(
      ['asset', 'mode', 'tag-out'],
      assets.map(({ asset, mode, modeFrom, tagOut }) => [
        asset,
        `${mode}${above(asset, modeFrom)}`,
        tagOut ? `by ${tagOut.by}${above(asset, tagOut.from)}: ${tagOut.why}` : '',
      ]),
    ),
};

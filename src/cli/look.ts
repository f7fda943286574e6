import { SiteClient } from '#cli/client.ts';
import { eventLine } from '#cli/screen.ts';
import { toldToStop } from '#cli/stop.ts';
import { age, bold, bytes, fit, number, red, table, valueText, yellow } from '#cli/text.ts';
import { watch } from '#cli/watch.ts';
import type {
  AlarmStatus,
  DeadLetterView,
  EventView,
  ShadowRuleStatus,
  SiteStatus,
  TagValue,
} from '#contract/api.ts';
import type { Json } from '#kernel/event.ts';

export interface LookOptions {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

export async function status({ data, json }: LookOptions): Promise<void> {
  const site = await (await SiteClient.find(data)).get<SiteStatus>('/api/status');
  if (json) {
    print(JSON.stringify(site, null, 2));
    return;
  }
  const { journal, decisions, writes } = site;
  print(
    `${bold(site.site)}  version ${site.version}  up ${age(site.upS * 1000)}  start ${site.epoch}  pid ${site.pid}`,
  );
  print(configText(site));
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
    }\n`,
  );
  print(sourceTable(site));
  if (Object.keys(site.sinks).length > 0) print(`\n${sinkTable(site)}`);
}

function configText({ mode, config: { digest, file, refused } }: SiteStatus): string {
  const running = `running: digest ${digest.slice(0, 12)}`;
  const shadow = mode === 'shadow' ? `${yellow('shadow: acts on nothing')}  ` : '';
  if (!refused) return `${shadow}site file ${file ?? '–'}  ${running}`;
  const since = new Date(refused.sinceUs / 1000).toISOString();
  const first = refused.problems.find(({ severity }) => severity === 'error');
  const what = first && `\n${red(`  ${first.line}:${first.column} ${first.message}`)}`;
  return `${shadow}${red(`the site file has errors since ${since}`)}; ${running}${what ?? ''}`;
}

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
    one.fault ? yellow(`${one.fault.message} ${one.fault.hint ?? ''}`) : '',
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

const wear = (perDay: number | undefined): string =>
  perDay === undefined ? '' : `${bytes(perDay)} written a day at this rate, `;

function sourceTable(site: SiteStatus): string {
  const rows = Object.entries(site.sources).map(([id, one]) => [
    id,
    one.kind,
    one.state === 'running' ? one.state : red(one.state),
    number(one.samples),
    age(one.ageMs),
    one.load.requests > 0 ? `${one.load.requestsPerS}/s of ${one.load.caps.perSecond ?? '–'}` : '',
    one.fault ? yellow(`${one.fault.message} ${one.fault.hint ?? ''}`) : '',
  ]);
  return table(['source', 'kind', 'state', 'samples', 'age', 'load budget', ''], rows);
}

export async function watchSite(prefix: string, { data }: LookOptions): Promise<void> {
  const client = await SiteClient.find(data);
  const stop = new AbortController();
  void toldToStop().then(() => stop.abort());
  await watch(client, { prefix, footer: ['Ctrl-C ends'] }, stop.signal);
}

interface RuleView {
  readonly id: string;
  readonly state: string;
  readonly shadow: ShadowRuleStatus | null;
}

function ruleTable(rules: readonly RuleView[]): string {
  const rows = rules.map(({ id, state, shadow }) => {
    if (!shadow) return [id, state, '', '', '', '', ''];
    const { decisions, wouldWrite, wouldSend, insteadOf, differences, differedMs } = shadow;
    const against = insteadOf === undefined ? '' : `${differences} (${age(differedMs)}) from ${insteadOf}`;
    return [id, state, 'shadow', String(decisions), String(wouldWrite), String(wouldSend), against];
  });
  return table(['rule', 'state', '', 'decisions', 'would write', 'would send', 'differences'], rows);
}

type Listed = 'tags' | 'rules' | 'alarms' | 'events' | 'gaps' | 'assets' | 'dead-letters';

export async function list(what: Listed, { data, json }: LookOptions): Promise<void> {
  const rows = await (await SiteClient.find(data)).get<readonly never[]>(`/api/${what}`);
  if (json) print(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) print(`no ${what.replace('-', ' ')}`);
  else print(LISTS[what](rows));
}

/** Columns for a value: a structure in full is for `--json`. */
const WIDEST_VALUE = 40;

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
  rules: ruleTable,
  alarms: (alarms: readonly AlarmStatus[]) =>
    table(
      ['alarm', 'priority', 'state', 'condition', 'response'],
      alarms.map((one) => [one.id, one.priority, one.state, String(one.condition), one.response]),
    ),
  events: (events: readonly EventView[]) => events.map(eventLine).join('\n'),
  gaps: (gaps: readonly { [key: string]: Json }[]) =>
    table(
      ['from', 'to', 'source', 'samples lost', 'reason'],
      gaps.map((gap) => [
        new Date(Number(gap.fromUs) / 1000).toISOString(),
        new Date(Number(gap.toUs) / 1000).toISOString(),
        String(gap.source ?? 'site'),
        gap.count === undefined ? 'unknown' : String(gap.count),
        String(gap.reason),
      ]),
    ),
  'dead-letters': (letters: readonly DeadLetterView[]) => {
    const dropped = (letters[0]?.id ?? 1) - 1;
    const rows = letters.map((one) => [
      new Date(one.atUs / 1000).toISOString(),
      one.sink,
      one.tag,
      new Date(one.timeUs / 1000).toISOString(),
      valueText(one.value),
      one.reason,
    ]);
    const text = table(['refused at', 'sink', 'tag', 'time', 'value', 'reason'], rows);
    return dropped > 0 ? `${text}\n${number(dropped)} older ones are not listed` : text;
  },
  assets: (assets: readonly { asset: string; mode: string; tagOut?: { by: string; why: string } }[]) =>
    table(
      ['asset', 'mode', 'tag-out'],
      assets.map((one) => [one.asset, one.mode, one.tagOut ? `by ${one.tagOut.by}: ${one.tagOut.why}` : '']),
    ),
};

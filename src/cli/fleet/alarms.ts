import { setTimeout as pause } from 'node:timers/promises';
import { milliseconds } from '#cli/duration.ts';
import { Exit } from '#cli/fail.ts';
import { fleetApi, type HubOptions } from '#cli/fleet/client.ts';
import { age, dim, red, table, yellow } from '#cli/text.ts';
import type { Acknowledgement, AlarmsQuery, FleetAlarm, FleetApi } from '#contract/fleet-client.ts';
import { Fault } from '#kernel/fault.ts';

interface Options extends HubOptions {
  readonly json?: boolean;
}

const LOOK_EVERY_MS = 250;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

export interface FleetAlarmsOptions
  extends Options,
    Pick<AlarmsQuery, 'site' | 'labels' | 'search' | 'priority'> {
  readonly prefix?: string | undefined;
  readonly limit?: number | undefined;
}

/** All that are not normal, those first that nobody has acknowledged. */
export async function fleetAlarms({
  prefix,
  limit = 1000,
  json,
  ...options
}: FleetAlarmsOptions): Promise<void> {
  const { site, labels, search, priority } = options;
  const api = await fleetApi(options);
  const all: FleetAlarm[] = [];
  for await (const one of api.everyAlarms({ site, labels, search, priority })) {
    if (prefix === undefined || one.id.startsWith(prefix)) all.push(one);
    if (all.length === limit) break;
  }
  if (json) return print(JSON.stringify(all, null, 2));
  const silent = await silentSites(api, labels);
  const rows = all.map((one) => [
    one.site + (one.siteState === 'online' ? '' : yellow(` (${one.siteState})`)),
    one.id,
    one.priority,
    one.state,
    age(Date.now() - one.sinceUs / 1000),
    one.response,
    askedText(one),
  ]);
  print(
    all.length === 0
      ? 'no alarms'
      : table(['site', 'alarm', 'priority', 'state', 'for', 'response', 'asked here'], rows),
  );
  if (silent > 0)
    print(
      dim(`${silent === 1 ? '1 site' : `${silent} sites`} never reported: of alarms there nothing is known`),
    );
}

/** An empty list must not look like a fleet in good order. Whatever the label, each site is in one group. */
async function silentSites(api: FleetApi, labels: string | undefined): Promise<number> {
  const groups = await api.groups({ label: 'region', ...(labels !== undefined && { labels }) });
  return groups.reduce((sum, { silent }) => sum + silent, 0);
}

function askedText({ asked }: FleetAlarm): string {
  if (!asked) return '';
  const by = `${asked.state} (${asked.by})`;
  return asked.state === 'refused' ? red(`${by}: ${asked.fault?.message ?? ''}`) : yellow(by);
}

export interface FleetAckOptions extends Options {
  readonly site?: string | undefined;
  readonly comment?: string | undefined;
  readonly wait: string;
}

/** Acknowledges alarms of a site as they are now, and waits a moment for its answer. Exit status 1 where it refused one. */
export async function fleetAck(ids: readonly string[], options: FleetAckOptions): Promise<void> {
  const { site, comment, json } = options;
  if (site === undefined)
    throw new Fault('cli.usage', 'which site? --site is missing', {
      retry: 'never',
      hint: '`holdfast alarms --fleet` lists them',
    });
  const waitMs = options.wait === '0' ? 0 : milliseconds(options.wait, '--wait');
  const api = await fleetApi(options);
  const alarms = await Promise.all(ids.map((id) => present(api, site, id)));
  const asked = await api.acknowledge(site, { alarms, ...(comment !== undefined && { comment }) });
  const after = await answers(api, site, asked, waitMs);
  print(json ? JSON.stringify(after, null, 2) : after.map(outcomeText).join('\n'));
  if (after.some(({ state }) => state === 'refused')) process.exitCode = Exit.failed;
}

async function present(api: FleetApi, site: string, id: string) {
  const { items } = await api.siteAlarms(site, { prefix: id, limit: 10 });
  const found = items.find((one) => one.id === id);
  if (found) return { id, occurrence: found.occurrence };
  throw new Fault('alarm.unknown', `${site} has no alarm ${id}`, {
    retry: 'never',
    hint: `\`holdfast alarms --fleet --site ${site}\` lists those that are not normal`,
  });
}

async function answers(
  api: FleetApi,
  site: string,
  asked: readonly Acknowledgement[],
  waitMs: number,
): Promise<readonly Acknowledgement[]> {
  const ids = new Set(asked.map(({ id }) => id));
  const untilMs = performance.now() + waitMs;
  for (let now = asked; ; ) {
    if (now.every(({ answeredUs }) => answeredUs !== undefined) || performance.now() >= untilMs) return now;
    await pause(LOOK_EVERY_MS);
    const found: Acknowledgement[] = [];
    for await (const one of api.everyAcknowledgements({ site })) {
      if (ids.has(one.id)) found.push(one);
      if (found.length === ids.size) break;
    }
    now = found;
  }
}

function outcomeText({ site, alarm, state, fault }: Acknowledgement): string {
  const of = `${site} ${alarm}`;
  if (state === 'done') return `${of}: acknowledged`;
  if (state === 'refused')
    return `${of}: ${red('refused')}: ${fault?.message}${fault?.hint ? `; ${fault.hint}` : ''}`;
  const why = state === 'waiting' ? 'for the site to come' : 'the site has it, and has not answered yet';
  return `${of}: ${yellow('pending')}, ${why}; \`holdfast alarms --fleet\` shows what comes of it`;
}

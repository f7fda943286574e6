import { fleetApi, type HubOptions } from '#cli/fleet/client.ts';
import type { Filter } from '#cli/rows.ts';
import { age, dim, fit, number, red, table, valueText, yellow } from '#cli/text.ts';
import type { FleetEvent, FleetHealth, FleetSite, SitesQuery } from '#contract/fleet-client.ts';

interface Options extends HubOptions {
  readonly json?: boolean;
}

type Group = Pick<SitesQuery, 'labels' | 'state' | 'search'>;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const show = ({ json }: Options, value: unknown, text: () => string): void =>
  print(json ? JSON.stringify(value, null, 2) : text());

export async function sites(options: Options & Group & { readonly ansible?: boolean }): Promise<void> {
  const { labels, state, search, ansible } = options;
  const api = await fleetApi(options);
  if (ansible) return print(JSON.stringify(await api.inventory({ labels }), null, 2));
  const all: FleetSite[] = [];
  for await (const one of api.everySites({ labels, state, search })) all.push(one);
  const rows = all.map((one) => [
    one.id,
    stateText(one),
    one.identity === 'active' ? one.identity : red(one.identity),
    labelText(one),
    one.software ?? '',
    number(one.tags),
    number(one.lost),
    one.waiting === undefined ? '' : waitingText(one.waiting),
    alarmText(one),
    one.problems === undefined ? '' : one.problems > 0 ? red(number(one.problems)) : '0',
  ]);
  const head = [
    ...['site', 'state', 'identity', 'labels', 'version', 'tags', 'lost', 'waiting', 'alarms', 'problems'],
  ];
  show(options, all, () => (all.length === 0 ? 'no such sites' : table(head, rows)));
}

export async function site(id: string, options: Options): Promise<void> {
  const api = await fleetApi(options);
  const one = await api.site(id);
  const health = one.reportedUs === undefined ? undefined : await api.siteHealth(id);
  const time = (us: number | undefined) => (us === undefined ? 'never' : isoTime(us));
  const rows = [
    ['site', one.id],
    ['state', stateText(one)],
    ['identity', `${one.identity}, its certificate is valid to ${time(one.validToUs)}`],
    ['labels', labelText(one)],
    ['joined', time(one.joinedUs)],
    ['version', one.software ?? 'it has never said'],
    ['tags', number(one.tags)],
    ['newest value', time(one.newestUs)],
    ['gaps', `${number(one.gaps)}, with ${number(one.lost)} samples counted as lost`],
    ...(health ? reported(one, health) : [['reported', unreported(one)]]),
  ];
  show(options, health ? { ...one, health } : one, () => table(['', ''], rows).trimStart());
}

const unreported = ({ protocol }: FleetSite): string =>
  protocol !== undefined && protocol < 2
    ? 'nothing: its version of Holdfast reports no health, sources or alarms'
    : 'nothing yet';

function reported(one: FleetSite, { config, problems, waiting }: FleetHealth): string[][] {
  return [
    ['reported', isoTime(one.reportedUs ?? 0)],
    ['waiting there', waiting === undefined ? '' : waitingText(waiting)],
    ['alarms', `${alarmText(one) || 'none'}${one.acknowledge ? '' : ', which no hub may acknowledge'}`],
    ['site file', `${config.digest.slice(0, 12)} since ${isoTime(config.sinceUs)}`],
    ['sources', `${one.sources?.total ?? 0}, ${one.sources?.troubled ?? 0} of them in trouble`],
    ...problems.map(({ part, message, hint }) => [
      part,
      red(message) + (hint === undefined ? '' : dim(` ${hint}`)),
    ]),
  ];
}

const waitingText = ({ rows, behindMs }: NonNullable<FleetSite['waiting']>): string =>
  rows === 0 || behindMs === undefined ? number(rows) : `${number(rows)}, ${age(behindMs)} behind`;

function alarmText({ alarms }: FleetSite): string {
  if (!alarms || alarms.active === 0) return alarms ? '0' : '';
  const { critical, high, medium, low } = alarms.unacknowledged;
  const open = critical + high + medium + low;
  return open === 0 ? number(alarms.active) : red(`${number(alarms.active)}, ${number(open)} unacknowledged`);
}

export interface FleetEventsOptions extends Options {
  readonly kind?: FleetEvent['kind'][];
  readonly subject?: string;
  readonly site?: string[];
  readonly labels?: string;
  readonly search?: string;
}

/** Columns of one detail: some hold whole site files. */
const MOST_DETAIL = 60;

/** The newest last, as of one site. */
export async function fleetEvents(
  { kind, subject, site: of, labels, search, ...options }: FleetEventsOptions,
  { fromUs, toUs, limit }: Pick<Filter, 'fromUs' | 'toUs' | 'limit'>,
): Promise<void> {
  const api = await fleetApi(options);
  const time = (us: number | undefined) => (us === undefined ? undefined : String(Math.floor(us)));
  const query = { kind, subject, site: of, labels, search, limit, from: time(fromUs), to: time(toUs) };
  const { items } = await api.events(query);
  const all = items.toReversed();
  const rows = all.map((one) => [
    isoTime(one.timeUs),
    one.site ?? 'hub',
    one.name,
    one.subject,
    one.by ?? '',
    Object.entries(one.detail ?? {})
      .map(([key, value]) => `${key}=${fit(valueText(value).replaceAll(/\s+/g, ' '), MOST_DETAIL)}`)
      .join(' '),
  ]);
  show(options, all, () =>
    all.length === 0 ? 'no such events' : table(['time', 'site', 'event', 'of', 'by', 'detail'], rows),
  );
}

const isoTime = (us: number): string => new Date(us / 1000).toISOString().slice(0, 19);

const labelText = ({ labels }: FleetSite): string =>
  Object.entries(labels)
    .map((label) => label.join('='))
    .join(' ');

function stateText({ state, sinceUs }: FleetSite): string {
  const since = sinceUs === undefined ? '' : dim(` for ${age(Date.now() - sinceUs / 1000)}`);
  const text = state === 'offline' ? red(state) : state === 'online' ? state : yellow(state);
  return text + since;
}

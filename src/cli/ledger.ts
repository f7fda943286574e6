import { findKeptDir, SiteClient } from '#cli/client.ts';
import { fleetApi, type HubOptions } from '#cli/fleet/client.ts';
import { bold, number, red, table, yellow } from '#cli/text.ts';
import type { Ledger, LedgerRow } from '#contract/client.ts';
import type { FleetLedger, SiteLedger, SiteLedgerRow } from '#contract/fleet-client.ts';
import type { LedgerAsked } from '#journal/accounts.ts';
import { Fault } from '#kernel/fault.ts';

export interface LedgerOptions extends HubOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly tag?: string[];
  readonly prefix?: string;
  readonly each?: LedgerAsked['each'];
}

export interface FleetLedgerOptions extends HubOptions {
  readonly json?: boolean;
  readonly site?: string;
  readonly labels?: string;
  readonly differing?: boolean;
  readonly tag?: string[];
  readonly prefix?: string;
  readonly each?: LedgerAsked['each'];
}

interface Span {
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const isoTime = (us: number): string => new Date(us / 1000).toISOString().slice(0, 19);
const shown = (value: number): string => number(value);
const difference = (value: number): string => (value === 0 ? '0' : red(number(value)));
const lostText = (value: number): string => (value === 0 ? '0' : yellow(number(value)));

/** What became of every sample of a site, whether it runs or not. */
export async function ledger(options: LedgerOptions, span: Span): Promise<void> {
  const { tag, prefix, each, json } = options;
  if (isAskedByHour(options, span)) {
    const asked = { tag, prefix: prefix ?? '', each: each ?? eachOf(options), ...span };
    const rows = await rowsOf(options.data, asked);
    return print(json ? JSON.stringify(rows, null, 2) : rowTable(rows));
  }
  const found = await ledgerOf(options.data);
  print(json ? JSON.stringify(found, null, 2) : ledgerText(found));
}

type Chosen = Pick<LedgerOptions, 'tag' | 'prefix' | 'each'>;

const isAskedByHour = ({ tag, prefix, each }: Chosen, { fromUs, toUs }: Span): boolean =>
  [tag, prefix, each, fromUs, toUs].some((one) => one !== undefined);

const eachOf = ({ tag, prefix }: Chosen): LedgerAsked['each'] => (tag || prefix ? 'both' : 'hour');

const momentsOf = ({ fromUs, toUs }: Span) => {
  const text = (us: number | undefined) => (us === undefined ? undefined : String(Math.floor(us)));
  return { from: text(fromUs), to: text(toUs) };
};

type RowsAsked = Span & {
  readonly tag: string[] | undefined;
  readonly prefix: string;
  readonly each: LedgerAsked['each'];
};

async function ledgerOf(data: string | undefined): Promise<Ledger> {
  return await runningOrStopped(
    data,
    ({ api }) => api.ledger(),
    async (dir) => {
      const [{ journalDir }, { openReader }, { ledgerView }] = await stoppedParts();
      const { sentUpTo } = await import('#edge/parcel/sent.ts');
      using reader = openReader(journalDir(dir));
      return (await ledgerView(reader, Date.now() * 1000, await sentUpTo(dir))) as Ledger;
    },
  );
}

async function rowsOf(data: string | undefined, asked: RowsAsked): Promise<readonly LedgerRow[]> {
  const { fromUs, toUs, tag, prefix, each } = asked;
  return await runningOrStopped(
    data,
    ({ api }) => api.ledgerRows({ tag, prefix, each, ...momentsOf(asked), limit: 100_000 }),
    async (dir) => {
      const [{ journalDir }, { openReader }, { ledgerRowView }] = await stoppedParts();
      using reader = openReader(journalDir(dir));
      const paths = new Map(reader.tags().map(({ number: of, path }) => [of, path]));
      const missing = tag?.find((path) => ![...paths.values()].includes(path));
      if (missing !== undefined)
        throw new Fault('tag.unknown', `there is no tag ${missing}`, { retry: 'never' });
      const wanted = [...paths].filter(([, path]) => (tag ? tag.includes(path) : path.startsWith(prefix)));
      const tags = tag || prefix !== '' ? new Set(wanted.map(([of]) => of)) : undefined;
      const span = { fromUs: fromUs ?? 0, toUs: toUs ?? Number.POSITIVE_INFINITY };
      return reader
        .ledgerRows({ ...span, tags, each })
        .map((row) => ledgerRowView(row, (of) => paths.get(of) ?? `number ${of}`) as LedgerRow);
    },
  );
}

const stoppedParts = () =>
  Promise.all([import('#edge/main.ts'), import('#journal/reader.ts'), import('#edge/api/ledger.ts')]);

async function runningOrStopped<T>(
  data: string | undefined,
  running: (client: SiteClient) => Promise<T>,
  stopped: (dir: string) => Promise<T>,
): Promise<T> {
  let client: SiteClient;
  try {
    client = await SiteClient.find(data);
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'cli.no-site')) throw error;
    return await stopped(await findKeptDir(data, 'journal'));
  }
  return await running(client);
}

function ledgerText({ sinceUs, acquired, stored, lost, unknown, difference: left, sinks }: Ledger): string {
  const lines = [
    `since ${isoTime(sinceUs)}`,
    `acquired ${bold(shown(acquired))} = stored ${shown(stored)} + lost before that ${lostText(lost)}   difference ${difference(left)}`,
  ];
  if (unknown > 0)
    lines.push(
      `${shown(unknown)} ${unknown === 1 ? 'hole' : 'holes'} of which nobody can know how many samples are missing: \`holdfast gaps\``,
    );
  const isSent = sinks.some(({ sent }) => sent !== undefined);
  const rows = sinks.map((sink) => [
    bold(sink.id),
    shown(sink.stored),
    shown(sink.delivered),
    shown(sink.waiting),
    ...(isSent ? [shown(sink.sent ?? 0)] : []),
    lostText(sink.lost),
    shown(sink.rejected),
    shown(sink.leftOut),
    difference(sink.difference),
  ]);
  const sent = isSent ? ['of that sent, unconfirmed'] : [];
  const head = ['to', 'stored', 'delivered', 'waiting', ...sent, 'lost', 'refused', 'left out', 'difference'];
  const none = 'nobody is told: there is no sink that confirms what it is given';
  return `${lines.join('\n')}\n${sinks.length === 0 ? none : table(head, rows)}`;
}

function rowTable(rows: readonly LedgerRow[]): string {
  if (rows.length === 0) return 'nothing was acquired then';
  const sinks = [...new Set(rows.flatMap(({ sinks: all }) => all.map(({ id }) => id)))];
  const head = [
    'hour',
    'tag',
    'acquired',
    'stored',
    'lost',
    ...sinks.map((id) => `${id}: passed, waiting, lost`),
  ];
  return table(
    head,
    rows.map((row) => [
      hourText(row.fromUs),
      row.tag ?? '',
      ...[row.acquired, row.stored].map(shown),
      lostText(row.lost),
      ...sinks.map((id) => {
        const { passed = 0, waiting = 0, lost = 0 } = row.sinks.find((one) => one.id === id) ?? {};
        return `${shown(passed)}, ${shown(waiting)}, ${lostText(lost)}`;
      }),
    ]),
  );
}

const hourText = (fromUs: number | undefined): string =>
  fromUs === undefined ? 'all' : isoTime(fromUs).slice(0, 13);

const siteRowTable = (rows: readonly SiteLedgerRow[]): string =>
  rows.length === 0
    ? 'the hub has nothing of then'
    : table(
        ['hour', 'tag', 'delivered'],
        rows.map(({ fromUs, tag, delivered }) => [hourText(fromUs), tag ?? '', shown(delivered)]),
      );

/** The same of the sites of a hub. */
export async function fleetLedger(options: FleetLedgerOptions, span: Span): Promise<void> {
  const { json, site, labels, differing, tag, prefix, each } = options;
  const wantsRows = isAskedByHour(options, span);
  if (wantsRows && site === undefined)
    throw new Fault('cli.usage', 'tags and hours are told of one site', {
      retry: 'never',
      hint: 'add --site',
    });
  const api = await fleetApi(options);
  if (wantsRows && site !== undefined) {
    const asked = { tag, prefix: prefix ?? '', each: each ?? eachOf(options), ...momentsOf(span) };
    const rows = await api.siteLedgerRows(site, { ...asked, limit: 100_000 });
    return print(json ? JSON.stringify(rows, null, 2) : siteRowTable(rows));
  }
  if (site !== undefined) {
    const one = await api.siteLedger(site);
    return print(json ? JSON.stringify(one, null, 2) : siteText(one));
  }
  const all: FleetLedger[] = [];
  for await (const one of api.everyLedger({ labels, ...(differing && { differing: 'true' as const }) }))
    all.push(one);
  print(json ? JSON.stringify(all, null, 2) : all.length === 0 ? 'no such sites' : fleetTable(all));
}

const SUMS = ['acquired', 'stored', 'delivered', 'waiting', 'lost', 'difference', 'counted'];

const sumsOf = (row: Omit<FleetLedger, 'site'>): string[] => [
  ...[row.acquired, row.stored, row.delivered, row.waiting].map(shown),
  lostText(row.lost),
  difference(row.difference),
  row.toldUs === undefined ? yellow('never') : isoTime(row.toldUs),
];

const fleetTable = (rows: readonly FleetLedger[]): string =>
  table(
    ['site', ...SUMS],
    rows.map((row) => [bold(row.site), ...sumsOf(row)]),
  );

function siteText({ site, journals, holes, stream, ...sums }: SiteLedger): string {
  const parts = [table(['', ...SUMS], [[bold(site), ...sumsOf(sums)]])];
  if (journals.length > 1)
    parts.push(
      table(
        ['box, since', ...SUMS],
        journals.map((one) => [isoTime(one.beganUs), ...sumsOf(one)]),
      ),
    );
  if (stream)
    parts.push(
      table(
        ['to NATS', 'waiting', 'lost'],
        [[shown(stream.passed), shown(stream.waiting), lostText(stream.lost)]],
      ),
    );
  if (holes.length > 0)
    parts.push(
      table(
        ['missing because of', 'holes', 'samples counted', 'holes without a count'],
        holes.map(({ reason, gaps, samples, unknown }) => [reason, ...[gaps, samples, unknown].map(shown)]),
      ),
    );
  return parts.join('\n\n');
}

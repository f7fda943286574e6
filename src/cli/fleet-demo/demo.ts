import { setTimeout as sleep } from 'node:timers/promises';
import { duration } from '#cli/duration.ts';
import { DEMO_USER, type DemoFleet, type DemoSite, startFleet } from '#cli/fleet-demo/fleet.ts';
import { toldToStop } from '#cli/stop.ts';
import { bold, dim, number, red, table, yellow } from '#cli/text.ts';
import type { FleetLedger, FleetSite, Series } from '#contract/fleet-client.ts';
import { Fault } from '#kernel/fault.ts';

export interface FleetDemoOptions {
  readonly for?: string;
  readonly json?: boolean;
  readonly data?: string;
}

/** What `holdfast demo --fleet --json` says at its end. */
export interface FleetDemoSummary {
  readonly sites: {
    readonly [id: string]: {
      readonly ledger: Pick<
        FleetLedger,
        'acquired' | 'stored' | 'delivered' | 'waiting' | 'lost' | 'difference'
      >;
    };
  };
}

const LOOK_MS = 500;
const SHOW_MS = 3000;
/** When nobody says how long: then it goes on, whole, until it is ended. */
const USUAL_MS = 60_000;
/** Parts of the time at which one site is cut off, and is back. */
const CUT_AT = 0.25;
const BACK_AT = 0.6;
/** Bounds of waiting; on a quiet machine a few seconds. */
const READY_MS = 120_000;
const DRAIN_MS = 120_000;
/** Changes with every reading: it has no deadband. */
const TAG = 'hall/line1/pump/flow';

/**
 * A hub and three sites with their plants. One of them is cut off for a while: its decisions go on; once it is back its
 * history at the hub is complete. Ends when all that was acquired is delivered, and the sums are right.
 * @throws Fault `demo.incomplete`, `demo.slow`, `demo.ended`
 */
export async function fleetDemo(options: FleetDemoOptions): Promise<void> {
  const forMs = options.for === undefined ? undefined : duration(options.for, '--for');
  const say = (text: string) => void process.stderr.write(`${dim(text)}\n`);
  const stop = new AbortController();
  void toldToStop().then(() => stop.abort());
  await using fleet = await startFleet(options.data, say);
  const story = tell(fleet, { forMs, json: options.json === true, say }, stop.signal);
  const summary = await Promise.race([story, fleet.failed]);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}

interface Telling {
  readonly forMs: number | undefined;
  readonly json: boolean;
  say(text: string): void;
}

async function tell(
  fleet: DemoFleet,
  { forMs, json, say }: Telling,
  stop: AbortSignal,
): Promise<FleetDemoSummary> {
  const cut = fleet.sites.at(-1) as DemoSite;
  say('waiting until all three sites have delivered …');
  await reached('the sites did not come to the hub', READY_MS, stop, async () => {
    const rows = await ledgers(fleet);
    return rows.every(({ delivered }) => delivered > 0);
  });
  say(
    `Its console, with a certificate of the hub's own: ${fleet.url}/ as ${DEMO_USER}, password ${fleet.password}`,
  );
  say(
    `In another terminal: export HOLDFAST_HUB_URL=${fleet.url}; holdfast sites --token-file ${fleet.tokenFile}`,
  );
  say(`A bearing wears out at north: holdfast plant fault worn-bearing --dir ${fleet.plantDir('north')}`);
  const ended = new AbortController();
  const signal = AbortSignal.any([stop, ended.signal]);
  const showing = json ? undefined : showFleet(fleet, signal);
  const totalMs = forMs ?? USUAL_MS;
  await pause(totalMs * CUT_AT, stop);
  const before = await cut.client.api.status();
  const cutUs = Date.now() * 1000;
  cut.link.cut();
  say(yellow(`${cut.id} is cut off from the hub; its plant and its decisions go on`));
  await pause(totalMs * (BACK_AT - CUT_AT), stop);
  const after = await cut.client.api.status();
  const backUs = Date.now() * 1000;
  cut.link.mend();
  const decided = after.decisions.count - before.decisions.count;
  const acquired = after.journal.durableRows - before.journal.durableRows;
  say(
    `${cut.id} was alone for ${Math.round((backUs - cutUs) / 1e6)} s: ${number(decided)} conditions decided, ` +
      `${number(acquired)} samples kept; its link is there again`,
  );
  if (decided <= 0) throw incomplete(`${cut.id} has decided nothing while it was cut off`);
  if (!stop.aborted) await showComplete(fleet, cut, { from: `${cutUs}`, to: `${backUs}` }, say);
  if (forMs === undefined && !stop.aborted)
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  else await pause(totalMs * (1 - BACK_AT), stop);
  const endUs = Date.now() * 1000;
  say('waiting until all that was acquired is at the hub …');
  const rows = await whole(fleet, endUs);
  ended.abort();
  await showing;
  if (!json) process.stdout.write(`${ledgerTable(rows)}\n`);
  return {
    sites: Object.fromEntries(
      rows.map(({ site, acquired, stored, delivered, waiting, lost, difference }) => [
        site,
        { ledger: { acquired, stored, delivered, waiting, lost, difference } },
      ]),
    ),
  };
}

const ledgers = async ({ hub }: DemoFleet): Promise<readonly FleetLedger[]> => (await hub.ledger({})).items;

/** The history of the time without the link, sample by sample, at the site and at the hub. */
async function showComplete(
  { hub }: DemoFleet,
  { id, client }: DemoSite,
  span: { readonly from: string; readonly to: string },
  say: (text: string) => void,
): Promise<void> {
  let here: readonly string[] = [];
  await reached(`the history of ${id} at the hub did not get complete`, DRAIN_MS, undefined, async () => {
    here = await samplesIn(client.api.historyRaw({ tag: [TAG], ...span }));
    const there = await samplesIn(hub.historyRaw(id, { tag: [TAG], ...span }));
    return here.length > 0 && there.join() === here.join();
  });
  say(
    `its history at the hub is complete: ${number(here.length)} samples of ${TAG} of that time at both ends, the same`,
  );
}

async function samplesIn(lines: AsyncIterable<Series>): Promise<readonly string[]> {
  const samples: string[] = [];
  for await (const { timeUs: times, value: values } of lines)
    for (const [i, timeUs] of times.entries()) samples.push(`${timeUs}=${values[i]}`);
  return samples;
}

/** Once all that was acquired until then is delivered, and every sum is right. @throws Fault `demo.incomplete` */
async function whole(fleet: DemoFleet, endUs: number): Promise<readonly FleetLedger[]> {
  let rows: readonly FleetLedger[] = [];
  const isWhole = ({ waiting, difference, toldUs = 0 }: FleetLedger) =>
    waiting === 0 && difference === 0 && toldUs >= endUs;
  await reached('the ledger did not come out even', DRAIN_MS, undefined, async () => {
    rows = await ledgers(fleet);
    return rows.length === fleet.sites.length && rows.every(isWhole);
  }).catch((error) => {
    process.stderr.write(`${ledgerTable(rows)}\n`);
    throw error;
  });
  return rows;
}

/** A table every few seconds, for whoever watches. */
async function showFleet(fleet: DemoFleet, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { items: sites } = await fleet.hub.sites({});
    const rows = await ledgers(fleet);
    const decided = await Promise.all(
      fleet.sites.map(async ({ id, client }) => [id, (await client.api.status()).decisions.count] as const),
    );
    if (signal.aborted) return;
    process.stdout.write(`${fleetTable(sites, rows, new Map(decided))}\n`);
    await pause(SHOW_MS, signal);
  }
}

function fleetTable(
  sites: readonly FleetSite[],
  rows: readonly FleetLedger[],
  decided: ReadonlyMap<string, number>,
): string {
  return table(
    ['site', 'at the hub', 'decisions', 'acquired', 'delivered', 'waiting', 'lost', 'difference'],
    rows.map((row) => {
      const state = sites.find(({ id }) => id === row.site)?.state ?? 'never';
      return [
        bold(row.site),
        state === 'online' ? state : red(state),
        number(decided.get(row.site) ?? 0),
        ...[row.acquired, row.delivered, row.waiting, row.lost, row.difference].map(number),
      ];
    }),
  );
}

const ledgerTable = (rows: readonly FleetLedger[]): string =>
  table(
    ['site', 'acquired', 'stored', 'delivered', 'waiting', 'lost', 'difference'],
    rows.map(({ site, acquired, stored, delivered, waiting, lost, difference }) => [
      bold(site),
      ...[acquired, stored, delivered, waiting, lost, difference].map(number),
    ]),
  );

/** Ends with the time, or when somebody wants it to. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});

async function reached(
  what: string,
  limitMs: number,
  stop: AbortSignal | undefined,
  condition: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!stop?.aborted && !(await condition())) {
    if (performance.now() > deadline) throw incomplete(`${what} within ${limitMs / 1000} s`);
    await sleep(LOOK_MS);
  }
}

const incomplete = (what: string): Fault =>
  new Fault('demo.incomplete', what, {
    retry: 'never',
    hint: 'is the machine overloaded? The logs are in the folder that --data names',
  });

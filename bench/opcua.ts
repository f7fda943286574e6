/*
 * OPC UA: changes of a server's variables → subscription → intake → a threshold each → journal, as the whole edge does
 * it from the bundle, beside a hand-written script on the same client library that keeps nothing. The server runs in a
 * process of its own and shares the processor with whoever is measured. What came is counted in the journal, against
 * what the server was told to change.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SiteStatus } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { at } from '#kernel/batch.ts';
import { Latency } from '#kernel/latency.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { until } from '#test/until.ts';
import { benchFolder, cpuS, EdgeProcess } from './edge-process.ts';
import { type Row, report } from './table.ts';

const EVERY_MS = 100;
const PUBLISH_MS = 100;
const QUEUE = 10;
const FIRST_NODE = 10_000;
/** Above every value: the thresholds are evaluated and never crossed. */
const LIMIT = 1e9;
/** A server stamps when it is told to change, and publishes in its own rhythm. */
const DELAY_GOAL_MS = PUBLISH_MS + 25;

/** What a contender has received of the changes that count. */
interface Received {
  /** Changes that never came. */
  readonly lost: number;
  /** Those that came more than once: a site reads all values besides, to see that none is withheld. */
  readonly again: number;
  /** From source time to the end of decisions. */
  readonly latency: Latency;
}

interface Contender extends AsyncDisposable {
  readonly pid: number;
  /** Samples so far. */
  samples(): Promise<number>;
  /** Ends it. @param fromCount changes above it count, up to `toCount`, of each variable */
  received(variables: number, fromCount: number, toCount: number): Promise<Received>;
}
type Start = (url: string, variables: number) => Promise<Contender>;

/** One run. */
interface Run extends Received {
  readonly sent: number;
  readonly perSecond: number;
  /** Percent of a core. */
  readonly cpu: number;
  readonly serverCpu: number;
}

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const times = { warmUpMs: quick ? 1200 : 5000, runMs: quick ? 2500 : 10_000 };
  const site: Start = (url, variables) => Site.start(folder.dir, url, variables);
  const script: Start = (url, variables) => Script.start(folder.dir, url, variables);
  const rows: Row[] = [];
  for (const variables of quick ? [1000] : [1000, 2000]) {
    const ours = await run(site, variables, times);
    const theirs = await run(script, variables, times);
    rows.push(...(variables === 1000 ? tenHertz(ours, theirs) : lossless(ours, theirs)));
  }
  return rows;
}

const PEER = 'node-opcua script, keeps nothing';

const tenHertz = (ours: Run, theirs: Run): Row[] => [
  {
    what: 'OPC UA, 1,000 variables at 10 Hz: the whole edge',
    unit: '% of a core',
    ours: ours.cpu,
    peer: { name: PEER, value: theirs.cpu },
    goal: { most: 10 },
    note: `all threads; the server on the same machine ${ours.serverCpu.toFixed(0)} %`,
  },
  {
    what: 'the same: source time to decided, p99',
    unit: 'ms',
    ours: ours.latency.quantileMs(0.99),
    peer: { name: PEER, value: theirs.latency.quantileMs(0.99) },
    goal: { most: DELAY_GOAL_MS },
    note: `p50 ${ours.latency.quantileMs(0.5).toFixed(0)} ms; published every ${PUBLISH_MS} ms`,
  },
];

const lossless = (ours: Run, theirs: Run): Row[] => [
  {
    what: `OPC UA, ${ours.perSecond.toLocaleString('en')} samples/s from one server: lost`,
    unit: 'samples',
    ours: ours.lost,
    goal: { most: 0 },
    note: `${ours.sent.toLocaleString('en')} sent, sought one by one in the journal; ${ours.again} of them came again by the check`,
  },
  {
    what: 'the same: the whole edge',
    unit: '% of a core',
    ours: ours.cpu,
    peer: { name: PEER, value: theirs.cpu },
    less: true,
    note: `all threads; the server on the same machine ${ours.serverCpu.toFixed(0)} %; the script lost ${theirs.lost}`,
  },
];

async function run(
  start: Start,
  variables: number,
  { warmUpMs, runMs }: { readonly warmUpMs: number; readonly runMs: number },
): Promise<Run> {
  await using server = await ServerProcess.start({ variables });
  await using contender = await start(server.url, variables);
  await until('all is monitored', async () => (await server.ask()).items === variables, 30_000);
  // The first values, before anything changes.
  await until('the first values', async () => (await contender.samples()) >= variables, 30_000);
  const fromCount = await changed(server, warmUpMs);
  const [startMs, oursS, serverS] = [performance.now(), cpuS(contender.pid), cpuS(server.pid)];
  const toCount = await changed(server, runMs);
  const tookS = (performance.now() - startMs) / 1000;
  const percent = (pid: number, before: number) => ((cpuS(pid) - before) / tookS) * 100;
  const cpu = percent(contender.pid, oursS);
  const serverCpu = percent(server.pid, serverS);
  await until('the last of them', () => settled(contender), 30_000);
  const sent = (toCount - fromCount) * variables;
  const received = await contender.received(variables, fromCount, toCount);
  return { ...received, sent, perSecond: Math.round(sent / tookS / 1000) * 1000, cpu, serverCpu };
}

/** Part of a period by which a change comes late: all moments between two publishings come up equally. */
const SPREAD = (Math.sqrt(5) - 1) / 2;

/** Changes all variables ten times a second for a while. @returns how often they were changed so far */
async function changed(server: ServerProcess, forMs: number): Promise<number> {
  const startMs = performance.now();
  for (let n = 0; ; n++) {
    const dueMs = startMs + (n + ((n * SPREAD) % 1)) * EVERY_MS;
    await passed(Math.max(0, dueMs - performance.now()));
    if (dueMs - startMs >= forMs) return (await server.ask()).count;
    await server.ask({ step: 1 });
  }
}

/** Whether nothing comes any more. */
async function settled(contender: Contender): Promise<boolean> {
  const before = await contender.samples();
  await passed(5 * PUBLISH_MS);
  return (await contender.samples()) === before;
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The edge; what it received is read in its journal once it has ended. */
class Site implements Contender {
  readonly #edge: EdgeProcess;

  static async start(dir: string, url: string, variables: number): Promise<Site> {
    const data = join(dir, `data${variables}`);
    return new Site(await EdgeProcess.start(dir, siteFor(url, variables), data));
  }

  private constructor(edge: EdgeProcess) {
    this.#edge = edge;
  }

  get pid(): number {
    return this.#edge.pid;
  }

  async samples(): Promise<number> {
    return (await this.#edge.status<SiteStatus>()).samples;
  }

  async received(variables: number, fromCount: number, toCount: number): Promise<Received> {
    const { decisions } = await this.#edge.status<SiteStatus>();
    await this.#edge[Symbol.asyncDispose]();
    const tally = new Tally(variables, fromCount, toCount);
    using reader = openReader(journalDir(this.#edge.data));
    const base = baseUs(reader.items(0));
    for (const item of reader.items(0)) {
      if (item.kind !== 'batch') continue;
      const { batch, mark } = item;
      // When its decisions began, on the wall clock; and the longest that one in a hundred took.
      const decidedMs = (mark.atUs + base) / 1000 + decisions.p99Ms;
      for (let i = 0; i < batch.rows; i++)
        tally.take(at(batch.tag, i), at(batch.value, i), decidedMs - at(batch.timeUs, i) / 1000);
    }
    return tally.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#edge[Symbol.asyncDispose]();
  }
}

/** From the steady to the wall clock: no batch is decided before it has arrived. */
function baseUs(items: ReturnType<ReturnType<typeof openReader>['items']>): number {
  let base = Number.NEGATIVE_INFINITY;
  for (const item of items)
    if (item.kind === 'batch') base = Math.max(base, item.batch.receivedUs - item.mark.atUs);
  return base;
}

/** Which change of which variable came. */
class Tally {
  readonly #seen = new Map<number, Uint8Array>();
  readonly #variables: number;
  readonly #fromCount: number;
  readonly #changes: number;
  readonly #latency = new Latency();
  #again = 0;

  constructor(variables: number, fromCount: number, toCount: number) {
    this.#variables = variables;
    this.#fromCount = fromCount;
    this.#changes = toCount - fromCount;
  }

  take(key: number, count: number, delayMs: number): void {
    const change = count - this.#fromCount - 1;
    if (!(change >= 0 && change < this.#changes)) return;
    const seen = this.#seen.get(key) ?? new Uint8Array(this.#changes);
    if (!this.#seen.has(key)) this.#seen.set(key, seen);
    if (at(seen, change) === 0) this.#latency.record(delayMs);
    else this.#again++;
    seen[change] = 1;
  }

  get received(): Received {
    let lost = this.#variables * this.#changes;
    for (const seen of this.#seen.values()) for (const one of seen) lost -= one;
    return { lost, again: this.#again, latency: this.#latency };
  }
}

/** A process that runs {@link script}, which tells over its channel. */
class Script implements Contender {
  readonly #child: ReturnType<typeof fork>;

  static async start(dir: string, url: string, variables: number): Promise<Script> {
    const child = fork(fileURLToPath(import.meta.url), ['script', url, String(variables)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // The library keeps certificates below the folder of the user's settings.
      env: { ...process.env, NODE_NO_WARNINGS: '1', XDG_CONFIG_HOME: dir, HOME: dir },
    });
    const script = new Script(child);
    await script.#told();
    return script;
  }

  private constructor(child: ReturnType<typeof fork>) {
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async samples(): Promise<number> {
    this.#child.send({});
    return (await this.#told()).samples;
  }

  async received(variables: number, fromCount: number, toCount: number): Promise<Received> {
    const tally = new Tally(variables, fromCount, toCount);
    this.#child.send({ all: true });
    const { values } = await this.#told();
    for (let i = 0; i < values.length; i += 3)
      tally.take(values[i] as number, values[i + 1] as number, values[i + 2] as number);
    return tally.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
  }

  async #told(): Promise<Told> {
    const [told] = (await once(this.#child, 'message')) as [Told];
    return told;
  }
}

interface Told {
  readonly samples: number;
  /** Number of the variable, value, delay in ms: in turn. */
  readonly values: readonly number[];
}

/** As one would write it: a group of monitored items and a listener that compares. */
async function script(url: string, variables: number): Promise<void> {
  const { AttributeIds, ClientMonitoredItemGroup, ClientSubscription, OPCUAClient, TimestampsToReturn } =
    await import('node-opcua-client');
  const client = OPCUAClient.create({ endpointMustExist: false });
  await client.connect(url);
  const session = await client.createSession();
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: PUBLISH_MS,
    requestedLifetimeCount: 1000,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const nodes = Array.from({ length: variables }, (_, i) => ({
    nodeId: `ns=1;i=${FIRST_NODE + i}`,
    attributeId: AttributeIds.Value,
  }));
  const group = ClientMonitoredItemGroup.create(
    subscription,
    nodes,
    { samplingInterval: 0, discardOldest: true, queueSize: QUEUE },
    TimestampsToReturn.Both,
  );
  const above = new Uint8Array(variables);
  const values: number[] = [];
  let samples = 0;
  group.on('changed', (_, { value, sourceTimestamp }, index) => {
    samples++;
    const isAbove = Number(value.value > LIMIT);
    if (isAbove !== above[index]) above[index] = isAbove;
    values.push(index, value.value, Date.now() - (sourceTimestamp?.getTime() ?? 0));
  });
  process.on('message', ({ all }: { readonly all?: true }) =>
    process.send?.({ samples, values: all ? values : [] } satisfies Told),
  );
  process.on('disconnect', () => process.exit());
  process.send?.({ samples, values: [] } satisfies Told);
}

function siteFor(url: string, variables: number): string {
  const paths = Array.from({ length: variables }, (_, i) => `line/machine${i}/value`);
  const tag = (_: string, i: number) => ({ source: 'plc', address: { node: `ns=1;i=${FIRST_NODE + i}` } });
  const alarm = (path: string) => ({
    when: `tag("${path}") > ${LIMIT}.0`,
    priority: 'low',
    consequence: 'none',
    response: 'none',
  });
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 } },
    sources: {
      plc: {
        kind: 'opcua',
        url,
        security: { mode: 'none' },
        publishMs: PUBLISH_MS,
        sampleMs: 0,
        queue: QUEUE,
      },
    },
    tags: Object.fromEntries(paths.map((path, i) => [path, tag(path, i)])),
    alarms: Object.fromEntries(paths.map((path, i) => [`high${i}`, alarm(path)])),
  });
}

const [, , contender, url, variables] = process.argv;
if (contender === 'script') await script(url ?? '', Number(variables));
else await report(bench);

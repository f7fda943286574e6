/*
 * The console before a large site: 10,000 tags at 10,000 samples/s through the bundle, and a real browser that looks. What
 * looking costs the decisions and the memory of the site; how smoothly a month of four tags follows the mouse meanwhile;
 * how long a first visit takes, and how many bytes. This process plays the broker and moves the mouse.
 */
import { join } from 'node:path';
import type { SiteStatus } from '#contract/api.ts';
import { Api } from '#test/e2e/sandbox.ts';
import { lineThrough } from '#test/torture/slope.ts';
import { Chromium } from '#test/web/browser.ts';
import { addUser, signedIn } from '#test/web/people.ts';
import { BrokerSide } from './broker-side.ts';
import { benchFolder, EdgeProcess, passed } from './edge-process.ts';
import { median, visited } from './first-visit.ts';
import { framesPerS, panned, zoomedByWheel } from './panning.ts';
import { FIELDS, sensorSite } from './sensor-site.ts';
import { type Row, report } from './table.ts';
import { answered, importMonth, MOST_TAGS, pictureOf } from './trend-month.ts';

const WORK = { tags: 10_000, rules: 1000 };
const PER_S = 10_000;
const MINUTE_MS = 60_000;
const MEMORY_EVERY_MS = 1000;
const LIVE = Array.from({ length: 4 }, (_, i) => `hall/sensor${i}/value0`);
const PAST = Array.from({ length: MOST_TAGS }, (_, i) => `hall/past/pump${i}`);
const SIGN_IN = '.sign-in input[name="password"]';
const OVERVIEW = '.overview section[aria-label="Sources"] tbody tr';

interface Times {
  readonly warmUpMs: number;
  readonly aloneMs: number;
  readonly watchedMs: number;
  readonly pannedMs: number;
  readonly visits: number;
}

const QUICK: Times = { warmUpMs: 10_000, aloneMs: 10_000, watchedMs: 30_000, pannedMs: 4000, visits: 3 };
const FULL: Times = {
  warmUpMs: 2 * MINUTE_MS,
  aloneMs: 2 * MINUTE_MS,
  watchedMs: 10 * MINUTE_MS,
  pannedMs: 10_000,
  visits: 9,
};

interface Person {
  readonly name: string;
  readonly password: string;
}

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  await using chromium = await Chromium.start();
  const times = quick ? QUICK : FULL;
  const alone = await aloneMs(folder.dir, times);
  await using site = await FedSite.start(folder.dir, join(folder.dir, 'watched'));
  const person = { name: 'bench', password: await addUser(site.api, 'bench', 'viewer') };
  return [
    // Before anything is sent: what a visit costs a site that has nothing else to do.
    ...(await firstVisits(site.api.address.url, chromium, person, times.visits)),
    ...(await watched(site, chromium, person, times, alone)),
  ];
}

/** A site from the bundle, and who feeds it. */
class FedSite implements AsyncDisposable {
  readonly api: Api;
  readonly edge: EdgeProcess;
  readonly #broker: BrokerSide;
  readonly #stop = new AbortController();
  #feeding: Promise<void> | undefined;

  private constructor(broker: BrokerSide, edge: EdgeProcess) {
    this.#broker = broker;
    this.edge = edge;
    this.api = new Api(edge.data);
  }

  static async start(dir: string, data: string): Promise<FedSite> {
    await using stack = new AsyncDisposableStack();
    const broker = stack.use(await BrokerSide.start());
    const edge = await EdgeProcess.start(dir, sensorSite(WORK, broker.port), data);
    stack.move();
    return new FedSite(broker, edge);
  }

  /** Ten thousand samples a second from now on. */
  async feed(): Promise<void> {
    const socket = await this.#broker.subscribed();
    const goOn = async () => {
      while (!this.#stop.signal.aborted)
        await this.#broker.steady(socket, PER_S, FIELDS, MEMORY_EVERY_MS, WORK.tags / FIELDS);
    };
    this.#feeding = goOn();
  }

  /** No more of them. */
  async rest(): Promise<void> {
    this.#stop.abort();
    await this.#feeding;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rest();
    await this.edge[Symbol.asyncDispose]();
    await this.#broker[Symbol.asyncDispose]();
  }
}

/** p99 of the decisions since start while nobody looks. */
async function aloneMs(dir: string, { warmUpMs, aloneMs: forMs }: Times): Promise<number> {
  await using site = await FedSite.start(dir, join(dir, 'alone'));
  await site.feed();
  await passed(warmUpMs + forMs);
  return (await site.edge.status<SiteStatus>()).decisions.p99Ms;
}

async function firstVisits(url: string, chromium: Chromium, person: Person, visits: number): Promise<Row[]> {
  await using window = await signedIn(chromium, url, person);
  const cookies = await window.page.context().cookies();
  const stranger = await median(visits, () => visited(chromium, url, SIGN_IN));
  const known = await median(visits, () => visited(chromium, url, OVERVIEW, cookies));
  return [
    {
      what: 'first visit: sign-in can be used',
      unit: 'ms',
      ours: stranger.usableMs,
      goal: { most: 1000 },
      note: `first painted after ${Math.round(stranger.firstPaintMs)} ms; browser and site on the same cores`,
    },
    {
      what: 'first visit with a session: overview can be used',
      unit: 'ms',
      ours: known.usableMs,
      goal: { most: 1000 },
      note: `first painted after ${Math.round(known.firstPaintMs)} ms`,
    },
    {
      what: 'first visit with a session: over the wire',
      unit: 'kB',
      ours: known.bytes / 1000,
      goal: { most: 350 },
      note: 'page, scripts, style and answers of the API until the overview can be used',
    },
  ];
}

/** Two people look on: one at four live trends, one at the list of tags. */
async function watched(
  site: FedSite,
  chromium: Chromium,
  person: Person,
  { warmUpMs, watchedMs, pannedMs }: Times,
  alone: number,
): Promise<Row[]> {
  const { url } = site.api.address;
  const month = await importMonth(site.api, PAST);
  await site.feed();
  await using trends = await signedIn(chromium, url, person);
  await using tags = await signedIn(chromium, url, person);
  const live = new URLSearchParams([...LIVE.map((tag) => ['tag', tag]), ['last', '900']]);
  await trends.go(`/#/trends?${live}`);
  await tags.go('/#/tags');
  await passed(warmUpMs);
  const memory = await grown(site.edge, watchedMs);
  const { decisions } = await site.edge.status<SiteStatus>();
  await tags[Symbol.asyncDispose]();
  await trends.go(pictureOf(month));
  await answered(trends.page);
  const panning = await panned(trends.page, pannedMs);
  const zooming = await zoomedByWheel(trends.page, pannedMs);
  const most = await framesPerS(trends.page);
  await site.rest();
  const quiet = await panned(trends.page, pannedMs);
  const beside = { name: 'frames of this browser while nothing moves', value: most };
  const minutes = (watchedMs / MINUTE_MS).toLocaleString('en');
  return [
    {
      what: '10,000 samples/s, console open: arrival to decided, p99 since start',
      unit: 'ms',
      ours: decisions.p99Ms,
      goal: { most: 1 },
      peer: { name: 'the same while nobody looks', value: alone },
      note: `${decisions.count.toLocaleString('en')} batches; four live trends in one window, tags in another`,
    },
    {
      what: '10,000 samples/s, console open: growth of memory',
      unit: 'MB',
      ours: memory.grownMb,
      goal: { most: 5 },
      note: `a straight line through ${minutes} minutes; ${memory.firstMb.toFixed(0)} MB at the start, ${memory.lastMb.toFixed(0)} at the end`,
    },
    {
      what: '10,000 samples/s: panning a month of four tags',
      unit: 'pictures/s',
      ours: panning.picturesPerS,
      goal: { least: 50 },
      peer: beside,
      note: `99 of 100 after ${panning.p99Ms.toFixed(0)} ms; Chromium without a graphics processor, 1440 × 900`,
    },
    {
      what: '10,000 samples/s: zooming by the wheel',
      unit: 'pictures/s',
      ours: zooming.picturesPerS,
      goal: { least: 50 },
      peer: beside,
      note: `99 of 100 after ${zooming.p99Ms.toFixed(0)} ms`,
    },
    {
      what: 'nothing sent: panning a month of four tags',
      unit: 'pictures/s',
      ours: quiet.picturesPerS,
      goal: { least: 50 },
      note: `99 of 100 after ${quiet.p99Ms.toFixed(0)} ms`,
    },
  ];
}

/** By a straight line through what is resident each second, so that a moment of collecting garbage decides nothing. */
async function grown(edge: EdgeProcess, forMs: number) {
  const points: (readonly [ms: number, mb: number])[] = [];
  const startMs = performance.now();
  for (let ms = 0; ms < forMs; ms = performance.now() - startMs) {
    points.push([ms, edge.memory().residentMb]);
    await passed(MEMORY_EVERY_MS);
  }
  return {
    grownMb: lineThrough(points).slope * forMs,
    firstMb: points[0]?.[1] ?? Number.NaN,
    lastMb: points.at(-1)?.[1] ?? Number.NaN,
  };
}

await report(bench);

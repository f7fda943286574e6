import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { messageOf } from '#kernel/fault.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import type { Scope } from '#test/scope.ts';
import { until } from '#test/until.ts';
import { bundle } from '#tools/bundle/bundle.ts';
import { EdgeProcess, folder, journalItems } from './edge-process.ts';
import { Power } from './power-cut.ts';
import { startTap, type Tap } from './puback-tap.ts';

/** One of so many rounds ends before the first confirmation, as early as while it starts. */
export const EARLY_EVERY = 5;
/** Messages waiting at the broker: more than a site takes in a round. */
const PLENTY = 2000;
const FLOOD = fileURLToPath(new URL('./mqtt-flood.ts', import.meta.url));

export interface Killing {
  /** Sites killed side by side, and kills of each. */
  readonly lanes: number;
  readonly rounds: number;
  /** From 0 up to 1: the moment of each kill. */
  readonly chance: () => number;
  /** Library that takes back what was not synced (see power-cut.ts): the power is cut instead. */
  readonly powerCut?: string;
  /** Called after each kill. */
  readonly killed?: () => void;
}

export interface KilledSite {
  readonly published: number;
  /** Confirmed to the broker under the kills. */
  readonly confirmed: number;
  readonly rows: number;
  /** Rows of messages that are there more than once: each was handed over as often. */
  readonly twice: number;
  readonly redelivered: number;
  readonly sent: number;
  readonly events: number;
  /** Bytes written that power cuts have taken back. */
  readonly lostBytes: number;
}

/**
 * Kills whole sites at random moments while a broker floods them, again and again. All that the broker saw confirmed is
 * then in the journal, nothing more often than it was sent, and a last run takes the rest.
 */
export async function killSites(scope: Scope, killing: Killing): Promise<readonly KilledSite[]> {
  const dist = await folder(scope);
  await bundle(dist);
  await using broker = await startMosquitto(['max_inflight_messages 500', 'max_queued_messages 0']);
  const lanes = await Promise.all(
    Array.from({ length: killing.lanes }, (_, i) => openLane(scope, join(dist, 'main.js'), broker.port, i)),
  );
  // One that has had all its kills takes nothing any more, and must not hold back what the others wait for.
  const slowest = () => Math.min(...lanes.filter(({ over }) => !over).map(({ tap }) => tap.confirmed.size));
  const flood = startFlood(broker.url, slowest);
  scope.after(() => flood.child.kill('SIGKILL'));
  const killAll = async (lane: Lane) => {
    await killRepeatedly(scope, lane, killing);
    lane.over = true;
  };
  await Promise.all(lanes.map(killAll));
  const published = await flood.stop();
  const found: KilledSite[] = [];
  for (const lane of lanes) found.push(await finish(lane, published, killing.rounds));
  return found;
}

interface Lane {
  readonly dir: string;
  readonly tap: Tap;
  readonly site: object;
  /** The bundle of a release: it starts quicker than the sources, and it is what is killed in the field. */
  readonly main: string;
  lostBytes: number;
  /** It has been killed as often as was asked for. */
  over: boolean;
}

async function openLane(scope: Scope, main: string, brokerPort: number, i: number): Promise<Lane> {
  const tap = await startTap(brokerPort);
  scope.after(() => tap[Symbol.asyncDispose]());
  const site = {
    site: 'plant',
    settings: { api: { port: 0 }, journal: { quotaMb: 1024, commitMs: 20 } },
    sources: { broker: { kind: 'mqtt', url: `mqtt://127.0.0.1:${tap.port}`, clientId: `site-${i}`, qos: 1 } },
    tags: { 'a/number': { source: 'broker', address: { topic: 'numbers' } } },
  };
  const lane = { dir: await folder(scope), tap, site, main, lostBytes: 0, over: false };
  // The broker keeps messages for a session that it has met once.
  await using edge = await launch(lane).up();
  await until('the session is there', async () => (await edge.status()).sources.broker?.state === 'running');
  return lane;
}

const launch = ({ site, dir, main }: Lane, env: NodeJS.ProcessEnv = {}) =>
  new EdgeProcess(site, dir, { main, env });

interface Flood {
  readonly child: ChildProcess;
  /** @returns how many numbers it published, all of them confirmed by the broker */
  stop(): Promise<number>;
}

function startFlood(url: string, taken: () => number): Flood {
  const child = spawn(process.execPath, [FLOOD, url, 'numbers', '200'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-200);
  });
  const published = () => Number(text.trim().split('\n').at(-1));
  // Held back while the broker keeps plenty for the slowest site: the broker is not what is tested.
  const pace = setInterval(() => child.kill(published() - taken() > PLENTY ? 'SIGSTOP' : 'SIGCONT'), 20);
  return {
    child,
    async stop() {
      clearInterval(pace);
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await once(child, 'close');
      return published();
    },
  };
}

async function killRepeatedly(
  scope: Scope,
  lane: Lane,
  { rounds, chance, powerCut, killed }: Killing,
): Promise<void> {
  const { tap } = lane;
  let running: EdgeProcess | undefined;
  scope.after(() => running?.kill());
  for (let round = 0; round < rounds; round++) {
    const { sessions } = tap;
    const confirmed = tap.confirmed.size;
    using power = powerCut === undefined ? undefined : new Power(powerCut, lane.dir, round % 2 === 0);
    await using edge = launch(lane, power?.env);
    running = edge;
    const ready = () =>
      round % EARLY_EVERY === 0 ? tap.sessions > sessions : tap.confirmed.size > confirmed;
    await until(`round ${round} works`, () => ready() || edge.ended, 30_000).catch((error: unknown) => {
      throw new Error(`${messageOf(error)}; the site said:\n${edge.said}`);
    });
    assert.ok(!edge.ended, `round ${round}: the site ended by itself:\n${edge.said}`);
    // The moment is random on purpose: whatever it is, what follows must hold.
    await new Promise((resolve) => setTimeout(resolve, chance() * 150));
    if (power) {
      power.cut();
      await edge.exited();
      lane.lostBytes += power.lostBytes;
    } else await edge.kill();
    killed?.();
  }
}

/** A last run takes what the broker still holds; then the journal has every number that was ever published. */
async function finish(lane: Lane, published: number, rounds: number): Promise<KilledSite> {
  const { dir, tap } = lane;
  const confirmed = tap.confirmed.size;
  const damage: string[] = [];
  assertAllThere(rowsOf(dir, damage), tap.confirmed, 'confirmed');
  await using edge = await launch(lane).up();
  await until('the broker has nothing left', () => tap.confirmed.size === published, 60_000);
  assert.equal((await edge.status()).epoch, rounds + 2);
  await edge.stop();
  const found = rowsOf(dir, damage);
  assertAllThere(found, tap.confirmed, 'published');
  const tooOften = [...found].filter(([number, times]) => times > (tap.times.get(number) ?? 0));
  assert.deepEqual(tooOften, [], 'more often in the journal than it was sent');
  assert.deepEqual(damage, []);
  using reader = openReader(journalDir(dir));
  const { broken, events } = reader.verify();
  assert.equal(broken, undefined);
  // The start of each round that confirmed anything; of the first run, and of the last one with its end.
  const least = rounds - Math.ceil(rounds / EARLY_EVERY) + 3;
  assert.ok(events >= least, `${events} events`);
  const lost = reader.gaps(1000).filter((gap) => gap.reason !== 'device-silent');
  assert.deepEqual(lost, []);
  const rows = [...found.values()].reduce((sum, times) => sum + times, 0);
  const { again: redelivered, sent } = tap;
  const { lostBytes } = lane;
  return { published, confirmed, rows, twice: rows - published, redelivered, sent, events, lostBytes };
}

function assertAllThere(found: ReadonlyMap<number, number>, numbers: ReadonlySet<number>, how: string): void {
  const missing = [...numbers].filter((number) => !found.has(number));
  assert.deepEqual(missing.slice(0, 20), [], `${missing.length} were ${how}, and are not in the journal`);
}

/** How often each number is in the journal. */
function rowsOf(dir: string, damage: string[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const item of journalItems(dir, damage)) {
    if (item.kind !== 'batch') continue;
    for (const value of item.batch.value)
      if (!Number.isNaN(value)) found.set(value, (found.get(value) ?? 0) + 1);
  }
  return found;
}

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { bundle } from '#tools/bundle/bundle.ts';
import { EdgeProcess, folder, journalItems } from './edge-process.ts';
import { startTap, type Tap } from './puback-tap.ts';

/** Sites killed side by side, and kills of each. */
const LANES = 2;
const ROUNDS = 25;
/** One of so many rounds is killed before the first confirmation, as early as while it starts. */
const EARLY_EVERY = 5;
/** Messages waiting at the broker: more than a site takes in a round. */
const PLENTY = 2000;
const FLOOD = fileURLToPath(new URL('./mqtt-flood.ts', import.meta.url));

test(`after ${LANES * ROUNDS} kill -9 at full rate all that the broker saw confirmed is in the journal`, async (t) => {
  const dist = await folder(t);
  await bundle(dist);
  await using broker = await startMosquitto(['max_inflight_messages 500', 'max_queued_messages 0']);
  const lanes = await Promise.all(
    Array.from({ length: LANES }, (_, i) => openLane(t, join(dist, 'main.js'), broker.port, i)),
  );
  const flood = startFlood(broker.url, () => Math.min(...lanes.map(({ tap }) => tap.confirmed.size)));
  t.after(() => flood.child.kill('SIGKILL'));
  await Promise.all(lanes.map(killRepeatedly));
  const published = await flood.stop();
  for (const lane of lanes) await finish(lane, published, t);
});

interface Lane {
  readonly dir: string;
  readonly tap: Tap;
  readonly site: object;
  /** The bundle of a release: it starts quicker than the sources, and it is what is killed in the field. */
  readonly main: string;
}

async function openLane(t: TestContext, main: string, brokerPort: number, i: number): Promise<Lane> {
  const tap = await startTap(brokerPort);
  t.after(() => tap[Symbol.asyncDispose]());
  const site = {
    site: 'plant',
    settings: { api: { port: 0 }, journal: { quotaMb: 1024, commitMs: 20 } },
    sources: { broker: { kind: 'mqtt', url: `mqtt://127.0.0.1:${tap.port}`, clientId: `site-${i}`, qos: 1 } },
    tags: { 'a/number': { source: 'broker', address: { topic: 'numbers' } } },
  };
  const lane = { dir: await folder(t), tap, site, main };
  // The broker keeps messages for a session that it has met once.
  await using edge = await launch(lane).up();
  await until('the session is there', async () => (await edge.status()).sources.broker?.state === 'running');
  return lane;
}

const launch = ({ site, dir, main }: Lane) => new EdgeProcess(site, dir, { main });

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

async function killRepeatedly(lane: Lane): Promise<void> {
  const { tap } = lane;
  for (let round = 0; round < ROUNDS; round++) {
    const { sessions } = tap;
    const confirmed = tap.confirmed.size;
    await using edge = launch(lane);
    const ready = () =>
      round % EARLY_EVERY === 0 ? tap.sessions > sessions : tap.confirmed.size > confirmed;
    await until(`round ${round} works`, () => ready() || edge.ended, 30_000);
    assert.ok(!edge.ended, `round ${round}: the site ended by itself:\n${edge.said}`);
    // The moment is random on purpose: whatever it is, what follows must hold.
    await new Promise((resolve) => setTimeout(resolve, randomInt(0, 150)));
    await edge.kill();
  }
}

/** A last run takes what the broker still holds; then the journal has every number that was ever published. */
async function finish(lane: Lane, published: number, t: TestContext): Promise<void> {
  const { dir, tap } = lane;
  const early = tap.confirmed.size;
  assert.ok(early >= ROUNDS * 100, `only ${early} confirmed under the kills`);
  const mustBeThere = new Set(tap.confirmed);
  const damage: string[] = [];
  missingOf(dir, mustBeThere, damage);
  assert.equal(mustBeThere.size, 0, `confirmed, yet not in the journal: ${[...mustBeThere].slice(0, 20)}`);
  await using edge = await launch(lane).up();
  await until('the broker has nothing left', () => tap.confirmed.size === published, 60_000);
  assert.equal((await edge.status()).epoch, ROUNDS + 2);
  await edge.stop();
  const all = new Set(tap.confirmed);
  const rows = missingOf(dir, all, damage);
  assert.equal(all.size, 0, `published, yet not in the journal: ${[...all].slice(0, 20)}`);
  assert.deepEqual(damage, []);
  using reader = openReader(journalDir(dir));
  const verified = reader.verify();
  assert.equal(verified.broken, undefined);
  // The start of each round that confirmed anything; of the first run, and of the last one with its end.
  const least = ROUNDS - ROUNDS / EARLY_EVERY + 3;
  assert.ok(verified.events >= least, `${verified.events} events`);
  const lost = reader.gaps(1000).filter((gap) => gap.reason !== 'device-silent');
  assert.deepEqual(lost, []);
  t.diagnostic(
    `${published} published, ${early} confirmed under ${ROUNDS} kills, ${rows - published} rows twice, ` +
      `${tap.again} of ${tap.sent} messages were redeliveries, ${verified.events} events in the chain`,
  );
}

/** Takes the numbers found in the journal out of the set. @returns rows found */
function missingOf(dir: string, numbers: Set<number>, damage: string[]): number {
  let rows = 0;
  for (const item of journalItems(dir, damage)) {
    if (item.kind !== 'batch') continue;
    for (const value of item.batch.value) {
      if (Number.isNaN(value)) continue;
      rows++;
      numbers.delete(value);
    }
  }
  return rows;
}

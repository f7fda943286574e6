import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { EdgeProcess, folder, journalItems, toldLosses } from '#test/crash/edge-process.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { BadLine, type Condition } from '../bad-line.ts';
import { pause, pick, type Report, type Rig, type Torture } from '../torture.ts';

const CONDITIONS: readonly Condition[] = [
  { refusing: 'no-service' },
  { refusing: 'hang-up' },
  { stalled: true },
  { latencyMs: 300 },
  {},
];
const DEEP = ['max_queued_messages 0'];

/** What the sink's broker was handed, as a subscriber sees it. */
async function listener(rig: Rig, url: string): Promise<Map<number, number>> {
  const got = new Map<number, number>();
  const client = await connectAsync(url);
  rig.after(() => client.endAsync(true));
  client.on('message', (_topic, payload) => {
    const { value } = JSON.parse(payload.toString()) as { value: number };
    got.set(value, (got.get(value) ?? 0) + 1);
  });
  await client.subscribeAsync('north/a/number', { qos: 1 });
  return got;
}

async function run(rig: Rig): Promise<Report> {
  const { chance } = rig;
  const [near, far] = [await startMosquitto(DEEP), await startMosquitto(DEEP)];
  rig.after(() => Promise.all([near[Symbol.asyncDispose](), far[Symbol.asyncDispose]()]));
  const lines = [await BadLine.to(rig, near.port, chance), await BadLine.to(rig, far.port, chance)] as const;
  const got = await listener(rig, far.url);
  const url = ({ port }: BadLine) => `mqtt://127.0.0.1:${port}`;
  const site = {
    site: 'north',
    settings: { api: { port: 0 }, journal: { quotaMb: 256, commitMs: 20 } },
    sources: { broker: { kind: 'mqtt', url: url(lines[0]), clientId: 'site', qos: 1, sessionExpiryS: 3600 } },
    sinks: { it: { kind: 'mqtt', url: url(lines[1]), inFlight: 50 } },
    tags: { 'a/number': { source: 'broker', address: { topic: 'numbers' } } },
  };
  const dir = await folder(rig);
  const edge = await new EdgeProcess(site, dir).up();
  rig.after(() => edge.kill());
  await until(
    'it is connected',
    async () => (await edge.status()).sources.broker?.state === 'running',
    30_000,
  );
  const client = await connectAsync(near.url);
  rig.after(() => client.endAsync(true));
  let published = 0;
  const flood = setInterval(() => {
    for (let i = 0; i < 10; i++) client.publish('numbers', `${published++}`, { qos: 1 });
  }, 50);
  rig.after(() => clearInterval(flood));
  const rounds = rig.times(4, 100);
  for (let round = 0; round < rounds; round++) {
    for (const line of lines) {
      line.condition = pick(chance, CONDITIONS);
      if (chance.uniform() < 0.5) line.cut();
    }
    rig.progress(
      `round ${round + 1} of ${rounds}: ${JSON.stringify(lines.map(({ condition }) => condition))}`,
    );
    await pause(500 + chance.uniform() * 3000);
  }
  for (const line of lines) line.condition = {};
  clearInterval(flood);
  const all = Array.from({ length: published }, (_, n) => n);
  await until(
    'all numbers came in',
    async () => (await edge.tag('a/number')).value === published - 1,
    90_000,
  );
  await until('all went out', () => all.every((n) => got.has(n)), 120_000);
  const { sinks } = await edge.status();
  assert.equal(sinks.it?.rejected, 0);
  await edge.stop();
  const stored = new Set<number>();
  for (const item of journalItems(dir))
    if (item.kind === 'batch') for (const value of item.batch.value) stored.add(value);
  const missing = all.filter((n) => !stored.has(n)).length;
  const told = toldLosses(dir);
  const again = [...got.values()].reduce((sum, times) => sum + times - 1, 0);
  return {
    tried: [rounds, 'changes of the ways to two brokers'],
    rows: {
      acquired: published,
      stored: published - missing,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, missing - told.rows),
    },
    notes: [`all ${published} delivered by the sink, ${again} of them again (at least once)`],
  };
}

export const brokers: Torture = {
  name: 'brokers',
  about:
    'brokers that refuse, hang up, stall and come back, before a source and behind a sink: all arrives and goes on',
  run,
};

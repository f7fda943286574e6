import { connectAsync } from 'mqtt';
import { allAccountedFor } from '#test/crash/accounts.ts';
import { EdgeProcess, folder, journalItems } from '#test/crash/edge-process.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { BadLine, type Condition } from '../bad-line.ts';
import { countingDevice, type Plan, readRegisters } from '../counting-devices.ts';
import { pause, pick, type Report, type Rig, type Torture } from '../torture.ts';

const LATENCY_MS = 1000;
const CONDITIONS: readonly Condition[] = [
  { loss: 0.1 },
  { latencyMs: LATENCY_MS },
  { loss: 0.1, latencyMs: LATENCY_MS },
  { stalled: true },
  { refusing: 'hang-up' },
];
const TOPIC = 'numbers';

async function run(rig: Rig): Promise<Report> {
  const { chance } = rig;
  const broker = await startMosquitto(['max_queued_messages 0']);
  rig.after(() => broker[Symbol.asyncDispose]());
  const lines = {
    broker: await BadLine.to(rig, broker.port, chance),
    plc: await BadLine.to(rig, (await countingDevice(rig)).port, chance),
  };
  const plan: Plan = {
    sources: {
      broker: {
        kind: 'mqtt',
        url: `mqtt://127.0.0.1:${lines.broker.port}`,
        clientId: 'site',
        qos: 1,
        sessionExpiryS: 3600,
      },
    },
    tags: { 'a/number': { source: 'broker', address: { topic: TOPIC } } },
  };
  // As somebody would set it who knows the line.
  readRegisters(plan, 'plc', lines.plc.port, 20, {
    everyMs: 100,
    timeoutMs: 8000,
    probeMs: 500,
    probeMaxMs: 2000,
  });
  const dir = await folder(rig);
  const settings = { api: { port: 0 }, journal: { quotaMb: 256, commitMs: 20 } };
  const edge = await new EdgeProcess({ site: 'plant', settings, ...plan }, dir).up();
  rig.after(() => edge.kill());
  const runs = async (id: string) => (await edge.status()).sources[id]?.state === 'running';
  await until('both run', async () => (await runs('broker')) && (await runs('plc')), 30_000);
  const client = await connectAsync(broker.url);
  rig.after(() => client.endAsync(true));
  let published = 0;
  const flood = setInterval(() => {
    for (let i = 0; i < 20; i++) client.publish(TOPIC, `${published++}`, { qos: 1 });
  }, 100);
  rig.after(() => clearInterval(flood));
  const rounds = rig.times(3, 60);
  const seen = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    for (const line of Object.values(lines)) {
      line.condition = pick(chance, CONDITIONS);
      if (line.condition.refusing || chance.uniform() < 0.3) line.cut();
      const how = JSON.stringify(line.condition);
      seen.set(how, (seen.get(how) ?? 0) + 1);
    }
    rig.progress(
      `round ${round + 1} of ${rounds}: ${JSON.stringify(Object.values(lines).map((one) => one.condition))}`,
    );
    await pause(2000 + chance.uniform() * 6000);
  }
  for (const line of Object.values(lines)) line.condition = {};
  clearInterval(flood);
  const samplesOf = async (id: string) => (await edge.status()).sources[id]?.samples ?? 0;
  await until(
    'all numbers have come',
    async () => (await edge.tag('a/number')).value === published - 1,
    90_000,
  );
  const before = await samplesOf('plc');
  await until('the device is read again', async () => (await samplesOf('plc')) > before + 100, 60_000);
  lines.plc.condition = { stalled: true };
  const { samples, kept, told } = await allAccountedFor(rig, edge, dir);
  const missing = missingOf(dir, published);
  return {
    tried: [rounds, 'changes of two bad lines'],
    rows: {
      acquired: samples,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: missing + Math.max(0, samples - kept - told.rows),
    },
    notes: [
      `${published} messages published, all of them there`,
      ...[...seen].map(([how, times]) => `${times} × ${how}`),
      'loss and latency above TCP, by a relay of the test (no tc netem)',
    ],
  };
}

/** How many of the numbers below `count` are not in the journal. */
function missingOf(dir: string, count: number): number {
  const numbers = new Set<number>();
  for (const item of journalItems(dir))
    if (item.kind === 'batch' && item.mark.source === 'broker')
      for (const value of item.batch.value) numbers.add(value);
  let missing = 0;
  for (let n = 0; n < count; n++) if (!numbers.has(n)) missing++;
  return missing;
}

export const network: Torture = {
  name: 'network',
  about:
    '10 % packet loss, 2 s round trips, stalled, cut and refusing lines: all that was sent arrives, nothing twice',
  run,
};

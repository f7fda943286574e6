import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { EdgeProcess, folder, journalItems, toldLosses } from '#test/crash/edge-process.ts';
import { fakeClock, noFakeClock } from '#test/crash/fake-clock.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { pause, type Report, type Rig, type Torture } from '../torture.ts';

const YEAR_S = 365.25 * 86_400;
const MOST_YEARS = 30;

const site = (url: string) => ({
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb: 64, commitMs: 20 } },
  sources: { broker: { kind: 'mqtt', url, clientId: 'site', qos: 1, sessionExpiryS: 3600 } },
  tags: { 'a/x': { source: 'broker', address: { topic: 'x' } } },
  alarms: {
    shelved: { when: 'tag("a/x") >= 0', priority: 'low', consequence: 'none', response: 'none' },
  },
});

async function run(rig: Rig): Promise<Report> {
  const { chance } = rig;
  const broker = await startMosquitto(['max_queued_messages 0']);
  rig.after(() => broker[Symbol.asyncDispose]());
  const client = await connectAsync(broker.url);
  rig.after(() => client.endAsync(true));
  const dir = await folder(rig);
  const { env, offset } = fakeClock(dir);
  offset(0);
  const start = async () => {
    const edge = await new EdgeProcess(site(broker.url), dir, { env }).up();
    rig.after(() => edge.kill());
    await until(
      'its session is there',
      async () => (await edge.status()).sources.broker?.state === 'running',
    );
    return edge;
  };
  let edge = await start();
  let published = 0;
  const flows = async () => {
    for (let i = 0; i < 20; i++) await client.publishAsync('x', `${published++}`, { qos: 1 });
    await until('it arrives', async () => (await edge.tag('a/x')).value === published - 1, 30_000);
  };
  await flows();
  await edge.post('/api/alarms', { id: 'shelved', act: 'shelve', forMin: 400 });
  const steps = rig.times(4, 100);
  let restarts = 0;
  for (let step = 0; step < steps; step++) {
    // Whole years: a clock that is less than a month ahead after a restart is believed, and ends what lasts by time.
    const years = Math.round((chance.uniform() * 2 - 1) * MOST_YEARS);
    rig.progress(`step ${step + 1} of ${steps}: ${years} years`);
    offset(years * YEAR_S);
    await pause(chance.uniform() * 300);
    if (chance.uniform() < 0.25) {
      restarts++;
      if (chance.uniform() < 0.5) await edge.kill();
      else await edge.stop();
      edge = await start();
    }
    await flows();
    assert.equal((await edge.alarm('shelved')).state, 'shelved', `after a step to ${years} years`);
  }
  await edge.stop();
  const found = new Map<number, number>();
  let steadyUs = 0;
  for (const item of journalItems(dir)) {
    if (item.kind !== 'batch') continue;
    assert.ok(item.mark.atUs >= steadyUs, 'steady time never runs backwards');
    steadyUs = item.mark.atUs;
    for (const value of item.batch.value)
      if (!Number.isNaN(value)) found.set(value, (found.get(value) ?? 0) + 1);
  }
  const told = toldLosses(dir);
  return {
    tried: [steps, `steps of the clock within ±${MOST_YEARS} years`],
    rows: {
      acquired: published,
      stored: found.size,
      counted: told.rows,
      reasons: told.reasons,
      lost: published - found.size - told.rows,
      twice: [...found.values()].reduce((sum, times) => sum + times - 1, 0),
    },
    notes: [`${restarts} restarts in between`],
  };
}

export const clock: Torture = {
  name: 'clock',
  about:
    'the clock steps by years to and fro under load and over restarts: nothing expires, order and samples stay',
  impossible: noFakeClock,
  run,
};

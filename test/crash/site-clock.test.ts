import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { EdgeProcess, folder, journalItems } from './edge-process.ts';
import { fakeClock, noFakeClock } from './fake-clock.ts';

const options = { skip: noFakeClock };
const DAY_S = 86_400;

const site = (url: string) => ({
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb: 64, maxAgeDays: 1, commitMs: 20 } },
  sources: { broker: { kind: 'mqtt', url, clientId: 'site' } },
  tags: {
    'a/x': { source: 'broker', address: { topic: 'x' } },
    'a/low': { source: 'broker', address: { topic: 'low' } },
    'a/valve/actual': { source: 'broker', address: { topic: 'actual' } },
    'a/valve/open': {
      access: 'write',
      source: 'broker',
      address: { write: { topic: 'open' } },
      write: { range: [0, 100], lease: { maxMs: 3_600_000, safe: 0 } },
    },
  },
  alarms: {
    // An hour's delay: no jump may make it true.
    delayed: {
      when: 'tag("a/x") >= 0',
      onDelayMs: 3_600_000,
      priority: 'low',
      consequence: 'none',
      response: 'none',
    },
    shelved: { when: 'tag("a/x") >= 0', priority: 'low', consequence: 'none', response: 'none' },
  },
});

test(
  'a clock in 1970, right again, ten years ahead, two days back: samples flow, delays hold, nothing expires',
  options,
  async (t) => {
    await using broker = await startMosquitto();
    const client = await connectAsync(broker.url);
    t.after(() => client.endAsync(true));
    const opened: string[] = [];
    client.on('message', (_topic, payload) => void opened.push(payload.toString()));
    await client.subscribeAsync('open');
    const dir = await folder(t);
    const nowS = Date.now() / 1000;
    const { env, offset } = fakeClock(dir);
    let value = 0;
    const flows = async (edge: EdgeProcess) => {
      const upTo = value + 5;
      while (value < upTo) await client.publishAsync('x', `${value++}`, { qos: 1 });
      await until(`${upTo - 1} arrives`, async () => (await edge.tag('a/x')).value === upTo - 1);
    };
    const jumps = async (edge: EdgeProcess) =>
      (await edge.events())
        .filter(({ name }) => name === 'security.clock-jump')
        .map(({ detail }) => Number(detail?.byS));

    offset(-nowS + 3 * DAY_S);
    const first = await new EdgeProcess(site(broker.url), dir, { env }).up();
    t.after(() => first.kill());
    const running = async (edge: EdgeProcess) => (await edge.status()).sources.broker?.state === 'running';
    // A broker keeps nothing for a session that was never there.
    await until('it has subscribed', () => running(first));
    await until('it is in 1970', async () => {
      await flows(first);
      return (await first.tag('a/x')).timeUs < 10 * DAY_S * 1e6;
    });
    await first.post('/api/alarms', { id: 'shelved', act: 'shelve', forMin: 60 });
    await first.post('/api/writes', { tag: 'a/valve/open', value: 40, why: 'test', leaseMs: 3_600_000 });
    await until('the write arrives', () => opened.length === 1);
    let seen = 0;
    for (const [seconds, least, most] of [
      [0, 1e9, 1e10],
      [10 * 365 * DAY_S, 3e8, 4e8],
      [10 * 365 * DAY_S - 2 * DAY_S, -2 * DAY_S - 5, -2 * DAY_S + 5],
    ] as const) {
      offset(seconds);
      seen++;
      await until(`jump ${seen} is told`, async () => (await jumps(first)).length === seen);
      const by = (await jumps(first)).at(-1) ?? 0;
      assert.ok(by > least && by < most, `jump by ${by} s`);
      await flows(first);
      assert.equal((await first.alarm('shelved')).state, 'shelved');
      assert.equal((await first.alarm('delayed')).state, 'normal');
    }
    assert.deepEqual(opened, ['40'], 'the lease has not run out');
    assert.equal((await first.status()).journal.gaps, 0);
    const steadyBefore = await lastSteadyUs(first, dir);

    offset(-nowS + 3 * DAY_S);
    const second = await new EdgeProcess(site(broker.url), dir, { env }).up();
    t.after(() => second.kill());
    assert.equal((await jumps(second)).length, 1, 'told at start');
    await until('its session is there', () => running(second));
    await flows(second);
    assert.equal((await second.alarm('shelved')).state, 'shelved');
    assert.deepEqual(opened, ['40']);
    await second.stop();

    const values = new Set<number>();
    let steadyUs = 0;
    for (const item of journalItems(dir)) {
      if (item.kind !== 'batch') continue;
      assert.ok(item.mark.atUs >= steadyUs, 'steady time never runs backwards');
      steadyUs = item.mark.atUs;
      for (const one of item.batch.value) if (!Number.isNaN(one)) values.add(one);
    }
    assert.ok(steadyUs > steadyBefore);
    assert.deepEqual(
      [...values],
      Array.from({ length: value }, (_, i) => i),
      'all there, in the order of arrival',
    );
    using reader = openReader(journalDir(dir));
    assert.deepEqual(
      reader.tags().map(({ number }) => number),
      [0, 1, 2, 3],
    );
    assert.deepEqual(
      reader.gaps(10).filter(({ reason }) => reason === 'age'),
      [],
    );
    assert.equal(reader.verify().broken, undefined);
  },
);

test(
  'over restarts durations go on by the time off, and by no clock that was corrected or cannot be believed',
  options,
  async (t) => {
    await using broker = await startMosquitto();
    const client = await connectAsync(broker.url);
    t.after(() => client.endAsync(true));
    const dir = await folder(t);
    const { env, offset } = fakeClock(dir);
    const start = async () => {
      const edge = await new EdgeProcess(site(broker.url), dir, { env }).up();
      t.after(() => edge.kill());
      await client.publishAsync('x', `${Math.random()}`, { qos: 1, retain: true });
      return edge;
    };
    const jumps = async (edge: EdgeProcess) =>
      (await edge.events()).filter(({ name }) => name === 'security.clock-jump').length;
    const state = async (edge: EdgeProcess) => (await edge.alarm('shelved')).state;

    offset(3 * DAY_S - Date.now() / 1000);
    let edge = await start();
    offset(0);
    await until('the correction is told', async () => (await jumps(edge)) === 1);
    await edge.post('/api/alarms', { id: 'shelved', act: 'shelve', forMin: 60 });
    await edge.stop();

    edge = await start();
    assert.equal(await state(edge), 'shelved', 'a clock that was corrected before ends nothing');
    assert.equal(await jumps(edge), 0, 'and has not jumped again');
    await edge.kill();

    offset(20 * 365 * DAY_S);
    edge = await start();
    assert.equal(await state(edge), 'shelved', 'a clock far ahead is not believed');
    assert.equal(await jumps(edge), 1);
    await edge.stop();

    offset(0);
    edge = await start();
    assert.equal(await state(edge), 'shelved', 'nor one that went back');
    assert.equal(await jumps(edge), 1);
    await edge.stop();

    offset(2 * 3600);
    edge = await start();
    await until('the shelving has ended', async () => (await state(edge)) !== 'shelved');
    assert.equal(await jumps(edge), 0, 'two hours off are no jump');
    await edge.stop();
  },
);

async function lastSteadyUs(edge: EdgeProcess, dir: string): Promise<number> {
  await edge.stop();
  return [...journalItems(dir)].reduce(
    (last, item) => Math.max(last, item.kind === 'batch' ? item.mark.atUs : 0),
    0,
  );
}

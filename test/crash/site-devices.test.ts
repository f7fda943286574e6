// Runs alone: it compares rates and memory
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { freePort } from '#test/interop/mosquitto.ts';
import { answer, rawServer } from '#test/modbus-rig.ts';
import { until } from '#test/until.ts';
import { deadPorts, listener } from './dead-peers.ts';
import { EdgeProcess, folder } from './edge-process.ts';

/** A device whose registers change with every answer. */
async function goodDevice(t: TestContext): Promise<number> {
  let n = 0;
  const server = await rawServer((asked) => {
    const pdu = Buffer.alloc(2 + 2 * asked.count);
    pdu.set([asked.code, 2 * asked.count]);
    for (let i = 0; i < asked.count; i++) pdu.writeUInt16BE((n++ * 7) & 0xffff, 2 + 2 * i);
    answer(asked, pdu);
  });
  t.after(() => server[Symbol.asyncDispose]());
  return server.port;
}

interface Plan {
  readonly sources: { [id: string]: object };
  readonly tags: { [path: string]: object };
}

function modbus(plan: Plan, id: string, port: number, more: object = {}): void {
  plan.sources[id] = {
    kind: 'modbus',
    host: '127.0.0.1',
    port,
    everyMs: 20,
    requestsPerS: 200,
    timeoutMs: 150,
    probeMs: 100,
    probeMaxMs: 500,
    ...more,
  };
  for (let i = 0; i < 20; i++) plan.tags[`a/${id}/r${i}`] = { source: id, address: { holding: i } };
}

const good = (port: number): Plan => {
  const plan: Plan = { sources: {}, tags: {} };
  modbus(plan, 'good', port);
  return plan;
};

async function start(t: TestContext, plan: Plan): Promise<EdgeProcess> {
  const settings = { api: { port: 0 }, journal: { quotaMb: 64 } };
  const edge = await new EdgeProcess({ site: 'plant', settings, ...plan }, await folder(t)).up();
  t.after(() => edge.kill());
  return edge;
}

/** Samples of a source a second, counted over so many seconds. */
async function ratePerS(edge: EdgeProcess, id: string, seconds: number): Promise<number> {
  const from = (await edge.status()).sources[id]?.samples ?? 0;
  const startMs = performance.now();
  await until('the time is over', () => performance.now() - startMs > seconds * 1000, seconds * 2000);
  const to = (await edge.status()).sources[id]?.samples ?? 0;
  return (to - from) / ((performance.now() - startMs) / 1000);
}

/** Of the good device, second by second: their median does not mind a machine that pauses once. */
async function ratesPerS(edge: EdgeProcess, seconds: number): Promise<readonly number[]> {
  const rates: number[] = [];
  while (rates.length < seconds) rates.push(await ratePerS(edge, 'good', 1));
  return rates;
}

/** Samples a second of the good device with nothing beside it. */
async function rateAlone(t: TestContext, port: number): Promise<number> {
  const edge = await start(t, good(port));
  await until('it is read', async () => ((await edge.status()).sources.good?.samples ?? 0) > 500);
  const rates = await ratesPerS(edge, 3);
  await edge.stop();
  return median(rates);
}

const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Memory that the process itself holds: pages of files shared with others come and go. */
const anonymousKb = (pid: number): number =>
  Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Memory and open files do not grow, and the good device is read as fast as without the others. */
async function staysFlat(t: TestContext, edge: EdgeProcess, before: number, mostMb = 6): Promise<void> {
  await until('it is read', async () => ((await edge.status()).sources.good?.samples ?? 0) > 2000, 20_000);
  const kb: number[] = [];
  const files: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < 12; i++) {
    rates.push(await ratePerS(edge, 'good', 1));
    kb.push(anonymousKb(edge.pid));
    files.push(openFiles(edge.pid));
  }
  const thirds = [median(kb.slice(0, 4)), median(kb.slice(4, 8)), median(kb.slice(8))] as const;
  t.diagnostic(
    `${Math.round(before)} samples/s alone, ${Math.round(median(rates))} beside; RssAnon kB ${thirds}; files ${files}`,
  );
  assert.ok(median(rates) >= before * 0.9, `${median(rates)} samples/s, alone ${before}`);
  assert.ok(thirds[2] - thirds[1] < mostMb * 1024, `memory grew: ${kb} kB`);
  assert.ok(median(files.slice(8)) <= median(files.slice(0, 4)) + 5, `open files: ${files}`);
}

test('twenty dead devices and a dead broker: memory flat, the good device unaffected, each says what is wrong', async (t) => {
  const port = await goodDevice(t);
  const before = await rateAlone(t, port);

  const plan = good(port);
  for (let i = 0; i < 10; i++) modbus(plan, `closed${i}`, await freePort());
  // What lies between a dead device and one that is switched off: it takes the connection and never says a word.
  for (let i = 0; i < 10; i++) modbus(plan, `mute${i}`, await listener(t, () => {}));
  plan.sources.broker = { kind: 'mqtt', url: `mqtt://127.0.0.1:${await freePort()}` };
  plan.tags['a/broker/x'] = { source: 'broker', address: { topic: 'x' } };
  const edge = await start(t, plan);
  await staysFlat(t, edge, before);
  const { sources } = await edge.status();
  for (const [id, source] of Object.entries(sources)) {
    if (id === 'good') continue;
    const tag = await edge.tag(id === 'broker' ? 'a/broker/x' : `a/${id}/r0`);
    assert.match(tag.quality, /^bad/, id);
    assert.ok(source.fault?.hint || id.startsWith('mute'), `${id}: ${JSON.stringify(source)}`);
    if (id.startsWith('closed')) assert.notEqual(source.state, 'running', id);
  }
});

test('twenty dead OPC UA servers and Sparkplug brokers: the same', async (t) => {
  const port = await goodDevice(t);
  const before = await rateAlone(t, port);

  const plan = good(port);
  const ports = Object.entries(await deadPorts(t));
  for (const [how, dead] of [...ports, ...ports, ...ports].slice(0, 10)) {
    const n = Object.keys(plan.sources).length;
    const [ua, cells] = [`ua${n}${how}`, `sp${n}${how}`];
    plan.sources[ua] = { kind: 'opcua', url: `opc.tcp://127.0.0.1:${dead}`, connectTimeoutMs: 300 };
    plan.tags[`a/${ua}/r0`] = { source: ua, address: { path: 'Plant/Counter' } };
    plan.sources[cells] = {
      kind: 'sparkplug',
      url: `mqtt://127.0.0.1:${dead}`,
      hostId: 'site',
      clientId: cells,
      connectTimeoutMs: 300,
    };
    plan.tags[`a/${cells}/r0`] = { source: cells, address: { group: 'plant', node: 'cell', metric: 'Temp' } };
  }
  const edge = await start(t, plan);
  // A library of this size is compiled for a while; what an opening leaves behind shows beside, in hundreds of them.
  await staysFlat(t, edge, before, 20);
  const { sources } = await edge.status();
  assert.equal(Object.keys(sources).length, 21);
  for (const [id, { fault, state, opened }] of Object.entries(sources)) {
    if (id === 'good') continue;
    assert.deepEqual([opened, state === 'failed'], [0, false], id);
    assert.ok(fault?.message && fault.hint, `${id}: ${JSON.stringify(fault)}`);
    assert.match((await edge.tag(`a/${id}/r0`)).quality, /^bad/, id);
  }
  await edge.stop();
});

test('a slow, a garbage and a restarting device do not disturb the good one beside them', async (t) => {
  const port = await goodDevice(t);
  const slow = await rawServer((asked) => void setTimeout(() => answer(asked), 100));
  const garbage = await rawServer(({ socket }) => void socket.write(Buffer.from('ffffffffffff00', 'hex')));
  let n = 0;
  const restarting = await rawServer((asked) => (n++ % 5 === 4 ? asked.socket.destroy() : answer(asked)));
  for (const server of [slow, garbage, restarting]) t.after(() => server[Symbol.asyncDispose]());
  const before = await rateAlone(t, port);
  const plan = good(port);
  modbus(plan, 'slow', slow.port);
  modbus(plan, 'garbage', garbage.port);
  modbus(plan, 'restarting', restarting.port);
  const edge = await start(t, plan);
  await until('all have been met', async () => {
    const { sources } = await edge.status();
    return (sources.good?.samples ?? 0) > 500 && (sources.slow?.samples ?? 0) > 20 && n > 20;
  });
  const beside = median(await ratesPerS(edge, 7));
  assert.ok(beside >= before * 0.9, `${beside} samples/s, alone ${before}`);
  assert.equal((await edge.tag('a/good/r0')).quality, 'good');
  assert.match((await edge.tag('a/garbage/r0')).quality, /^bad/);
  assert.ok(((await edge.status()).sources.garbage?.load.garbage ?? 0) > 0);
});

/*
 * What a site costs from the bundle: memory while idle and under load, time from start to the first decision with an
 * empty journal and with a long one, and bytes given to the disk. Servers run in this process.
 */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ServerTCP } from 'modbus-serial';
import type { SiteStatus } from '#contract/api.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { freePort } from '#test/modbus-rig.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { until } from '#test/until.ts';
import { BrokerSide } from './broker-side.ts';
import { benchFolder, EdgeProcess } from './edge-process.ts';
import { type Row, report } from './table.ts';

const DAY_S = 86_400;
const REGISTERS = 50;

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const { dir } = folder;
  const settleMs = quick ? 8000 : 20_000;
  await using modbus = await modbusServer();
  return [
    await idle(dir, modbus.port, settleMs),
    // V8 takes its time to give back what loading needed.
    await idleWithOpcua(dir, modbus.port, quick ? settleMs : 60_000),
    ...(await wear(dir, modbus.port, quick ? 10_000 : 60_000)),
    await busy(dir, modbus.port, settleMs),
    await startRow('start to first decision, empty journal', dir, modbus.port, join(dir, 'empty')),
    await backlogRow(dir, modbus.port, quick ? 5e6 : 20e6),
  ];
}

async function idle(dir: string, port: number, settleMs: number): Promise<Row> {
  await using broker = await BrokerSide.start();
  await using edge = await EdgeProcess.start(dir, site(port, broker.port, REGISTERS, 1), join(dir, 'idle'));
  await passed(settleMs);
  const { residentMb, anonymousMb } = edge.memory();
  const what = 'memory, idle: MQTT, Modbus, API, journal';
  return {
    what,
    unit: 'MB',
    ours: residentMb,
    goal: { most: 80 },
    note: note(anonymousMb, await samples(edge)),
  };
}

/** The same with a server of OPC UA: fifty variables that change each second. */
async function idleWithOpcua(dir: string, port: number, settleMs: number): Promise<Row> {
  await using broker = await BrokerSide.start();
  await using server = await ServerProcess.start({ variables: REGISTERS, everyMs: 1000 });
  const text = site(port, broker.port, REGISTERS, 1, server.url);
  await using edge = await EdgeProcess.start(dir, text, join(dir, 'idle-opcua'));
  await until('values by OPC UA', async () => {
    const { sources } = await edge.status<SiteStatus>();
    return (sources.opcua?.samples ?? 0) > REGISTERS;
  });
  await passed(settleMs);
  const { residentMb, anonymousMb } = edge.memory();
  return {
    what: 'memory, idle: the same and OPC UA',
    unit: 'MB',
    ours: residentMb,
    goal: { most: 130 },
    note: note(anonymousMb, await samples(edge)),
  };
}

async function busy(dir: string, port: number, settleMs: number): Promise<Row> {
  await using broker = await BrokerSide.start();
  await using edge = await EdgeProcess.start(dir, site(port, broker.port, 10_000, 10), join(dir, 'busy'));
  await broker.steady(await broker.subscribed(), 10_000, 10, settleMs);
  const { residentMb, anonymousMb } = edge.memory();
  const what = 'memory, 10,000 tags at 10,000 samples/s';
  return {
    what,
    unit: 'MB',
    ours: residentMb,
    goal: { most: 180 },
    note: note(anonymousMb, await samples(edge)),
  };
}

/** Bytes a day at 1000 samples/s, from the journal's own count and from the kernel's. */
async function wear(dir: string, port: number, runMs: number): Promise<Row[]> {
  await using broker = await BrokerSide.start();
  await using edge = await EdgeProcess.start(dir, site(port, broker.port, 1000, 10), join(dir, 'wear'));
  const socket = await broker.subscribed();
  await broker.steady(socket, 1000, 10, 2000);
  const before = (await edge.status<SiteStatus>()).journal;
  const beforeKernel = edge.writtenBytes();
  const reserveBytes = () => statSync(join(edge.data, 'journal', 'journal.reserve')).size;
  const beforeReserve = reserveBytes();
  const startMs = performance.now();
  await broker.steady(socket, 1000, 10, runMs);
  const after = (await edge.status<SiteStatus>()).journal;
  const days = (performance.now() - startMs) / 1000 / DAY_S;
  // Made once, in slices over the first minutes: no part of what each day costs.
  const reserve = reserveBytes() - beforeReserve;
  const perDay = (bytes: number) => (bytes - reserve) / 1e9 / days;
  const rows = after.durableRows - before.durableRows;
  return [
    {
      what: 'written to flash at 1000 samples/s',
      unit: 'GB/day',
      less: true,
      ours: perDay(after.writtenBytes - before.writtenBytes),
      peer: { name: 'as the kernel counts', value: perDay(edge.writtenBytes() - beforeKernel) },
      note: `${((after.writtenBytes - before.writtenBytes - reserve) / rows).toFixed(1)} B a sample, ${((after.commits - before.commits) / (days * DAY_S)).toFixed(1)} commits/s`,
    },
  ];
}

/** From the start of the process to a status that counts decisions. */
async function startRow(what: string, dir: string, port: number, data: string): Promise<Row> {
  await using broker = await BrokerSide.start();
  const startMs = performance.now();
  await using edge = await EdgeProcess.start(dir, site(port, broker.port, REGISTERS, 1), data);
  while ((await edge.status<SiteStatus>()).decisions.count === 0) await passed(5);
  const ms = performance.now() - startMs;
  return {
    what,
    unit: 'ms',
    ours: ms,
    goal: { most: 1000 },
    note: `API after ${Math.round(edge.startMs)} ms`,
  };
}

async function backlogRow(dir: string, port: number, rows: number): Promise<Row> {
  const data = join(dir, 'backlog');
  await fill(join(data, 'journal'), rows);
  const what = `start to first decision, ${rows / 1e6} million samples in the journal`;
  return await startRow(what, dir, port, data);
}

async function fill(dir: string, rows: number): Promise<void> {
  const limits = { quotaBytes: 2 ** 31, maxAgeUs: Number.POSITIVE_INFINITY, commitMs: 200 };
  await using journal = await openJournal({ dir, ...limits });
  const nowUs = Date.now() * 1000;
  const batch = allocBatch(10_000, { receivedUs: nowUs });
  for (let i = 0; i < batch.rows; i++) {
    batch.tag[i] = i % REGISTERS;
    batch.timeUs[i] = nowUs - i;
    batch.value[i] = Math.round(Math.random() * 1000) / 10;
  }
  for (let at = 0; at < rows; at += batch.rows) {
    journal.append(batch, { source: 'plc', atUs: nowUs });
    const room = journal.room();
    if (room) await room;
  }
}

const note = (anonymousMb: number, samples: number): string =>
  `${anonymousMb.toFixed(0)} MB of it its own, the rest the program of Node; ${samples.toLocaleString('en')} samples`;

const samples = async (edge: EdgeProcess): Promise<number> => (await edge.status<SiteStatus>()).samples;
const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Registers by Modbus, tags by MQTT: `fields` to a topic; an alarm for each hundredth. Nodes where there is a server. */
function site(
  modbusPort: number,
  brokerPort: number,
  tags: number,
  fields: number,
  opcuaUrl?: string,
): string {
  const registers = Array.from({ length: REGISTERS }, (_, i) => [
    `line/plc/register${i}`,
    { source: 'plc', address: { unit: 1, holding: i } },
  ]);
  const topics = Array.from({ length: tags }, (_, i) => [
    `hall/sensor${Math.floor(i / fields)}/value${i % fields}`,
    { source: 'broker', address: { topic: `sensor/${Math.floor(i / fields)}`, path: `v${i % fields}` } },
  ]);
  const nodes = Array.from({ length: opcuaUrl === undefined ? 0 : REGISTERS }, (_, i) => [
    `line/machine/counter${i}`,
    { source: 'opcua', address: { path: `Plant/Line1/Counter${i}` } },
  ]);
  const watched = [...registers, ...topics].filter((_, i) => i % 100 === 0).map(([path]) => path);
  const alarms = watched.map((path, i) => [
    `high${i}`,
    { when: `tag("${path}") > 1e9`, priority: 'low', consequence: 'none', response: 'none' },
  ]);
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 } },
    sources: {
      plc: { kind: 'modbus', host: '127.0.0.1', port: modbusPort, everyMs: 1000 },
      broker: { kind: 'mqtt', url: `mqtt://127.0.0.1:${brokerPort}`, version: 4, qos: 0 },
      ...(opcuaUrl !== undefined && {
        opcua: { kind: 'opcua', url: opcuaUrl, security: { mode: 'none' } },
      }),
    },
    tags: Object.fromEntries([...registers, ...topics, ...nodes]),
    alarms: Object.fromEntries(alarms),
  });
}

async function modbusServer() {
  const port = await freePort();
  const getHoldingRegister = (address: number) => (address * 7 + Math.floor(performance.now() / 1000)) % 1000;
  const server = new ServerTCP({ getHoldingRegister }, { host: '127.0.0.1', port });
  server.on('socketError', () => {});
  await once(server, 'initialized');
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())) };
}

await report(bench);

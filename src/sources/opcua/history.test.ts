import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { isBad, isGood } from '#kernel/quality.ts';
import { type Joined, join } from '#test/opcua/rich-client.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { type Library, loadLibrary } from '#wire/opcua/library.ts';
import { type HistoryPoint, type HistoryPorts, type HistoryStep, readHistory } from './history.ts';

const START = Date.UTC(2026, 0, 1);
const VALUES = 2500;
const FLOW = 0;
const ENERGY = 1;
const SPEED = 2;

let server: RichServer;
let joined: Joined;
let library: Library;
before(async () => {
  server = await startRich();
  joined = await join(server);
  library = await loadLibrary();
  for (let i = 0; i < VALUES; i++) {
    server.plant.history.record('Flow', START + i * 1000, i);
    const status = i === 7 ? library.StatusCodes.BadSensorFailure : library.StatusCodes.Good;
    if (i < 10) server.plant.history.record('Energy', START + i * 1000, i * 10, status);
  }
});
after(async () => {
  await joined[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const point = (tag: number, name: string, fromS: number, toS: number): HistoryPoint => ({
  tag,
  type: 'number',
  field: undefined,
  node: `ns=${server.plant.index};s=${name}`,
  fromUs: (START + fromS * 1000) * 1000,
  toUs: (START + toS * 1000) * 1000,
});

async function steps(
  points: readonly HistoryPoint[],
  more: Partial<HistoryPorts> = {},
): Promise<HistoryStep[]> {
  const limits = { read: 0, historyRead: 0 };
  const ports = { session: joined.session, library, limits, clock: systemClock(), ...more };
  return Array.fromAsync(readHistory(ports, points, AbortSignal.timeout(10_000)));
}

function rowsOf(all: readonly HistoryStep[], tag: number): [second: number, value: number][] {
  return all.flatMap((step) => {
    if (step.kind !== 'rows') return [];
    assert.equal(step.batch.late, true);
    return Array.from({ length: step.batch.rows }, (_, i) => i)
      .filter((i) => at(step.batch.tag, i) === tag)
      .map((i): [number, number] => [at(step.batch.timeUs, i) / 1e6 - START / 1000, at(step.batch.value, i)]);
  });
}

test('fills the hole with all that lies between its borders, and neither of them', async () => {
  const all = await steps([point(FLOW, 'Kept.Flow', 10, 15)]);
  assert.deepEqual(rowsOf(all, FLOW), [
    [11, 11],
    [12, 12],
    [13, 13],
    [14, 14],
  ]);
  assert.deepEqual(all.at(-1), { kind: 'filled', tags: [FLOW] });
});

test('reads on over many answers, in order and nothing twice', async () => {
  const all = await steps([point(FLOW, 'Kept.Flow', -10, VALUES + 10), point(ENERGY, 'Kept.Energy', 2, 9)]);
  assert.deepEqual(
    rowsOf(all, FLOW),
    Array.from({ length: VALUES }, (_, i) => [i, i]),
  );
  assert.deepEqual(
    rowsOf(all, ENERGY).map(([second]) => second),
    [3, 4, 5, 6, 7, 8],
  );
  const batches = all.flatMap((step) => (step.kind === 'rows' ? [step.batch] : []));
  assert.ok(batches.length >= 3 && batches.every(({ rows }) => rows <= 2000));
});

test('keeps the quality that each value had', async () => {
  const all = await steps([point(ENERGY, 'Kept.Energy', 6, 9)]);
  const batch = all[0]?.kind === 'rows' ? all[0].batch : undefined;
  assert.ok(batch && isBad(at(batch.quality, 0)) && isGood(at(batch.quality, 1)));
});

test('a node without history keeps its hole, and the others are filled', async () => {
  const all = await steps([point(SPEED, 'Pump1.Speed', 0, 9), point(ENERGY, 'Kept.Energy', 0, 3)]);
  const left = all.filter(({ kind }) => kind === 'left');
  const { fromUs, toUs } = point(SPEED, '', 0, 9);
  const why = 'the server keeps no history of it';
  assert.deepEqual(left, [{ kind: 'left', tag: SPEED, fromUs, toUs, why }]);
  assert.deepEqual(rowsOf(all, ENERGY).length, 2);
});

test('a hole in which nothing happened is filled with nothing', async () => {
  const all = await steps([point(ENERGY, 'Kept.Energy', 100, 200)]);
  assert.deepEqual(all, [{ kind: 'filled', tags: [ENERGY] }]);
});

test('a server that refuses leaves the hole as it is, and nothing is thrown', async () => {
  server.refuseHistoryAfter(0);
  const all = await steps([point(FLOW, 'Kept.Flow', 0, 9)]);
  server.refuseHistoryAfter(undefined);
  assert.equal(all.length, 1);
  assert.ok(all[0]?.kind === 'left' && all[0].tag === FLOW && /BadNothingToDo/.test(all[0].why));
});

test('a reading that breaks off says from where on the hole is left', async () => {
  server.refuseHistoryAfter(1);
  const all = await steps([point(FLOW, 'Kept.Flow', -1, VALUES)]);
  server.refuseHistoryAfter(undefined);
  const left = all.at(-1);
  assert.equal(rowsOf(all, FLOW).length, 1000);
  assert.deepEqual(left?.kind === 'left' && left.fromUs, (START + 999_000) * 1000);
});

test('gives its continuation points back when nobody wants more', async () => {
  const limits = { read: 0, historyRead: 0 };
  const before = server.asked.get('HistoryReadRequest') ?? 0;
  const ports = { session: joined.session, library, limits, clock: systemClock() };
  for await (const step of readHistory(
    ports,
    [point(FLOW, 'Kept.Flow', -1, VALUES)],
    AbortSignal.timeout(5000),
  ))
    if (step.kind === 'rows') break;
  assert.equal(server.asked.get('HistoryReadRequest'), before + 2);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import type { Found } from '#plugin/api.ts';
import { type Joined, join } from '#test/opcua/rich-client.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { TANKS } from '#test/opcua/rich-space.ts';
import { type BrowseSession, browse } from './browse.ts';
import { readLimits } from './limits.ts';

const LIMITS = { maxNodesPerBrowse: 20, maxNodesPerRead: 30 };
const PLANT = 'nsu=urn:holdfast:test:plant;s=';

let server: RichServer;
let joined: Joined;
before(async () => {
  server = await startRich({ limits: { operationLimits: LIMITS } });
  joined = await join(server);
});
after(async () => {
  await joined[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const signal = () => AbortSignal.timeout(20_000);

async function all(from?: string, session: BrowseSession = joined.session): Promise<Found[]> {
  const limits = await readLimits(joined.session, signal());
  return Array.fromAsync(browse(session, limits, from, signal()));
}

const byPlace = (found: readonly Found[]) => new Map(found.map((one) => [one.place?.join('/'), one]));

test('tells of every variable what a tag entry needs, and ends although the tree has a circle', async () => {
  const found = byPlace(await all());
  assert.deepEqual(found.get('Plant/Line1/Pump1/Speed'), {
    name: 'Speed',
    place: ['Plant', 'Line1', 'Pump1', 'Speed'],
    description: 'Speed of the shaft',
    address: { node: `${PLANT}Pump1.Speed` },
    type: 'number',
    access: 'read',
    unit: '/min',
    range: [0, 3000],
    value: 1480,
  });
  assert.deepEqual(found.get('Plant/Line1/Pump2/Setpoint')?.access, 'readWrite');
  assert.deepEqual(found.get('Plant/Line1/Pump1/Mode')?.states, { 0: 'off', 1: 'manual', 2: 'automatic' });
  const names = [...found.keys()];
  assert.equal(names.filter((name) => name?.startsWith('Plant/Tanks/')).length, TANKS);
  assert.equal(new Set(names).size, names.length);
  assert.ok(
    !names.some((name) => /^Server|LevelAlarm|HA Configuration/.test(name ?? '')),
    'only the process',
  );
});

test('takes the type from the data type, whatever it is derived from', async () => {
  const found = byPlace(await all('Plant/Typed'));
  const types = [...found].map(([place, { type, value }]) => [
    place?.slice('Plant/Typed/'.length),
    type,
    value,
  ]);
  assert.deepEqual(types, [
    ['Axis', 'structure', { Position: 1.5, Speed: 2.5 }],
    ['State', 'enum', 1],
    ['Total', 'int64', 2n ** 53n + 1n],
    ['Name', 'text', 'Bottler'],
    ['Duration', 'number', 12.5],
    ['Profile', 'structure', [1, 2, 3]],
    ['Hidden', 'number', undefined],
  ]);
  assert.deepEqual(found.get('Plant/Typed/State')?.states, { 0: 'Stopped', 1: 'Running', 2: 'Faulted' });
  assert.equal(found.get('Plant/Typed/Hidden')?.access, undefined);
  assert.match(found.get('Plant/Typed/Hidden')?.description ?? '', /neither read nor write/);
});

test('finds methods as tags to be written, typed by what they are called with', async () => {
  const found = await all(`${PLANT}Machine`);
  assert.deepEqual(
    found.map(({ name, type, access }) => [name, type, access]),
    [
      ['Start', 'boolean', 'write'],
      ['SetLimit', 'number', 'write'],
      ['Mix', 'structure', 'write'],
      ['Slow', 'number', 'write'],
      ['Locked', 'boolean', 'write'],
      ['Offline', 'boolean', 'write'],
      ['Jammed', 'boolean', 'write'],
    ],
  );
  assert.deepEqual(found[2]?.address, { method: `${PLANT}Machine.Mix`, object: `${PLANT}Machine` });
  assert.equal(found[2]?.description, 'called with: recipe, parts, batch');
});

test('offers a method that machines share below each of them, and says on which it is called', async () => {
  const offered = (found: readonly Found[]) =>
    found.map(({ place, address }) => [place?.join('/'), (address as { object?: string }).object]);
  const both = ['Press1', 'Press2'].map((name) => [`Plant/Presses/${name}/Start`, `${PLANT}${name}`]);
  assert.deepEqual(offered(await all('Plant/Presses')), both);
  assert.deepEqual(offered(await all(`${PLANT}PressType.Start`)), both);
});

test('asks for no more at once than the server announced', async () => {
  await all('Plant');
  assert.ok((server.most.get('BrowseRequest') ?? 0) <= LIMITS.maxNodesPerBrowse);
  assert.ok((server.most.get('ReadRequest') ?? 0) <= LIMITS.maxNodesPerRead);
});

test('halves its requests at a server that does not announce its limits', async () => {
  const found = await Array.fromAsync(
    browse(joined.session, { browse: 0, read: 0 }, 'Plant/Tanks', signal()),
  );
  assert.equal(found.length, TANKS);
});

test('gathers what comes in parts, also when the server has too few continuation points', async () => {
  const before = server.asked.get('BrowseNextRequest') ?? 0;
  const { session } = joined;
  const most = session.requestedMaxReferencesPerNode;
  session.requestedMaxReferencesPerNode = 2;
  try {
    assert.equal((await all('Plant/Tanks')).length, TANKS);
    assert.equal((await all('Plant/Line1')).length, 8);
    assert.ok((server.asked.get('BrowseNextRequest') ?? 0) > before + TANKS / 2 - 2);
  } finally {
    session.requestedMaxReferencesPerNode = most;
  }
});

test('the place of a node is the same by id, by path and from the top', async () => {
  const byId = await all(`ns=${server.plant.index};s=Pump1`);
  const byPath = await all('Plant/Line1/Pump1');
  assert.deepEqual(byId, byPath);
  assert.deepEqual(byId[0]?.place, ['Plant', 'Line1', 'Pump1', 'Speed']);
});

test('reads the Server object when it is asked for', async () => {
  const found = byPlace(await all('Server/ServerStatus'));
  assert.equal(found.get('Server/ServerStatus/State')?.type, 'enum');
  assert.equal(found.get('Server/ServerStatus/State')?.states?.[0], 'Running');
});

test('says what there is where a start is not there', async () => {
  const hint = (pattern: RegExp) => (error: unknown) =>
    error instanceof Fault && pattern.test(error.hint ?? '');
  await assert.rejects(all('Plant/Line2'), hint(/Line1, Tanks/));
  await assert.rejects(all('ns=1;s=nothing'), hint(/without a start/));
  await assert.rejects(all('nsu=urn:nobody;s=x'), hint(/urn:holdfast:test:plant/));
});

test('ends between two requests when it is no longer wanted', async () => {
  const stop = new AbortController();
  const found: Found[] = [];
  const walk = async () => {
    for await (const one of browse(joined.session, { browse: 5, read: 50 }, 'Plant', stop.signal)) {
      found.push(one);
      stop.abort(new Error('enough'));
    }
  };
  await assert.rejects(walk(), /enough/);
  assert.ok(found.length < 20);
});

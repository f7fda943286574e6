import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { hubTransport } from '#cli/fleet/client.ts';
import { type Aligned, FleetApi, type Series } from '#contract/fleet-client.ts';
import { followMembership } from '#edge/hub-membership.ts';
import { alignedView, bucketsView, seriesView } from '#http/series.ts';
import { until } from '../until.ts';
import { arrives, siteOf } from './one-tag-site.ts';
import { HubRig } from './rig.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const LONG_MS = 60_000;
const MOST = 300;

test('what a site sends is asked of the hub as of the site: values, every sample, its shape, and what happened', async (t) => {
  const rig = await HubRig.start({ stores: true });
  t.after(() => rig[Symbol.asyncDispose]());
  const { tokens } = rig.hub.people;
  const grants = [{ role: 'viewer' }] as const;
  const api = new FleetApi(hubTransport(rig.url, await tokens.create({ name: 'test', grants }, 'test')));
  await rig.join('north');
  const site = await siteOf(t, 'north');
  const keeper = followMembership(site, rig.trustDir('north'), quiet, () => {});
  t.after(() => keeper[Symbol.asyncDispose]());
  for (let n = 1; n <= MOST; n++) arrives(site, n);

  /** What the test handed in: the source, whose device is not there, says in between that the value is bad. */
  const good = ({ value, quality }: Pick<Series, 'value' | 'quality'>) =>
    value.filter((_, i) => quality[i] === 0) as number[];
  const raw = async () => {
    const found: number[] = [];
    for await (const part of api.historyRaw('north', { tag: 'p/a', from: '0' })) found.push(...good(part));
    return found;
  };
  await until(
    'all samples',
    async () => (await api.siteTags('north')).items.length === 1 && (await raw()).length === MOST,
    LONG_MS,
  );
  assert.deepEqual(
    await raw(),
    Array.from({ length: MOST }, (_, n) => n + 1),
  );
  const trend = await api.historyTrend('north', { tag: 'p/a', from: '0', points: 20 });
  assert.equal(trend.tag, 'p/a');
  assert.ok(trend.value.length <= 20);
  assert.deepEqual([Math.min(...good(trend)), Math.max(...good(trend))], [1, MOST]);
  assert.deepEqual(
    [...trend.timeUs],
    trend.timeUs.toSorted((a, b) => a - b),
  );

  const newest = async () => {
    arrives(site, 7);
    const [tag] = (await api.siteTags('north', { prefix: 'p/' })).items;
    return tag?.value === 7 ? tag : undefined;
  };
  await until('the newest value', async () => (await newest()) !== undefined, LONG_MS);
  const { items } = await api.siteTags('north', { search: 'P/A' });
  assert.deepEqual(
    items.map(({ path, type, unit }) => ({ path, type, unit })),
    [{ path: 'p/a', type: 'number', unit: 'bar' }],
  );
  assert.deepEqual((await api.siteTags('north', { prefix: 'q' })).items, []);
  await assert.rejects(api.historyTrend('north', { tag: 'p/b', from: '0' }), { code: 'tag.unknown' });

  const started = await api.events({ search: 'SYSTEM.started' });
  assert.deepEqual(
    started.items.map(({ site: of, origin, kind, name }) => ({ of, origin, kind, name })),
    [{ of: 'north', origin: 'site', kind: 'system', name: 'system.started' }],
  );
  const all = (await api.events({ limit: 1000 })).items;
  const paged: string[] = [];
  for await (const { id } of api.everyEvents({ limit: 2, to: String(all[0]?.timeUs) })) paged.push(id);
  assert.deepEqual(
    paged,
    all.filter(({ timeUs }) => timeUs < (all[0]?.timeUs ?? 0)).map(({ id }) => id),
  );
  assert.ok(paged.length >= 3, 'that is more than one page');
  assert.ok(all.some(({ name, origin }) => origin === 'hub' && name === 'security.site-joined'));
  assert.ok((await api.events({ kind: 'security' })).items.every(({ kind }) => kind === 'security'));

  const about = await api.site('north');
  assert.deepEqual(
    { state: about.state, identity: about.identity, tags: about.tags, software: about.software },
    { state: 'online', identity: 'active', tags: 1, software: '1' },
  );
});

test('buckets, rows at equal distances and the last values are those that the site itself calculates', async (t) => {
  const rig = await HubRig.start({ stores: true });
  t.after(() => rig[Symbol.asyncDispose]());
  const grants = [{ role: 'viewer' }] as const;
  const token = await rig.hub.people.tokens.create({ name: 'test', grants }, 'test');
  const api = new FleetApi(hubTransport(rig.url, token));
  await rig.join('north');
  const site = await siteOf(t, 'north');
  const keeper = followMembership(site, rig.trustDir('north'), quiet, () => {});
  t.after(() => keeper[Symbol.asyncDispose]());
  // Half an hour apart: a hub reads many windows for what a site reads at once.
  for (let n = 1; n <= MOST; n++) arrives(site, n, (MOST - n) * 1_800e6);
  await site.durable();
  const toUs = Math.ceil(site.core.clock.nowUs());
  const { reader } = site.history;
  const tags = ['p/a'];
  /** Times of all rows, of the site or of the hub. */
  const timesOf = async (parts: AsyncIterable<{ readonly timeUs: Iterable<number> }>) => {
    const times: number[] = [];
    for await (const { timeUs } of parts) times.push(...timeUs);
    return times;
  };
  const here = () => timesOf(reader.raw(tags, { fromUs: 0, toUs }));
  const there = async () =>
    (await api.siteTags('north')).items.length === 0
      ? []
      : await timesOf(api.historyRaw('north', { tag: tags, from: '0', to: String(toUs) }));
  /** In time: what the site's source says in between is a moment later at the hub. */
  const same = async (there: () => Promise<unknown>, here: () => Promise<unknown>) => {
    const isSame = async () => isDeepStrictEqual(await there(), await here());
    await until('both ends are the same', isSame, LONG_MS).catch(async () =>
      assert.deepEqual(await there(), await here()),
    );
  };
  await same(there, here);
  const [firstUs = 0] = await here();
  const aggregates = ['min', 'max', 'mean', 'timeMean', 'last', 'first', 'count', 'sum', 'duration'] as const;
  const gathered = async <A, B>(parts: AsyncIterable<A>, view: (part: A) => B): Promise<B[]> => {
    const all: B[] = [];
    for await (const part of parts) all.push(view(part));
    return all;
  };
  /** However it is cut into parts. */
  const flat = (parts: readonly Pick<Aligned, 'timeUs' | 'columns'>[]) =>
    parts.flatMap(({ timeUs, columns }) =>
      timeUs.map((us, i) => [us, ...columns.map((column) => column[i])]),
    );
  const rowsOf = (parts: readonly { [column in 'timeUs' | 'value' | 'quality']: readonly unknown[] }[]) =>
    parts.flatMap(({ timeUs, value, quality }) => timeUs.map((us, i) => [us, value[i], quality[i]]));
  await assert.rejects(
    gathered(api.historyCalculated('north', { calc: 'tag("p/x") * 2.0', from: '0' }), (part) => part),
    { code: 'history.expression' },
  );
  const lengthUs = toUs - firstUs;
  // From before the first sample on, from the midst of them, and where one stands from long before.
  for (const [fromUs, widthUs] of [
    [firstUs - 5_000_000, Math.ceil(lengthUs / 7) + 1000],
    [firstUs + Math.floor(lengthUs / 3), 1000 + Math.ceil(lengthUs / 50)],
    [toUs - 1000, 1_000_000],
  ] as const) {
    const span = { from: String(fromUs), to: String(toUs) };
    const asked = { fromUs, toUs, tags, bucketUs: widthUs, aggregates };
    const inBuckets = { ...span, tag: tags, bucketUs: widthUs, aggregate: [...aggregates] };
    await same(
      () => gathered(api.historyBuckets('north', inBuckets), (part) => part),
      () => gathered(reader.buckets(asked), bucketsView),
    );
    for (const fill of ['previous', 'linear'] as const) {
      const asked = { ...span, tag: tags, stepUs: widthUs, fill };
      await same(
        async () => flat(await gathered(api.historyAligned('north', asked), (part) => part)),
        async () =>
          flat(await gathered(reader.aligned({ fromUs, toUs, tags, stepUs: widthUs, fill }), alignedView)),
      );
    }
    const calc = 'tag("p/a") * 2.0 + mean(tag("p/a"), "5m")';
    const calculation = { fromUs, toUs, expression: calc, asset: '' };
    await same(
      async () => rowsOf(await gathered(api.historyCalculated('north', { ...span, calc }), (part) => part)),
      async () => rowsOf(await gathered(reader.calculated(calculation), seriesView)),
    );
    await same(
      () =>
        gathered(api.historyCalculatedBuckets('north', { ...span, calc, bucketUs: widthUs }), (part) => part),
      () =>
        gathered(
          reader.calculatedBuckets({ ...calculation, bucketUs: widthUs, aggregates: ['min', 'max', 'mean'] }),
          bucketsView,
        ),
    );
    await same(
      async () => await api.historyAt('north', { tag: tags, time: String(fromUs) }),
      async () => [...(await reader.valuesAt(tags, fromUs)).values()].map(seriesView),
    );
  }
  site.core.journal.gap({ tags: [0], fromUs: firstUs, toUs, count: 3, reason: 'device-silent' });
  const gaps = () => api.historyGaps('north', { tag: 'p/a', from: String(firstUs) });
  await until('the gap', async () => (await gaps()).length > 0, LONG_MS);
  assert.deepEqual(await gaps(), [
    { tags: ['p/a'], fromUs: firstUs, toUs, count: 3, reason: 'device-silent' },
  ]);
  assert.deepEqual(await api.historyGaps('north', { tag: 'p/b', from: '0' }), []);
});

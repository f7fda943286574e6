import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servedSite } from '#edge/api/fixture.ts';
import { viewHandlers } from '#edge/api/views.ts';
import { SavedViews } from '#edge/saved-views.ts';
import type { Caller } from '#kernel/rights.ts';

const SITE = `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  hall/p/a: { source: plc, address: { holding: 0 } }
  yard/p/b: { source: plc, address: { holding: 1 } }
`;
const caller = (areas?: readonly string[]): Caller =>
  ({ name: 'ann', role: 'operator', areas, via: 'session' }) as Caller;
const signal = new AbortController().signal;

test('a saved view is there for others, after a restart too, and hidden from whoever may not see its tags', async (t) => {
  const { site } = await servedSite(t, SITE);
  const handlers = viewHandlers(site);
  const as = (areas?: readonly string[]) => ({ caller: caller(areas) }) as never;
  const save = async (name: string, paths: readonly string[], areas?: readonly string[]) =>
    handlers.saveView(
      { body: { name, tags: paths.map((path) => ({ path })), spanMs: 60e3, by: 'ann' } } as never,
      signal,
      as(areas),
    );
  await save('both', ['hall/p/a', 'yard/p/b']);
  await save('hall', ['hall/p/a'], ['hall']);
  const names = async (areas?: readonly string[]) =>
    (await handlers.views({} as never, signal, as(areas))).map(({ name }) => name);
  assert.deepEqual(await names(), ['both', 'hall']);
  assert.deepEqual(await names(['hall']), ['hall']);
  await assert.rejects(save('both', ['hall/p/a'], ['hall']), { code: 'view.unknown' });
  await assert.rejects(save('yard', ['yard/p/b'], ['hall']), { code: 'tag.unknown' });
  await assert.rejects(save('none', ['hall/p/none']), { code: 'tag.unknown' });
  const remove = async (name: string, areas?: readonly string[]) =>
    handlers.removeView({ body: { name } } as never, signal, as(areas));
  await assert.rejects(remove('both', ['hall']), { code: 'view.unknown' });
  await remove('hall');
  assert.deepEqual(await names(), ['both']);
});

test('a view with calculations is for those who may see every tag', async (t) => {
  const { site } = await servedSite(t, SITE);
  const handlers = viewHandlers(site);
  const as = (areas?: readonly string[]) => ({ caller: caller(areas) }) as never;
  const calculations = [{ expression: 'tag("yard/p/b") * 2.0', asset: '' }];
  const body = { name: 'double', tags: [{ path: 'hall/p/a' }], calculations, spanMs: 60e3, by: 'ann' };
  const save = (areas?: readonly string[]) => handlers.saveView({ body } as never, signal, as(areas));
  await assert.rejects(async () => save(['hall']), { code: 'api.forbidden' });
  await save();
  const views = async (areas?: readonly string[]) => await handlers.views({} as never, signal, as(areas));
  assert.deepEqual((await views())[0]?.calculations, calculations);
  assert.deepEqual(await views(['hall']), []);
});

test('what is kept of views that no version of ours wrote is passed over', () => {
  const state = new Map<string, unknown>([
    ['saved-views', [{ name: 'half' }, { name: 'whole', tags: [{ path: 'a/b' }], by: 'ann', savedUs: 1 }]],
  ]);
  const views = new SavedViews({ journal: { opened: { state } }, clock: {} } as never);
  assert.deepEqual(
    views.list().map(({ name }) => name),
    ['whole'],
  );
});

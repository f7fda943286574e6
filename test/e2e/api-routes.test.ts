import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as z from 'zod';
import { SiteClient } from '#cli/client.ts';
import type { ProblemDetails } from '#contract/api.ts';
import type { SiteApi } from '#contract/client.ts';
import * as replies from '#contract/routes/replies.ts';
import { paramsOf, type Route } from '#contract/routes/route.ts';
import { routeEntries } from '#contract/routes/table.ts';
import { until } from '../until.ts';
import { ALARM, first, IN_ORDER, PUMP, type Questions, questionsTo } from './api-questions.ts';
import { Api, Sandbox } from './sandbox.ts';

/* One demo for all of them. */
const box = new Sandbox();
let raw: Api;
let api: SiteApi;
let questions: Questions;

before(async () => {
  await box.startDemo();
  raw = new Api(box.demoDir);
  await raw.allSpeak();
  api = new SiteClient(raw.address, box.demoDir).api;
  questions = questionsTo(raw, api);
});
after(() => box[Symbol.asyncDispose]());

const SCHEMAS: { readonly [name: string]: z.ZodType } = { ...replies };

/** What the table says that a route answers; strictly: a field that it does not name is an error. */
function schemaOf({ reply }: Route): z.ZodType {
  if ('text' in reply || 'file' in reply) return z.string().min(1);
  const [[kind, name] = []] = Object.entries(reply);
  const schema = SCHEMAS[String(name)] ?? assert.fail(`there is no schema ${name}`);
  return kind === 'json' ? schema : z.array(schema);
}

const ordered = routeEntries().toSorted(([a], [b]) => IN_ORDER.indexOf(a) - IN_ORDER.indexOf(b));
for (const [id, route] of ordered) {
  test(`${route.method} ${route.path} answers what the table says`, async () => {
    const answer = await questions[id]();
    const parsed = schemaOf(route).safeParse(answer);
    const why = parsed.success ? '' : z.prettifyError(parsed.error);
    assert.ok(parsed.success, `${why}\n${JSON.stringify(answer)}`);
  });
}

/** RFC 9457: the media type, and the members that programs rely on. */
async function problem(reply: Response, status: number, code: string): Promise<ProblemDetails> {
  const body = (await reply.json()) as ProblemDetails;
  assert.deepEqual(
    [reply.status, reply.headers.get('content-type')?.split(';')[0], body.title, body.type],
    [status, 'application/problem+json', code, `urn:holdfast:${code}`],
    `${reply.url}: ${JSON.stringify(body)}`,
  );
  assert.deepEqual(replies.ProblemDetails.parse(body), body);
  return body;
}

const filled = (path: string): string => path.replaceAll(/\{\w+\}/g, 'nobody');
const ask = (route: Route, query = '', body?: object) =>
  raw.fetch(filled(route.path) + query, {
    method: route.method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });

test('a parameter that a route does not know is named, whatever the route', async () => {
  for (const [, route] of routeEntries()) {
    if (!route.query) continue;
    const { fields } = await problem(await ask(route, '?nonsense=1'), 400, 'api.bad-request');
    assert.ok(fields?.some(({ in: where, name }) => where === 'query' && name === 'nonsense'));
  }
});

test('a body with a field that a route does not know, or without those it needs, is named', async () => {
  for (const [id, route] of routeEntries()) {
    if (!route.body) continue;
    const { fields } = await problem(await ask(route, '', { nonsense: 1 }), 400, 'api.bad-request');
    assert.ok(
      fields?.some(({ in: where, name }) => where === 'body' && name === 'nonsense'),
      id,
    );
  }
});

test('wrong values are named field by field', async () => {
  const wrong: readonly (readonly [path: string, ...names: string[]])[] = [
    ['/api/tags?limit=0&quality=fine', 'quality', 'limit'],
    ['/api/events?from=yesterday&kind=party', 'kind', 'from'],
    ['/api/events?from=2026-11-28T10:00:00', 'from'],
    ['/api/gaps?limit=1e9', 'limit'],
    ['/api/history/buckets?tag=a&from=0&bucketUs=1', 'bucketUs'],
    ['/api/history/raw', 'tag', 'from'],
    ['/api/history/aligned?tag=a&from=0&stepUs=1000000&fill=guess', 'fill'],
    ['/api/tags?prefix=a&prefix=b', 'prefix'],
    ['/api/stream?kind=none&everyMs=1', 'everyMs'],
  ];
  for (const [path, ...names] of wrong) {
    const { fields } = await problem(await raw.fetch(path), 400, 'api.bad-request');
    assert.deepEqual(fields?.map(({ name }) => name).toSorted(), names.toSorted(), path);
  }
});

test('a field that is not there is said to be missing, whatever it should hold', async () => {
  const write = await raw.post('/api/writes', '{"tag": "hall/line1/pump/beacon", "leaseMs": "long"}');
  const { fields } = await problem(write, 400, 'api.bad-request');
  const told = Object.fromEntries((fields ?? []).map(({ name, message }) => [name, message]));
  assert.deepEqual([told.value, told.why], ['is missing', 'is missing']);
  assert.match(told.leaseMs ?? '', /expected (number|int)/);
  const aligned = await problem(await raw.fetch('/api/history/aligned?tag=a&from=0'), 400, 'api.bad-request');
  assert.deepEqual(aligned.fields, [{ in: 'query', name: 'stepUs', message: 'is missing' }]);
});

test('what a path names and is not there is 404, with the code of what is missing', async () => {
  for (const [path, code] of [
    ['/api/tags/hall/none', 'tag.unknown'],
    ['/api/tags/', 'api.not-found'],
    ['/api/alarms/hall/none', 'alarm.unknown'],
    ['/api/sources/nobody', 'source.unknown'],
    ['/api/sources/nobody/browse', 'source.unknown'],
    ['/api/certificates/ffff', 'trust.unknown-certificate'],
    ['/api/config/versions/0000', 'config.unknown'],
    ['/api/gaps?tag=hall/none', 'tag.unknown'],
  ] as const) {
    await problem(await raw.fetch(path), 404, code);
  }
  await problem(await raw.fetch('/api/%zz'), 400, 'api.bad-request');
});

test('a method that a path does not take is 405, with those it takes', async () => {
  for (const [, route] of routeEntries()) {
    const reply = await raw.fetch(filled(route.path), { method: 'PUT' });
    await problem(reply, 405, 'api.method-not-allowed');
    assert.ok(reply.headers.get('allow')?.includes(route.method), route.path);
  }
});

test('the paths of tags and alarms may have their slashes as they are', async () => {
  assert.equal((await raw.get<{ path: string }>(`/api/tags/${PUMP}/speed`)).path, `${PUMP}/speed`);
  assert.equal((await raw.get<{ id: string }>(`/api/alarms/${ALARM}`)).id, ALARM);
});

test('what has not changed is not sent again', async () => {
  for (const [id, route] of routeEntries()) {
    if (!route.tagged || route.group === 'history' || paramsOf(route.path).length > 0) continue;
    const query = id === 'configDiff' ? `?from=${(await api.config()).digest}` : '';
    await until(`304 of ${id}`, async () => {
      const before = await ask(route, query);
      const etag = before.headers.get('etag') ?? assert.fail(`${id} has no ETag`);
      await before.text();
      const again = await raw.fetch(filled(route.path) + query, {
        headers: { 'if-none-match': `"x", ${etag}` },
      });
      assert.equal((await again.text()) === '', again.status === 304);
      return again.status === 304;
    });
  }
});

test('pages lead to each other, none missing, none twice', async () => {
  const all = (await api.tags()).items.map(({ path }) => path);
  const paged = await Array.fromAsync(api.everyTags({ limit: 7 }));
  assert.ok(all.length > 7);
  assert.deepEqual(
    paged.map(({ path }) => path),
    all,
  );
  const upTo = (await api.events({ limit: 1 })).items[0]?.id ?? 0;
  const following = await Array.fromAsync(api.everyEvents({ limit: 3, after: 0, before: upTo }));
  const backwards = await Array.fromAsync(api.everyEvents({ limit: 5, before: upTo }));
  const ids = following.map(({ id }) => id);
  assert.ok(ids.length > 5);
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
  );
  assert.deepEqual(
    backwards.map(({ id }) => id).toSorted((a, b) => a - b),
    ids,
  );
});

test('events are found by kind, name, subject and time', async () => {
  await api.write({ tag: `${PUMP}/beacon`, value: false, why: 'found again' });
  const found = async (query: Parameters<SiteApi['events']>[0]) => (await api.events(query)).items;
  const [write] = (await found({ subject: `${PUMP}/beacon`, name: 'write.sent' })).slice(-1);
  assert.equal(write?.detail?.why, 'found again');
  const { timeUs = 0, id = 0 } = write ?? {};
  const same = (all: readonly { readonly id: number }[]) => all.some((one) => one.id === id);
  assert.ok(same(await found({ subject: `${PUMP}/*`, from: String(timeUs), limit: 1000 })));
  assert.ok(!same(await found({ to: String(timeUs), limit: 1000 })));
  assert.ok(!same(await found({ kind: ['alarm', 'security'], limit: 1000 })));
  assert.ok(same(await found({ after: id - 1, kind: 'write' })));
  assert.ok((await found({ kind: 'config' })).every(({ detail }) => detail?.text === undefined));
});

test('tags are searched, and shown as a tree', async () => {
  const { items: found } = await api.tags({ search: 'VIBRATION', quality: 'good' });
  assert.ok(found.length > 0 && found.every(({ quality }) => quality.startsWith('good')));
  const [hall] = await api.tagTree({ depth: 2 });
  assert.equal(hall?.path, 'hall');
  assert.ok(hall?.children?.some(({ path, children }) => path === 'hall/line1' && children === undefined));
  const signals = await api.tagTree({ at: PUMP });
  assert.ok(signals.some(({ path, isTag, tags }) => path === `${PUMP}/speed` && isTag && tags === 1));
});

test('the stream gives the tags that were named, and no events where none are wanted', async () => {
  const [message] = await first(api.stream({ tag: [`${PUMP}/speed`, `${PUMP}/flow`], kind: 'none' }));
  const { name, data } = message as { name: string; data: readonly { path: string }[] };
  assert.equal(name, 'values');
  assert.deepEqual(data.map(({ path }) => path).toSorted(), [`${PUMP}/flow`, `${PUMP}/speed`]);
});

test('the documentation is there without a token and without anything from elsewhere', async () => {
  const { url } = raw.address;
  const page = await fetch(`${url}/api/docs`);
  const text = await page.text();
  assert.equal(page.status, 200);
  assert.doesNotMatch(text, /(src|href)="?https?:/);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as {
    readonly openapi: string;
    readonly paths: { readonly [path: string]: object };
  };
  assert.match(document.openapi, /^3\.1\./);
  for (const [, { path, method }] of routeEntries())
    assert.ok(method.toLowerCase() in (document.paths[path] ?? {}), path);
});

test('a changed file is tried on the past before it takes effect, and nothing has changed by that', async () => {
  const { text, digest } = await api.config();
  const lower = text.replaceAll('mean(vibration, "2s") > 4.5', 'mean(vibration, "2s") > 0.1');
  assert.notEqual(lower, text);
  const { problems, changes } = await api.checkConfig({ text: lower });
  assert.deepEqual(problems, []);
  assert.ok(
    changes?.some(({ section, id, what }) => section === 'alarms' && id === ALARM && what === 'changed'),
  );
  const last = async (body: Parameters<SiteApi['backtest']>[0]) =>
    (await Array.fromAsync(api.backtest(body))).at(-1) ?? assert.fail('no line');
  const tried = await last({ text: lower, against: 'current' });
  assert.ok('report' in tried, JSON.stringify(tried));
  const raised = tried.report.subjects.find(({ id }) => id === ALARM);
  assert.deepEqual([raised?.file?.count, raised?.past?.count ?? 0], [1, 0]);
  assert.ok(tried.report.rows > 0);
  const same = await last({});
  assert.ok('report' in same && same.report.equal, JSON.stringify(same));
  assert.ok('problems' in (await last({ text: 'site: 1' })));
  assert.equal((await api.config()).digest, digest);
});

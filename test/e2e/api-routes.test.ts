import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as z from 'zod';
import { SiteClient } from '#cli/client.ts';
import type { ProblemDetails } from '#contract/api.ts';
import type { SiteApi } from '#contract/client.ts';
import * as replies from '#contract/routes/replies.ts';
import { paramsOf, type Route } from '#contract/routes/route.ts';
import { type RouteId, routeEntries } from '#contract/routes/table.ts';
import type { Fault } from '#kernel/fault.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';

const PUMP = 'hall/line1/pump';
const ALARM = `${PUMP}/vibration-high`;

/* One demo for all of them. */
const box = new Sandbox();
let raw: Api;
let api: SiteApi;

before(async () => {
  await box.startDemo();
  raw = new Api(box.demoDir);
  await raw.allSpeak();
  api = new SiteClient(raw.address, box.demoDir).api;
});
after(() => box[Symbol.asyncDispose]());

const first = async (all: AsyncIterable<unknown>): Promise<readonly unknown[]> => {
  for await (const one of all) return [one];
  return [];
};
const items = async (page: Promise<{ readonly items: readonly unknown[] }>) => (await page).items;
const CALC = { calc: `tag("${PUMP}/speed") * 2.0`, from: '2026-01-01' };
const SPAN = { tag: `${PUMP}/speed`, from: '2026-01-01' };

const PAST = `time,${PUMP}/speed\n2026-01-02T10:00:00Z,1450\n`;
const DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"><script/><rect id="a"/></svg>';
const bytesOf = async function* (text: string) {
  yield Buffer.from(text);
};
const PASSWORD = 'seven green valves hum';
/** What is refused as it should be, in place of what would be answered. */
const refused = (asked: Promise<unknown>, code: string, instead: unknown) =>
  asked.catch((error) => {
    assert.equal((error as Fault).code, code);
    return instead;
  });
const cookieless = async (path: string, body: object) => {
  const reply = await fetch(raw.address.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return await reply.json();
};

/** In this order: what one makes the next one uses. */
const ASK_ACCESS = {
  me: () => api.me(),
  users: async () => {
    await api.addUser({ name: 'ann', role: 'administrator', password: PASSWORD });
    return await api.users();
  },
  addUser: () => api.addUser({ name: 'mia', role: 'viewer', password: PASSWORD }),
  setRights: () => api.setRights({ name: 'mia', role: 'operator', areas: ['hall/line1'] }),
  setPassword: () => api.setPassword({ name: 'mia', password: `${PASSWORD} loudly` }),
  signIn: () => cookieless('/api/access/sign-in', { name: 'mia', password: `${PASSWORD} loudly` }),
  signInByCode: async () => cookieless('/api/access/code', { code: (await api.makeBreakGlass({})).code }),
  // The demo has had administrators since the question before.
  firstAdministrator: () =>
    refused(api.firstAdministrator({ code: 'x', name: 'x', password: PASSWORD }), 'access.wrong', {
      name: 'x',
      role: 'administrator',
      via: 'session',
    }),
  // Who comes by the token of the data folder has no session and no password.
  signOut: () => api.signOut(),
  changePassword: () =>
    refused(api.changePassword({ present: 'x', next: PASSWORD }), 'access.unknown-user', {}),
  sessions: () => api.sessions(),
  endSession: async () => {
    const [one] = await api.sessions();
    return await api.endSession({ id: one?.id ?? assert.fail('nobody is signed in') });
  },
  tokens: async () => {
    await api.createToken({ name: 'prometheus', role: 'viewer', validForMs: 86_400e3 });
    return await api.tokens();
  },
  createToken: () => api.createToken({ name: 'grafana', role: 'viewer', areas: ['hall'] }),
  revokeToken: () => api.revokeToken({ name: 'grafana' }),
  makeBreakGlass: () => api.makeBreakGlass({}),
  removeUser: () => api.removeUser({ name: 'mia' }),
  trustPage: () => api.trustPage(),
  // The demo is on loopback, and not encrypted.
  trustCertificate: () => refused(api.trustCertificate(), 'access.no-tls', 'nothing'),
  signInPage: () => api.signInPage(),
  signInScript: () => api.signInScript(),
  pageStyle: () => api.pageStyle(),
  // The demo declares nothing that a stop writes.
  panelStop: () => refused(api.panelStop({}), 'panel.no-stop', []),
};

/** A question for every route there is; what has no entry here does not compile. */
const ASK: { readonly [Id in RouteId]: () => Promise<unknown> } = {
  health: () => api.health(),
  status: () => api.status(),
  autonomy: () => api.autonomy(),
  pictures: () => api.pictures(),
  picture: () => api.picture('line1'),
  uploadPicture: () => api.uploadPicture('spare', { type: 'image/svg+xml', bytes: bytesOf(DRAWING) }),
  savePicture: () => api.savePicture('spare', { title: 'Spare', bindings: {}, by: 'test' }),
  metrics: () => api.metrics(),
  stream: () => first(api.stream({ prefix: `${PUMP}/`, everyMs: 100 })),
  openapi: () => api.openapi(),
  docs: () => api.docs(),
  events: () => items(api.events({ limit: 20 })),
  gaps: () => api.gaps({ limit: 10 }),
  deadLetters: () => api.deadLetters(),
  write: () => api.write({ tag: `${PUMP}/beacon`, value: true, why: 'a test asks' }),
  assets: () => api.assets(),
  setAsset: () => api.setAsset({ asset: PUMP, mode: 'local', why: 'a test asks' }),
  // The demo knows the state of its last run.
  withoutState: () =>
    api.withoutState({ why: 'a test asks', by: 'test' }).catch((error) => {
      assert.equal((error as Fault).code, 'site.state-known');
      return {};
    }),
  // The demo came out of no backup.
  restoreChecked: () =>
    api.restoreChecked({ by: 'test' }).catch((error) => {
      assert.equal((error as Fault).code, 'restore.nothing');
      return {};
    }),
  tags: () => items(api.tags({ prefix: PUMP })),
  tag: () => api.tag(`${PUMP}/speed_setpoint`),
  tagTree: () => api.tagTree({ depth: 4 }),
  alarms: () => api.alarms(),
  alarm: () => api.alarm(ALARM),
  operateAlarm: () => api.operateAlarm({ id: ALARM, act: 'comment', comment: 'a test was here' }),
  rules: () => api.rules(),
  notices: () => api.notices(),
  maintain: () => api.maintain({ asset: PUMP, forMin: 0.01, why: 'a test asks', by: 'test' }),
  sources: () => api.sources(),
  source: () => api.source('pumps'),
  browse: () => first(api.browse('pumps', { from: '1/holding/0-9' })),
  sinks: () => api.sinks(),
  actuators: () => api.actuators(),
  certificates: () => api.certificates(),
  certificate: async () => {
    const [one] = await api.certificates();
    return one ? await api.certificate(one.fingerprint) : { seen: [], pem: '' };
  },
  decideCertificate: async () => {
    const [one] = await api.certificates();
    return one ? await api.decideCertificate({ fingerprint: one.fingerprint, act: 'trust' }) : [];
  },
  config: () => api.config(),
  configHistory: () => api.configHistory(),
  configVersion: async () => api.configVersion((await api.config()).digest),
  configDiff: async () => {
    const { digest } = await api.config();
    return await api.configDiff({ from: digest, to: digest });
  },
  applyConfig: async () => api.applyConfig({ text: (await api.config()).text, why: 'a test asks' }),
  undoConfig: async () => api.undoConfig({ to: (await api.config()).digest }),
  historyTags: () => api.historyTags(),
  historyRaw: () => first(api.historyRaw(SPAN)),
  historyBuckets: () => first(api.historyBuckets({ ...SPAN, bucketUs: 60e6 })),
  historyTrend: () => api.historyTrend(SPAN),
  historyAt: () => api.historyAt({ tag: SPAN.tag, time: SPAN.from }),
  historyAligned: () => first(api.historyAligned({ ...SPAN, stepUs: 60e6 })),
  historyCalculated: () => first(api.historyCalculated({ ...CALC })),
  historyCalculatedBuckets: () => first(api.historyCalculatedBuckets({ ...CALC, bucketUs: 3600e6 })),
  historyGaps: () => api.historyGaps(SPAN),
  historyExport: async () => Buffer.concat(await Array.fromAsync(api.historyExport(SPAN))).toString(),
  historyImport: () =>
    Array.fromAsync(api.historyImport({ type: 'text/csv', bytes: bytesOf(PAST) }, { name: 'past.csv' })),
  ...ASK_ACCESS,
};

const SCHEMAS: { readonly [name: string]: z.ZodType } = { ...replies };

/** What the table says that a route answers; strictly: a field that it does not name is an error. */
function schemaOf({ reply }: Route): z.ZodType {
  if ('text' in reply || 'file' in reply) return z.string().min(1);
  const [[kind, name] = []] = Object.entries(reply);
  const schema = SCHEMAS[String(name)] ?? assert.fail(`there is no schema ${name}`);
  return kind === 'json' ? schema : z.array(schema);
}

const inOrder = [...Object.keys(ASK_ACCESS)];
const ordered = routeEntries().toSorted(([a], [b]) => inOrder.indexOf(a) - inOrder.indexOf(b));
for (const [id, route] of ordered) {
  test(`${route.method} ${route.path} answers what the table says`, async () => {
    const answer = await ASK[id]();
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

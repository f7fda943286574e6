import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { ProblemDetails, TagValue } from '#contract/api.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';

const PUMP = 'hall/line1/pump';

/* One demo for all of them; none of these tests changes what another one sees. */
const box = new Sandbox();
let api: Api;

before(async () => {
  await box.startDemo();
  api = new Api(box.demoDir);
  await api.allSpeak();
});
after(() => box[Symbol.asyncDispose]());

/** RFC 9457: the media type, and the members that programs rely on. */
async function problem(reply: Response, status: number, code: string): Promise<ProblemDetails> {
  const body = (await reply.json()) as ProblemDetails;
  assert.deepEqual(
    [reply.status, reply.headers.get('content-type')?.split(';')[0], body.status, body.title, body.type],
    [status, 'application/problem+json', status, code, `urn:holdfast:${code}`],
  );
  assert.ok(body.detail.length > 0);
  return body;
}

test('without the right token nothing is told, and the attempt is a security event', async () => {
  const { url, token } = api.address;
  const ask = (path: string, authorization?: string) =>
    fetch(url + path, { headers: authorization === undefined ? {} : { authorization } });
  const tries = await Promise.all([
    ask('/api/status'),
    ask('/api/tags', 'Bearer wrong'),
    ask('/metrics', `Bearer ${token.slice(0, -1)}x`),
    ask('/api/nothing', `Bearer ${token} `.repeat(2)),
    ask('/api/rules', ''),
    fetch(`${url}/api/writes`, { method: 'POST', body: '{}' }),
  ]);
  for (const reply of tries) {
    const { hint } = await problem(reply, 401, 'api.unauthorized');
    assert.match(hint ?? '', /api\.json/);
  }
  const told = (await api.events()).filter(({ name }) => name === 'security.sign-in-failed');
  assert.deepEqual(
    told.map(({ kind, subject, detail }) => [kind, subject, detail?.failures]),
    [['security', '127.0.0.1', 1]],
    'the first one at once; those that follow are counted',
  );
});

test('the token is readable by the owner only', () => {
  assert.equal(statSync(box.path('holdfast/demo/api.json')).mode & 0o077, 0);
});

test('health is told to everybody', async () => {
  const reply = await fetch(`${api.address.url}/health`);
  assert.deepEqual([reply.status, await reply.json()], [200, { ok: true }]);
});

test('a body that is no JSON, or says too much, too little or the wrong thing, is a problem of the client', async () => {
  const write = { tag: `${PUMP}/beacon`, value: true, why: 'test' };
  const bad: readonly (readonly [path: string, body: string, says: RegExp])[] = [
    ['/api/writes', '{"tag": ', /JSON/],
    ['/api/writes', '', /JSON|body/i],
    ['/api/writes', '[]', /object/],
    ['/api/writes', 'null', /object/],
    ['/api/writes', JSON.stringify({ ...write, force: true }), /force/],
    ['/api/writes', JSON.stringify({ ...write, value: { a: 1 } }), /value/],
    ['/api/writes', JSON.stringify({ ...write, tag: 7 }), /tag/],
    ['/api/writes', JSON.stringify({ ...write, why: undefined }), /why/],
    ['/api/writes', JSON.stringify({ ...write, leaseMs: -1 }), /leaseMs/],
    ['/api/alarms', JSON.stringify({ id: 'x', act: 'silence' }), /act/],
    ['/api/alarms', JSON.stringify({ id: 'x', act: 'shelve', forMin: '5' }), /forMin/],
    ['/api/assets', JSON.stringify({ asset: PUMP, mode: 'off' }), /mode/],
    ['/api/assets', JSON.stringify({ asset: PUMP, tagOut: 'yes', why: 'x' }), /tagOut/],
    ['/api/assets', `{"asset":"${PUMP}","__proto__":{"mode":"local"}}`, /./],
  ];
  const writes = (await api.status()).writes;
  for (const [path, body, says] of bad) {
    const { detail } = await problem(await api.post(path, body), 400, 'api.bad-request');
    assert.match(detail, says, body);
  }
  for (const query of [
    '/api/events?limit=0',
    '/api/events?after=x',
    '/api/gaps?limit=1e9',
    '/api/stream?everyMs=1',
  ]) {
    await problem(await api.fetch(query), 400, 'api.bad-request');
  }
  const long = await api.post('/api/writes', JSON.stringify({ ...write, why: 'x'.repeat(70_000) }));
  await problem(long, 413, 'api.too-large');
  const form = await api.fetch('/api/writes', {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: '<write/>',
  });
  await problem(form, 415, 'api.unsupported-type');
  assert.deepEqual((await api.status()).writes.refused, writes.refused, 'nothing of it came to the guard');
});

test('what is not there is not found', async () => {
  await problem(await api.fetch('/api/nothing'), 404, 'api.not-found');
  const deleting = await api.fetch('/api/status', { method: 'DELETE' });
  assert.equal(deleting.headers.get('allow'), 'GET');
  await problem(deleting, 405, 'api.method-not-allowed');
  const write = { tag: 'hall/none', value: 1, why: 'test' };
  await problem(await api.post('/api/writes', JSON.stringify(write)), 404, 'tag.unknown');
  const slip = JSON.stringify({ ...write, tag: `${PUMP}/speed_setpiont` });
  const { hint } = (await (await api.post('/api/writes', slip)).json()) as { hint: string };
  assert.equal(hint, `did you mean ${PUMP}/speed_setpoint? \`holdfast tags\` lists them`);
  const act = { id: 'hall/none', act: 'acknowledge' };
  await problem(await api.post('/api/alarms', JSON.stringify(act)), 404, 'alarm.unknown');
  const asset = { asset: 'hall/none', mode: 'local' };
  await problem(await api.post('/api/assets', JSON.stringify(asset)), 404, 'guard.unknown-asset');
});

test('nobody escapes the record by the name of the heartbeat', async () => {
  const write = { tag: `${PUMP}/beacon`, value: false, why: 'hidden', by: 'heartbeat' };
  for (let n = 0; n < 2; n++) {
    const reply = await api.post('/api/writes', JSON.stringify(write));
    assert.equal(((await reply.json()) as { state: string }).state, 'sent');
  }
  const told = (await api.events()).filter(({ by }) => by === 'operator:heartbeat');
  assert.deepEqual(
    told.map(({ name }) => name),
    ['write.intent', 'write.sent', 'write.intent', 'write.sent'],
  );
});

test('metrics are Prometheus text, line by line', async () => {
  const reply = await api.fetch('/metrics');
  assert.match(reply.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
  const sample = new RegExp(
    `^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${label}(?:,${label})*),?\\})? (NaN|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)$`,
  );
  const text = await reply.text();
  assert.ok(text.endsWith('\n'));
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const about = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (about?.[1] === 'TYPE') types.set(about[2] ?? '', about[3] ?? '');
    if (about || line === '') continue;
    const [, name = '', labels = '', value] = sample.exec(line) ?? assert.fail(`no sample: ${line}`);
    assert.ok(types.has(name), `${name} has no type`);
    assert.ok(!samples.has(`${name}{${labels}}`), `${line} is there twice`);
    samples.set(`${name}{${labels}}`, Number(value));
  }
  assert.equal(types.get('holdfast_source_samples_total'), 'counter');
  for (const source of ['pumps', 'bottling', 'sensors']) {
    assert.ok((samples.get(`holdfast_source_samples_total{source="${source}",site="riverside"}`) ?? 0) > 0);
    assert.equal(samples.get(`holdfast_source_up{source="${source}",site="riverside"}`), 1);
  }
  assert.equal(samples.get('holdfast_journal_up{site="riverside"}'), 1);
  const again = await (await api.fetch('/metrics')).text();
  const decisions = (from: string) => Number(/^holdfast_decisions_total\{.*\} (\d+)$/m.exec(from)?.[1]);
  assert.ok(decisions(again) >= decisions(text) && decisions(text) > 0, 'a counter only rises');
});

interface Heard {
  readonly name: string;
  readonly data: readonly { readonly path?: string; readonly name?: string; readonly id?: number }[];
}

/** Follows the live stream; every part of it must be an event or a sign of life. */
async function follow(query: string) {
  const stop = new AbortController();
  const reply = await api.fetch(`/api/stream?${query}`, { signal: stop.signal });
  assert.equal(reply.headers.get('content-type'), 'text/event-stream');
  const heard: Heard[] = [];
  const listen = async () => {
    let rest = '';
    for await (const chunk of (reply.body as ReadableStream).pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        if (part.startsWith(':')) continue;
        const [, name = '', data = ''] =
          /^event: (values|events)\ndata: ([^\n]*)$/.exec(part) ?? assert.fail(`no event: ${part}`);
        heard.push({ name, data: JSON.parse(data) });
      }
    }
  };
  const ended = listen().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    heard,
    events: () => heard.flatMap(({ name, data }) => (name === 'events' ? data : [])),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

test('the stream gives the values of what was asked for, then what changes, and events', async () => {
  await using stream = await follow(`prefix=${PUMP}/&everyMs=100`);
  const values = () => stream.heard.filter(({ name }) => name === 'values').map(({ data }) => data);
  await until('the first values', () => stream.heard.length > 0);
  const all = await api.get<readonly TagValue[]>(`/api/tags?prefix=${PUMP}/`);
  assert.equal(stream.heard[0]?.name, 'values');
  assert.deepEqual(
    stream.heard[0]?.data.map(({ path }) => path).toSorted(),
    all.map(({ path }) => path),
    'every tag at first',
  );
  await until('changes only', () => values().some((data) => data.length < all.length));
  const write = { tag: `${PUMP}/beacon`, value: true, why: 'seen in the stream' };
  await api.post('/api/writes', JSON.stringify(write));
  await until('the write', () => stream.events().some(({ name }) => name === 'write.sent'));
  assert.ok(values().every((data) => data.every(({ path }) => path?.startsWith(`${PUMP}/`))));
});

test('the stream gives just the tags that were named, each once', async () => {
  const named = [`${PUMP}/speed`, `${PUMP}/speed`, `${PUMP}/nothing`, `${PUMP}/beacon`];
  await using stream = await follow(`${named.map((tag) => `tag=${tag}`).join('&')}&kind=none&everyMs=100`);
  await until('values', () => stream.heard.length > 0);
  assert.deepEqual(
    stream.heard[0]?.data.map(({ path }) => path),
    [`${PUMP}/speed`, `${PUMP}/beacon`],
  );
});

test('a burst of events reaches the stream whole', async () => {
  await using stream = await follow('prefix=none&everyMs=1000');
  const body = JSON.stringify({ tag: `${PUMP}/speed`, value: 1, why: 'burst' });
  await Promise.all(Array.from({ length: 200 }, () => api.post('/api/writes', body)));
  const refused = () => stream.events().filter(({ name }) => name === 'security.write-refused');
  await until('all of them', () => refused().length === 200);
  const ids = stream.events().map(({ id }) => id ?? 0);
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
    'in order, none twice',
  );
});

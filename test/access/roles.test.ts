import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { servedSite } from '#edge/api/fixture.ts';
import { ROLES, type Role } from '#kernel/rights.ts';
import { type Described, describedIn, type Question, questionFor } from './questions.ts';

/* Every route of the OpenAPI document × everybody who may ask. Nothing here knows a route by its name. */

const SITE = `site: north
settings:
  api: { port: 0 }
sources:
  plc: { kind: modbus, host: 127.0.0.1, port: 1, everyMs: 1000 }
types:
  pump:
    params: [unit]
    tags:
      speed:
        source: plc
        address: { unit: "\${unit}", holding: 1 }
        access: readWrite
        write: { range: [0, 10] }
    alarms:
      fast: { when: speed > 5, priority: high, consequence: It wears out., response: Slow it down. }
assets:
  hall/line1/pump: { type: pump, with: { unit: 1 } }
  hall/line2/pump: { type: pump, with: { unit: 2 } }
`;
const INSIDE = 'hall/line1/pump/speed';
const OUTSIDE = 'hall/line2/pump/speed';
const AREAS = ['hall/line1'];

type Site = Awaited<ReturnType<typeof servedSite>>;
type Headers = { readonly [name: string]: string };
let site: Site;
let routes: readonly Described[];

const ended: (() => Promise<void>)[] = [];
before(async () => {
  site = await servedSite({ after: (fn) => void ended.push(fn as () => Promise<void>) }, SITE);
  const reply = await fetch(`${site.address.url}/api/openapi.json`);
  routes = describedIn((await reply.json()) as Parameters<typeof describedIn>[0]);
});
test.after(async () => {
  for (const end of ended) await end();
});

async function ask(
  { method, url, body, type = 'application/json' }: Question,
  headers: Headers,
): Promise<number> {
  const gone = new AbortController();
  const reply = await fetch(site.address.url + url, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body }),
    signal: gone.signal,
  });
  gone.abort(); // some answers have no end
  return reply.status;
}

const refused = (status: number): boolean => status === 401 || status === 403;

let count = 0;
async function byToken(role: Role, areas?: readonly string[], validForMs?: number): Promise<Headers> {
  const { accounts } = site.access;
  const token = await accounts.createToken({ name: `t${count++}`, role, areas, validForMs }, 'test');
  return { authorization: `Bearer ${token}` };
}

/** A session each, as some questions end theirs. */
function bySession(role: Role): Headers {
  const { secret } = site.access.sessions.begin({ name: `m${count++}`, role, from: 'test' });
  const { url } = site.address;
  return { cookie: `holdfast-${new URL(url).port}=${secret}`, origin: url };
}

const everyone = async (what: (route: Described) => Promise<void>): Promise<void> => {
  await Promise.all(routes.map(what));
};
const guarded = async (what: (route: Described) => Promise<void>): Promise<void> => {
  await Promise.all(routes.filter(({ role }) => role !== 'anyone').map(what));
};
const atLeast = (role: Role, least: string): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least as Role);

// First of all: over all who ask, a bounded number of refusals a minute is told one by one.
test('a thousand refusals are some events', async () => {
  const headers = await byToken('viewer');
  const write = routes.find(({ id }) => id === 'write') ?? assert.fail();
  const question = questionFor(write, INSIDE);
  await Promise.all(Array.from({ length: 1000 }, () => ask(question, headers)));
  const reply = await fetch(`${site.address.url}/api/events?name=security.access-refused&limit=1000`, {
    headers: await byToken('engineer'),
  });
  const events = (await reply.json()) as readonly { readonly subject: string }[];
  const { accounts } = site.access;
  const asker = accounts.tokens.at(-2)?.name;
  assert.equal(events.filter(({ subject }) => subject === `token:${asker}`).length, 1);
});

test('every route of the document says whom it is for', () => {
  assert.ok(routes.length > 50);
  for (const { id, role } of routes) assert.ok(role === 'anyone' || ROLES.includes(role as Role), id);
  const changing = routes.filter(({ method }) => method !== 'GET');
  // What is listed here changes nothing but who one is oneself.
  assert.deepEqual(
    changing
      .filter(({ role }) => role === 'anyone' || role === 'viewer')
      .map(({ id }) => id)
      .toSorted(),
    ['changePassword', 'firstAdministrator', 'signIn', 'signInByCode', 'signOut'],
  );
});

test('what anyone may ask is refused to nobody, but for wrong names and codes', () =>
  everyone(async (route) => {
    if (route.role !== 'anyone' || route.method !== 'GET') return;
    assert.ok(!refused(await ask(questionFor(route, INSIDE), {})), route.id);
  }));

test('without anything every other route answers 401', () =>
  guarded(async (route) => assert.equal(await ask(questionFor(route, INSIDE), {}), 401, route.id)));

test('asking for the head only opens nothing', () =>
  guarded(async (route) => {
    const { url } = questionFor(route, INSIDE);
    assert.equal(await ask({ method: 'HEAD', url, body: undefined }, {}), 401, route.id);
  }));

test('so does a token that is wrong, revoked or over, and a session that was ended', async () => {
  const over = await byToken('administrator', undefined, 0.001);
  const revoking = `t${count}`;
  const revoked = await byToken('administrator');
  await site.access.accounts.revokeToken(revoking, 'test');
  const gone = bySession('administrator');
  site.access.sessions.end(() => true);
  const all = [
    over,
    revoked,
    gone,
    { authorization: `Bearer hf_${'x'.repeat(43)}` },
    { authorization: 'Basic eDp5' },
  ];
  for (const headers of all)
    await guarded(async (route) =>
      assert.equal(
        await ask(questionFor(route, INSIDE), headers),
        401,
        `${route.id} ${JSON.stringify(headers)}`,
      ),
    );
});

for (const role of ROLES) {
  test(`${role}: by token and by session, exactly the routes of this role and below it`, async () => {
    const token = await byToken(role);
    await guarded(async (route) => {
      for (const headers of [token, bySession(role)]) {
        const status = await ask(questionFor(route, INSIDE), headers);
        const may = atLeast(role, route.role);
        // Two routes answer so for a wrong present password, which is no matter of roles.
        if (may && route.id === 'changePassword') continue;
        assert.equal(refused(status), !may, `${route.id}: ${status}`);
        if (!may) assert.equal(status, 403, route.id);
      }
    });
  });

  test(`${role}: acts of a route that need more than the route`, async () => {
    const headers = await byToken(role);
    for (const route of routes)
      for (const [field, byValue] of Object.entries(route.roleFor))
        for (const [value, least] of Object.entries(byValue)) {
          const status = await ask(questionFor(route, INSIDE, { [field]: value }), headers);
          assert.equal(refused(status), !atLeast(role, least), `${route.id} ${value}: ${status}`);
        }
  });

  test(`${role} of one area: only what lies there, and nothing that concerns the whole site`, async () => {
    const headers = await byToken(role, AREAS);
    await guarded(async (route) => {
      if (!atLeast(role, route.role)) return;
      if (route.area === 'refused')
        return assert.equal(await ask(questionFor(route, INSIDE), headers), 403, route.id);
      if (route.id === 'changePassword') return;
      const inside = await ask(questionFor(route, INSIDE), headers);
      assert.ok(!refused(inside), `${route.id} inside: ${inside}`);
      if (typeof route.area === 'string') return;
      for (const place of [OUTSIDE, 'hall', '', 'hall/line10/pump/speed']) {
        if (place === '' && route.area.in === 'params') continue; // another path
        const outside = await ask(questionFor(route, place), headers);
        // Some take no empty place at all.
        assert.ok(outside === 403 || (place === '' && outside === 400), `${route.id} ${place}: ${outside}`);
      }
    });
  });
}

test('lists show somebody of one area only what lies there', async () => {
  const headers = await byToken('engineer', AREAS);
  const lists = routes.filter(({ area, method }) => area === 'filtered' && method === 'GET');
  let seen = 0;
  for (const route of lists) {
    if (route.id === 'stream') continue;
    const reply = await fetch(site.address.url + questionFor(route, INSIDE).url, { headers });
    const text = await reply.text();
    assert.ok(!text.includes('hall/line2'), `${route.id}: ${text.slice(0, 500)}`);
    if (text.includes('hall/line1')) seen++;
  }
  assert.ok(seen >= 4, 'and they do show that');
  const gone = new AbortController();
  const stream = await fetch(`${site.address.url}/api/stream`, { headers, signal: gone.signal });
  const first = await stream.body?.getReader().read();
  gone.abort();
  const said = new TextDecoder().decode(first?.value);
  assert.match(said, /hall\/line1/);
  assert.doesNotMatch(said, /hall\/line2/);
});

test('security and configuration are for engineers and above', async () => {
  const kindsSeen = async (role: Role) => {
    const reply = await fetch(`${site.address.url}/api/events?limit=1000`, { headers: await byToken(role) });
    const events = (await reply.json()) as readonly { readonly kind: string }[];
    return new Set(events.map(({ kind }) => kind));
  };
  assert.ok(!(await kindsSeen('operator')).has('security'));
  assert.ok(!(await kindsSeen('viewer')).has('config'));
  const engineers = await kindsSeen('engineer');
  assert.ok(engineers.has('security') && engineers.has('config'));
});

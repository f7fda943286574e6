import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Route } from '#contract/routes/route.ts';
import { ROUTES } from '#contract/routes/table.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import { mutated } from '#test/fuzz/mutate.ts';
import { pick, type Report, type Rig, type Torture } from '../torture.ts';

/** Requests under way at a time. */
const LANES = 8;
/**
 * These have a lane of their own, which rests most of the time. Failed attempts wait, the longer the more there were
 * (`src/access/throttle.ts`); the audit grows with what is refused, and a check goes through all of it, with a core to itself.
 */
const SLOW: ReadonlySet<string> = new Set(['signIn', 'signInByCode', 'firstAdministrator', 'auditCheck']);
/** For as many times as long as its request took. */
const REST = 4;
const LIMIT_MS = 90_000;
/** In all: V8 leaves lying what it may, which on a large machine is much. */
const MOST_GROWN = 300 * 2 ** 20;
/** After so many requests every thread has run, and much has been left lying. */
const WARM = 100_000;
const MOST_GROWN_WARM = 100 * 2 ** 20;

const VALUES: readonly unknown[] = [
  'a/x',
  '',
  ' ',
  '__proto__',
  '../../etc/passwd',
  'x'.repeat(5000),
  '\u0000\ud800',
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  true,
  null,
  [],
  {},
  ['a/x', 1],
  { constructor: { prototype: 1 } },
  '2026-01-01T00:00:00Z',
];

const SITE = {
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb: 64 } },
  sources: { plc: { kind: 'modbus', host: '127.0.0.1', port: 1, everyMs: 60_000 } },
  tags: {
    'a/x': { source: 'plc', address: { holding: 1 } },
    'a/y': { source: 'plc', address: { holding: 2 }, access: 'readWrite', write: { range: [0, 10] } },
  },
  alarms: { high: { when: 'tag("a/x") > 1', priority: 'low', consequence: 'c', response: 'r' } },
};

interface Ask {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** A request to one of the routes with nonsense in every place that takes something. */
function ask(rig: Rig, [id, route]: readonly [string, Route]): Ask {
  const { chance } = rig;
  const word = () => encodeURIComponent(String(pick(chance, VALUES)).toWellFormed().slice(0, 300));
  const fields = (of: { shape: object } | undefined) =>
    Object.keys(of?.shape ?? {}).filter(() => chance.uniform() < 0.8);
  const query = fields(route.query).map((name) => `${name}=${word()}`);
  const path = route.path.replaceAll(/\{\w+\}/g, () => word() || 'x');
  const url = query.length > 0 ? `${path}?${query.join('&')}` : path;
  if (!route.body) return { id, method: route.method, path: url };
  const body = Object.fromEntries(fields(route.body).map((name) => [name, pick(chance, VALUES)]));
  const text = JSON.stringify(body);
  if (chance.uniform() < 0.6) return { id, method: route.method, path: url, body: text };
  const bytes = mutated(
    [new TextEncoder().encode(text), new TextEncoder().encode('{"by":"x","id":"high"}')],
    chance,
    true,
  );
  return { id, method: route.method, path: url, body: new Uint8Array(bytes) };
}

async function run(rig: Rig): Promise<Report> {
  const dir = await folder(rig);
  const edge = await new EdgeProcess(SITE, dir).up();
  rig.after(() => edge.kill());
  const { token } = JSON.parse(readFileSync(join(dir, 'api.json'), 'utf8')) as { token: string };
  const routes = Object.entries(ROUTES as { readonly [id: string]: Route }).filter(
    ([, { reply }]) => !('stream' in reply),
  );
  const memory = async () => (await edge.status()).memoryBytes;
  const before = await memory();
  let warm = Number.POSITIVE_INFINITY;
  const requests = rig.times(400, 1_000_000);
  const byStatus = new Map<number, number>();
  let sent = 0;
  const rested = Promise.withResolvers<unknown>();
  const lane = async (of: readonly (readonly [string, Route])[], rest = 0) => {
    while (sent < requests) {
      const mine = sent++;
      const beganMs = performance.now();
      const asked = ask(rig, pick(rig.chance, of));
      const shown = `${asked.method} ${asked.path} ${Buffer.from(asked.body ?? '')}`.slice(0, 1500);
      const reply = await fetch(edge.url + asked.path, {
        method: asked.method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(asked.body && { 'content-type': 'application/json' }),
        },
        ...(asked.body && { body: asked.body }),
        signal: AbortSignal.timeout(LIMIT_MS),
      }).catch((cause) => {
        throw new Error(`no answer to ${shown}`, { cause });
      });
      const text = await reply.text();
      byStatus.set(reply.status, (byStatus.get(reply.status) ?? 0) + 1);
      assert.notEqual(reply.status, 500, `${shown}\n${text.slice(0, 500)}`);
      if (mine === WARM) warm = await memory();
      if (sent % 500 === 0) rig.progress(`${sent} of ${requests}`);
      const restMs = rest * (performance.now() - beganMs);
      if (rest > 0) await Promise.race([setTimeout(restMs, undefined, { ref: false }), rested.promise]);
    }
  };
  const slow = routes.filter(([id]) => SLOW.has(id));
  const others = routes.filter(([id]) => !SLOW.has(id));
  assert.equal(slow.length, SLOW.size, 'the slow routes');
  const fast = Promise.all(Array.from({ length: LANES }, () => lane(others)));
  await Promise.all([fast.then(rested.resolve), lane(slow, REST)]);
  assert.ok(!edge.ended, edge.said);
  const after = await memory();
  const inMb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
  const grown = `memory from ${inMb(before)} to ${inMb(after)}`;
  assert.ok(
    after < Math.min(before + MOST_GROWN, warm + MOST_GROWN_WARM),
    `${grown}, ${inMb(warm)} when warm`,
  );
  await edge.stop();
  const statuses = [...byStatus].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`);
  return { tried: [sent, `requests to ${routes.length} routes`], notes: [statuses.join(', '), grown] };
}

export const apiBodies: Torture = {
  name: 'api-bodies',
  about:
    'nonsense in every parameter and body of every route of the API: each is answered, none by an internal error',
  run,
};

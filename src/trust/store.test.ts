import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { Judgement } from './api.ts';
import { folder, madeByOpenssl } from './fixture.ts';
import { openTrust, type TrustStore } from './store.ts';

const A = madeByOpenssl('plc a', '-days', '3650');
const B = madeByOpenssl('plc b', '-days', '3650');
const C = madeByOpenssl('plc c', '-days', '3650');
const digest = (der: Uint8Array) => createHash('sha256').update(der).digest('hex');
const PEER = 'opc.tcp://10.0.0.7:4840';
const OTHER = 'opc.tcp://10.0.0.8:4840';

function site(dir: string, nowUs = () => Date.now() * 1000) {
  const events: SiteEvent[] = [];
  const faults: unknown[] = [];
  const trust = openTrust(dir, {
    nowUs,
    onEvent: (event) => events.push(event),
    onFault: (error) => faults.push(error),
  });
  return { trust, events, faults, names: () => events.map(({ name }) => name) };
}

const offline = (dir: string): TrustStore => openTrust(dir, { nowUs: () => Date.now() * 1000 });

test('a stranger waits, is told once however often it comes, and is trusted by command only', async () => {
  using dir = folder();
  const { trust, events } = site(dir.path);
  for (let i = 0; i < 5; i++) assert.equal(trust.judge(PEER, A), 'waiting');
  const told: string[] = [];
  trust.onDecided((peer, state) => told.push(`${peer} ${state}`));
  await trust.trust(digest(A).slice(0, 8), 'mia');
  assert.equal(trust.judge(PEER, A), 'trusted');
  assert.deepEqual(told, [`${PEER} trusted`]);
  assert.deepEqual(
    events.map(({ kind, name, subject, by }) => ({ kind, name, subject, by })),
    [
      { kind: 'security', name: 'security.certificate-waiting', subject: PEER, by: undefined },
      { kind: 'security', name: 'security.certificate-trusted', subject: PEER, by: 'mia' },
    ],
  );
  assert.equal(events[0]?.detail?.fingerprint, digest(A));
});

test('a peer that comes back while its decision is written is told of once, with who decided and what it replaces', async () => {
  using dir = folder();
  const { trust, events } = site(dir.path);
  trust.judge(PEER, A);
  await trust.trust(digest(A), 'mia');
  trust.judge(PEER, B);
  const kept = trust.trust(digest(B), 'leo');
  assert.equal(trust.judge(PEER, B), 'trusted');
  await kept;
  trust.judge(PEER, B);
  const told = events.map(({ name, by, detail }) => [
    name.replace('security.certificate-', ''),
    by,
    detail?.before,
  ]);
  assert.deepEqual(told.slice(2), [
    ['changed', undefined, digest(A)],
    ['trusted', 'leo', digest(A)],
  ]);
});

test('of two decisions at once the later one stands', async () => {
  using dir = folder();
  const { trust } = site(dir.path);
  trust.judge(PEER, A);
  await Promise.all([trust.trust(digest(A), 'mia'), trust.reject(digest(A), 'leo')]);
  assert.equal(trust.judge(PEER, A), 'rejected');
  await trust.saved();
  assert.equal(site(dir.path).trust.judge(PEER, A), 'rejected');
});

test('what was decided is there after a restart, and is not told again', async () => {
  using dir = folder();
  const first = site(dir.path).trust;
  first.judge(PEER, A);
  first.judge(OTHER, B);
  first.judge(PEER, C);
  await first.trust(digest(A), 'mia');
  await first.reject(digest(B), 'leo');
  await first.saved();
  const { trust, events } = site(dir.path);
  assert.deepEqual(
    trust.list().map(({ peer, state, by }) => [peer, state, by]),
    [
      [PEER, 'changed', undefined],
      [PEER, 'trusted', 'mia'],
      [OTHER, 'rejected', 'leo'],
    ],
  );
  assert.deepEqual([trust.judge(PEER, A), trust.judge(OTHER, B)], ['trusted', 'rejected']);
  // That C became a changed one by trusting A is told once, when it is met again or at the start.
  assert.deepEqual(
    events.map(({ name }) => name),
    ['security.certificate-changed'],
  );
});

test('a changed certificate is never trusted by itself, not even the one from before the last change', async () => {
  using dir = folder();
  const { trust, events } = site(dir.path);
  trust.judge(PEER, A);
  await trust.trust(digest(A), 'mia');
  assert.equal(trust.judge(PEER, B), 'changed');
  assert.equal(trust.judge(PEER, A), 'trusted');
  await trust.trust(digest(B), 'mia');
  assert.equal(trust.judge(PEER, B), 'trusted');
  assert.equal(trust.judge(PEER, A), 'changed');
  const changed = events.filter(({ name }) => name === 'security.certificate-changed');
  assert.deepEqual(
    changed.map(({ detail }) => [detail?.fingerprint, detail?.before]),
    [
      [digest(B), digest(A)],
      [digest(A), digest(B)],
    ],
  );
});

test('a certificate trusted at one peer waits at another', async () => {
  using dir = folder();
  const { trust } = site(dir.path);
  trust.judge(PEER, A);
  await trust.trust(digest(A), 'mia');
  assert.equal(trust.judge(OTHER, A), 'waiting');
});

test('a certificate that the site file pins is trusted, shown as such, and waits once the pin is gone', async () => {
  using dir = folder();
  const { trust, names } = site(dir.path);
  const pin = digest(A)
    .toUpperCase()
    .replaceAll(/(..)(?=.)/g, '$1:');
  assert.equal(trust.judge(PEER, A, [pin]), 'trusted');
  assert.deepEqual(
    trust.list().map(({ state, pinned }) => [state, pinned]),
    [['trusted', true]],
  );
  assert.equal(trust.judge(PEER, B, [pin]), 'changed');
  await trust.saved();
  const later = site(dir.path);
  assert.equal(later.trust.judge(PEER, A), 'waiting');
  assert.equal(trust.judge(PEER, A, [digest(A).slice(0, 40)]), 'waiting');
  assert.deepEqual(names().slice(0, 2), ['security.certificate-trusted', 'security.certificate-changed']);
});

test('rejecting outweighs a pin', async () => {
  using dir = folder();
  const { trust } = site(dir.path);
  trust.judge(PEER, A, [digest(A)]);
  await trust.reject(digest(A), 'leo');
  assert.equal(trust.judge(PEER, A, [digest(A)]), 'rejected');
});

test('dates are a warning and no refusal: nothing expires by a clock', async () => {
  using dir = folder();
  let nowUs = Date.now() * 1000;
  const { trust, events } = site(dir.path, () => nowUs);
  const old = madeByOpenssl('old', '-days', '1');
  nowUs += 3 * 86_400e6;
  trust.judge(PEER, old);
  assert.match(events[0]?.detail?.warnings?.toString() ?? '', /expired on \d{4}-/);
  await trust.trust(digest(old), 'mia');
  assert.equal(trust.judge(PEER, old), 'trusted');
  nowUs = 0;
  assert.match(trust.list()[0]?.warnings[0] ?? '', /not valid before 20\d\d-/);
  assert.equal(trust.judge(PEER, old), 'trusted');
});

test('a prefix that is unknown, ambiguous or no hex lists what there is', () => {
  using dir = folder();
  const { trust } = site(dir.path);
  assert.throws(() => trust.find('abcd'), { code: 'trust.unknown-certificate', hint: 'none was met so far' });
  trust.judge(PEER, A);
  const unknown = digest(A).startsWith('00000') ? '11111' : '00000';
  assert.throws(
    () => trust.find(unknown),
    (error) => error instanceof Fault && !!error.hint?.includes(`${digest(A).slice(0, 16)} ${PEER}`),
  );
  assert.throws(() => trust.find(digest(A).slice(0, 3)), { code: 'trust.unknown-certificate' });
  assert.throws(() => trust.find('not hex'), { code: 'trust.unknown-certificate' });
  assert.equal(trust.find(`SHA256:${digest(A).toUpperCase()}`), digest(A));
});

test('what is no certificate is rejected, told once, and not listed', () => {
  using dir = folder();
  const { trust, names } = site(dir.path);
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(1_000_000, 0x30)]) {
    assert.equal(trust.judge(PEER, bytes), 'rejected');
    assert.equal(trust.judge(PEER, bytes), 'rejected');
  }
  assert.deepEqual(names(), Array(3).fill('security.certificate-rejected'));
  assert.deepEqual(trust.list(), []);
});

test('a peer that shows a new certificate each time pushes out its own, never those of others', async () => {
  using dir = folder();
  const { trust } = site(dir.path);
  trust.judge(OTHER, A);
  const many = Array.from({ length: 11 }, (_, i) => madeByOpenssl(`noise ${i}`, '-days', '1'));
  for (const one of many) trust.judge(PEER, one);
  const peers = trust.list().map(({ peer }) => peer);
  assert.equal(peers.filter((peer) => peer === PEER).length, 8);
  assert.ok(peers.includes(OTHER));
  await trust.saved();
  assert.equal(readdirSync(join(dir.path, 'certificates')).length, 9);
});

test('the whole list of those that wait is bounded', () => {
  using dir = folder();
  const { trust } = site(dir.path);
  for (let i = 0; i < 300; i++) trust.judge(`opc.tcp://10.0.1.${i}:4840`, A);
  assert.equal(trust.list().length, 200);
  assert.equal(trust.list()[0]?.peer, 'opc.tcp://10.0.1.100:4840');
});

test('only the owner may read the files', async () => {
  using dir = folder();
  const { trust } = site(join(dir.path, 'trust'));
  trust.judge(PEER, A);
  await trust.saved();
  const mode = (path: string) => (statSync(join(dir.path, 'trust', path)).mode & 0o777).toString(8);
  assert.deepEqual(['.', 'certificates', 'index.json', `certificates/${digest(A)}.pem`].map(mode), [
    '700',
    '700',
    '600',
    '600',
  ]);
});

test('certificate files are PEM that openssl reads, and say where they were met', async () => {
  using dir = folder();
  const { trust } = site(dir.path);
  trust.judge(PEER, A);
  trust.judge(OTHER, A);
  await trust.saved();
  const file = join(dir.path, 'certificates', `${digest(A)}.pem`);
  const said = execFileSync('openssl', ['x509', '-in', file, '-noout', '-fingerprint', '-sha256']).toString();
  assert.equal(said.split('=')[1]?.trim().replaceAll(':', '').toLowerCase(), digest(A));
  assert.match(readFileSync(file, 'utf8'), new RegExp(`^Peer: ${PEER}\nPeer: ${OTHER}\n-----BEGIN`));
});

test('a damaged index is told and set aside; its certificates wait, whatever was decided before', async () => {
  using dir = folder();
  const before = site(dir.path).trust;
  before.judge(PEER, A);
  before.judge(OTHER, B);
  await before.trust(digest(A), 'mia');
  await before.saved();
  const index = join(dir.path, 'index.json');
  writeFileSync(index, readFileSync(index, 'utf8').replace('10.0.0.7', '10.0.0.9'));
  const { trust, names } = site(dir.path);
  assert.ok(trust.damage);
  assert.deepEqual(names(), ['security.trust-damaged']);
  assert.deepEqual(
    trust
      .list()
      .map(({ peer, state }) => `${peer} ${state}`)
      .sort(),
    [`${PEER} waiting`, `${OTHER} waiting`],
  );
  assert.equal(trust.judge(PEER, A), 'waiting');
  await trust.saved();
  assert.ok(readdirSync(dir.path).includes('index.json.damaged'));
  assert.equal(site(dir.path).trust.damage, undefined);
});

test('no damage of the index makes anything trusted that was not', async () => {
  using dir = folder();
  const before = site(dir.path).trust;
  before.judge(PEER, A);
  before.judge(OTHER, B);
  await before.trust(digest(A), 'mia');
  await before.saved();
  const index = join(dir.path, 'index.json');
  const good = readFileSync(index);
  const allowed = new Set([`${PEER} ${digest(A)}`]);
  const hits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(hits, fc.boolean(), (places, cut) => {
      const bad = Buffer.from(good);
      for (const [at, value] of places) bad[at] = value;
      writeFileSync(index, cut ? bad.subarray(0, places[0]?.[0]) : bad);
      const trusted = offline(dir.path)
        .list()
        .filter(({ state }) => state === 'trusted');
      for (const { peer, fingerprint } of trusted) assert.ok(allowed.has(`${peer} ${fingerprint}`));
    }),
    { numRuns: 150 },
  );
});

test('a decision that cannot be kept is refused and changes nothing; judging goes on', async () => {
  using dir = folder();
  const { trust, faults } = site(dir.path);
  trust.judge(PEER, A);
  await trust.saved();
  rmSync(join(dir.path, 'certificates'), { recursive: true });
  writeFileSync(join(dir.path, 'certificates'), 'a file in the way');
  await assert.rejects(trust.trust(digest(A), 'mia'), { code: 'trust.not-kept' });
  assert.equal(trust.judge(PEER, A), 'waiting');
  assert.equal(trust.judge(PEER, B), 'waiting');
  await trust.saved();
  assert.ok(faults.length > 0);
  rmSync(join(dir.path, 'certificates'));
  await trust.trust(digest(A), 'mia');
  assert.equal(offline(dir.path).judge(PEER, A), 'trusted');
});

test('what was decided while no site ran is told at its next start, with who did it', async () => {
  using dir = folder();
  const running = site(dir.path).trust;
  running.judge(PEER, A);
  await running.saved();
  await offline(dir.path).trust(digest(A), 'mia');
  const { events, trust } = site(dir.path);
  assert.deepEqual(
    events.map(({ name, by }) => [name, by]),
    [['security.certificate-trusted', 'mia']],
  );
  await trust.saved();
  assert.deepEqual(site(dir.path).events, []);
});

const DERS = [A, B, C];
const PEERS = [PEER, OTHER];
const step = fc.oneof(
  fc.record({
    do: fc.constant('judge' as const),
    peer: fc.constantFrom(...PEERS),
    der: fc.nat(2),
    pin: fc.option(fc.nat(2)),
  }),
  fc.record({ do: fc.constantFrom('trust' as const, 'reject' as const), der: fc.nat(2) }),
  fc.record({ do: fc.constant('restart' as const) }),
);

test('no sequence of meetings, decisions and restarts trusts what nobody trusted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      using dir = folder();
      let { trust } = site(dir.path);
      /** What a person would expect: for each peer and certificate the last word. */
      const word = new Map<string, Judgement>();
      const met = new Set<string>();
      for (const one of steps) {
        if (one.do === 'restart') {
          await trust.saved();
          ({ trust } = site(dir.path));
          continue;
        }
        const der = DERS[one.der] as Uint8Array;
        if (one.do === 'judge') {
          const key = `${one.peer} ${one.der}`;
          const said = trust.judge(
            one.peer,
            der,
            one.pin === null ? [] : [digest(DERS[one.pin] as Uint8Array)],
          );
          const expected = word.get(key) ?? (one.pin === one.der ? 'trusted' : 'waits');
          assert.equal(said === 'changed' || said === 'waiting' ? 'waits' : said, expected);
          met.add(key);
          continue;
        }
        const keys = PEERS.map((peer) => `${peer} ${one.der}`).filter((key) => met.has(key));
        if (keys.length === 0) {
          await assert.rejects(trust[one.do](digest(der), 'x'));
          continue;
        }
        await trust[one.do](digest(der), 'x');
        for (const key of keys) {
          const [peer] = key.split(' ');
          if (one.do === 'trust')
            for (const [other, state] of word)
              if (other.startsWith(`${peer} `) && other !== key && state === 'trusted') {
                word.delete(other);
                met.delete(other);
              }
          word.set(key, one.do === 'trust' ? 'trusted' : 'rejected');
        }
      }
      await trust.saved();
    }),
    { numRuns: 40 },
  );
});

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import { issue, newKey, type Pair, type Purpose } from '../issue.ts';
import { checkHub, HUB_NAME, pinOf } from './chain.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const YEAR_MS = 365 * 86_400_000;

async function pair(commonName: string, purpose: Purpose, by?: Pair): Promise<Pair> {
  const key = await newKey();
  const pem = await issue({
    ...{ commonName, key, fromMs: NOW_MS, toMs: NOW_MS + YEAR_MS, purpose },
    ...(by && { by }),
  });
  return { key, certificate: new X509Certificate(pem) };
}

const HUB: Purpose = { kind: 'server', names: [HUB_NAME, 'hub.example'] };
const CA = (below: number): Purpose => ({ kind: 'authority', below });

let root: Pair;
let issuing: Pair;
let hub: Pair;
let site: Pair;
before(async () => {
  root = await pair('root', CA(1));
  issuing = await pair('issuing', CA(0), root);
  hub = await pair('hub', HUB, issuing);
  site = await pair('site', { kind: 'client', uri: 'urn:holdfast:site:a' }, issuing);
});

const check = (...chain: readonly Pair[]) =>
  checkHub(
    chain.map(({ certificate }) => certificate),
    pinOf(root.certificate),
    'hub.example:8443',
  );
const refused = (why: RegExp, ...chain: readonly Pair[]) =>
  assert.throws(() => check(...chain), { code: 'hub.not-the-hub', message: why });

test('a hub below the pinned root is taken', () => {
  check(hub, issuing, root);
});

test('another root is refused, also one that has the same name', async () => {
  const other = await pair('root', CA(1));
  const otherIssuing = await pair('issuing', CA(0), other);
  refused(/another one/, await pair('hub', HUB, otherIssuing), otherIssuing, other);
  // The right root behind a chain that it did not sign.
  refused(/signature/, await pair('hub', HUB, otherIssuing), otherIssuing, root);
});

test('a site cannot show itself as the hub, nor make one', async () => {
  refused(/not for a server/, site, issuing, root);
  refused(/no authority/, await pair('hub', HUB, site), site, issuing, root);
});

test('a server of the same authority that is no hub is refused', async () => {
  const web = await pair('web', { kind: 'server', names: ['hub.example'] }, issuing);
  refused(/not that of a hub/, web, issuing, root);
});

test('an authority is not taken for a hub, and no chain for none', () => {
  refused(/not for a server/, issuing, root);
  refused(/no chain/, root);
  refused(/no chain/);
  refused(/another one/, hub, issuing);
});

test('a chain that is too long is not walked', () => {
  refused(/no chain/, hub, issuing, issuing, issuing, root);
});

test('dates are not judged: a box without a battery wakes up in 1970', async () => {
  const key = await newKey();
  const old = await issue({ commonName: 'hub', key, fromMs: 0, toMs: YEAR_MS, purpose: HUB, by: issuing });
  check({ key, certificate: new X509Certificate(old) }, issuing, root);
});

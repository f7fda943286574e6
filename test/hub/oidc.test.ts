import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '#test/until.ts';
import { Browser } from './browser.ts';
import { companyHub } from './company.ts';

/** Goes to the provider and back, as a person would. */
async function signsIn(browser: Browser, address: string, subject: string, to = '/'): Promise<string> {
  let page = await browser.get(`${address}/api/access/oidc?to=${encodeURIComponent(to)}`);
  page = await browser.submits(page, { login: subject, password: 'any' });
  if (page.text.includes('<form')) page = await browser.submits(page, {});
  return page.url;
}

test('a person signs in at the company, and may what his groups may', async (t) => {
  const { hub, address } = await companyHub(t);
  await hub.join('north');
  await hub.join('south');
  await hub.hub.database.pool.query(`UPDATE sites SET labels = jsonb_build_object('region', id)`);
  const browser = new Browser();
  const ways = await browser.json(`${address}/api/access/ways`);
  assert.deepEqual(ways, { password: true, provider: { title: 'Company', begin: '/api/access/oidc' } });
  assert.equal(await signsIn(browser, address, '2', '/sites?state=online'), `${address}/sites?state=online`);
  assert.deepEqual(await browser.json(`${address}/api/access/me`), {
    name: 'oidc:ben',
    grants: [{ role: 'operator', sites: 'region=north' }],
    via: 'session',
  });
  const sites = (await browser.json(`${address}/api/sites`)) as { id: string }[];
  assert.deepEqual(
    sites.map(({ id }) => id),
    ['north'],
  );
  await until('it is on record', async () => (await hub.events('oidc:ben')).includes('security.signed-in'));
});

test('groups count anew at each sign-in; whoever is in none that may anything gets nowhere, and is out', async (t) => {
  const { hub, idp, address } = await companyHub(t);
  const first = new Browser();
  await signsIn(first, address, '2');
  const eve = new Browser();
  assert.equal(await signsIn(eve, address, '3'), `${address}/?sign-in=access.no-group`);
  assert.equal((await eve.get(`${address}/api/access/me`)).status, 401);
  await until('it is on record', async () =>
    (await hub.events('oidc:eve')).includes('security.sign-in-refused'),
  );
  const ben = idp.people.get('2');
  assert.ok(ben);
  ben.groups = ['canteen'];
  assert.equal(await signsIn(new Browser(), address, '2'), `${address}/?sign-in=access.no-group`);
  assert.equal((await first.get(`${address}/api/access/me`)).status, 401);
});

test('sessions are listed and ended by administrators, and end by themselves', async (t) => {
  const { hub, address } = await companyHub(t);
  const ann = new Browser();
  const ben = new Browser();
  await signsIn(ann, address, '1');
  await signsIn(ben, address, '2');
  type Session = { readonly id: string; readonly name: string; readonly isOwn: boolean };
  const list = (await ann.json(`${address}/api/access/sessions`)) as Session[];
  assert.deepEqual(
    list.map(({ name, isOwn }) => ({ name, isOwn })),
    [
      { name: 'oidc:ben', isOwn: false },
      { name: 'oidc:ann', isOwn: true },
    ],
  );
  assert.equal((await ben.get(`${address}/api/access/sessions`)).status, 403);
  const ends = (id: string) => ann.post(`${address}/api/access/sessions/end`, { id });
  assert.equal((await ends(list[0]?.id ?? '')).status, 200);
  assert.equal((await ends(list[0]?.id ?? '')).status, 404);
  assert.equal((await ben.get(`${address}/api/access/me`)).status, 401);
  hub.aheadMs = 61 * 60_000;
  assert.equal((await ann.get(`${address}/api/access/me`)).status, 401);
});

test('without the provider local people get in; those of the provider do not count as the last administrator', async (t) => {
  const { hub, idp, address } = await companyHub(t);
  const unreachable = `${address}/?sign-in=oidc.unreachable`;
  await idp.away();
  const carol = new Browser();
  assert.equal((await carol.get(`${address}/api/access/oidc`)).url, unreachable);
  await idp.listens();
  await signsIn(new Browser(), address, '1');
  const { people } = hub.hub.people;
  assert.ok(await people.firstCode(), 'somebody with a password is still wanted');
  const grants = [{ role: 'administrator' }] as const;
  await people.add({ name: 'carol', grants, password: 'correct horse battery staple' }, 'test');
  await assert.rejects(people.remove('carol', 'test'), { code: 'access.last-administrator' });
  // On the way back.
  await carol.get(`${address}/api/access/oidc`);
  await idp.away();
  const { state } = carol.kept('__Host-holdfast-oidc');
  const back = await carol.get(`${address}/api/access/oidc/callback?code=x&state=${state}&iss=${idp.issuer}`);
  assert.equal(back.url, unreachable);
  const signedIn = await carol.post(`${address}/api/access/sign-in`, {
    name: 'carol',
    password: 'correct horse battery staple',
  });
  assert.equal(signedIn.status, 200);
  await assert.rejects(people.setPassword('oidc:ann', 'correct horse battery staple', 'test'), {
    code: 'access.unknown-user',
  });
});

test('an answer that was not asked for by this browser, or is made up, opens nothing', async (t) => {
  const { address } = await companyHub(t);
  const callback = `${address}/api/access/oidc/callback`;
  const stranger = new Browser();
  assert.equal((await stranger.get(`${callback}?code=x&state=y`)).url, `${address}/?sign-in=oidc.lost`);
  const browser = new Browser();
  const page = await browser.get(`${address}/api/access/oidc?to=https://evil.example/`);
  assert.equal(page.status, 200);
  const { state } = browser.kept('__Host-holdfast-oidc');
  assert.equal(
    (await browser.get(`${callback}?code=made-up&state=${state}`)).url,
    `${address}/?sign-in=access.wrong`,
  );
  // Once, whatever became of it.
  assert.equal((await browser.get(`${callback}?code=x&state=${state}`)).url, `${address}/?sign-in=oidc.lost`);
  assert.equal(await signsIn(browser, address, '1', '//evil.example/'), `${address}/`);
});

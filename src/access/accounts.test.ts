import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Accounts } from '#access/accounts.ts';
import { OneTimeCodes } from '#access/codes.ts';
import { Sessions } from '#access/sessions.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { SiteEvent } from '#kernel/event.ts';

const PASSWORD = 'seven green valves hum';
const ANN = { name: 'ann', role: 'administrator', password: PASSWORD } as const;

function opened(t: TestContext) {
  const dir = join(mkdtempSync(join(tmpdir(), 'holdfast-access-')), 'access');
  t.after(() => rmSync(join(dir, '..'), { recursive: true }));
  const clock = new ManualClock();
  const told: SiteEvent[] = [];
  const running = () =>
    new Accounts(dir, {
      nowUs: () => clock.nowUs(),
      steadyUs: () => clock.steadyUs(),
      onEvent: (event) => void told.push(event),
    });
  const stopped = () => new Accounts(dir, { nowUs: () => clock.nowUs() });
  return { dir, clock, told, running, stopped, file: join(dir, 'accounts.json') };
}

const fault = (code: string) => ({ code });

test('a user signs in with his password and no other, in a later run too', async (t) => {
  const { running, file } = opened(t);
  await running().addUser(ANN, 'root');
  const later = running();
  assert.equal((await later.signIn('ANN', PASSWORD))?.role, 'administrator');
  assert.equal(await later.signIn('ann', `${PASSWORD} `), undefined);
  assert.equal(await later.signIn('nobody', PASSWORD), undefined);
  const text = readFileSync(file, 'utf8');
  assert.ok(!text.includes(PASSWORD));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('equal passwords have different hashes, and the cost stands beside them', async (t) => {
  const { running, file } = opened(t);
  const accounts = running();
  await accounts.addUser(ANN, 'root');
  await accounts.addUser({ ...ANN, name: 'ben' }, 'root');
  const { users } = JSON.parse(readFileSync(file, 'utf8'));
  const [one, two] = users.map(({ password }: { password: { hash: string; N: number } }) => password);
  assert.notEqual(one.hash, two.hash);
  assert.deepEqual([one.N, one.r, one.p], [2 ** 15, 8, 3]);
});

test('weak passwords are refused by what they are, strong ones need no special characters', async (t) => {
  const accounts = opened(t).running();
  const weak = [
    '',
    'short',
    'a'.repeat(15),
    '123456789012345',
    'mia mia mia mia mia',
    'holdfastholdfast',
    'x'.repeat(300),
  ];
  for (const password of weak)
    await assert.rejects(
      accounts.addUser({ name: 'mia', role: 'viewer', password }, 'root'),
      fault('access.weak-password'),
      password,
    );
  await accounts.addUser({ name: 'mia', role: 'viewer', password: 'grünes ventil summt leise' }, 'root');
  // The same letters, composed in another way.
  assert.ok(await accounts.signIn('mia', 'gru\u0308nes ventil summt leise'));
});

test('names are one person each, and nobody is called what the audit calls others', async (t) => {
  const accounts = opened(t).running();
  await accounts.addUser(ANN, 'root');
  await assert.rejects(accounts.addUser({ ...ANN, name: 'Ann' }, 'root'), fault('access.exists'));
  for (const name of ['', 'panel', 'LOCAL', 'a b', '../x', 'token:x', 'x'.repeat(65)])
    await assert.rejects(accounts.addUser({ ...ANN, name }, 'root'), fault('access.name'), name);
});

test('the last administrator of the whole site stays one', async (t) => {
  const accounts = opened(t).running();
  await accounts.addUser(ANN, 'root');
  await accounts.addUser({ ...ANN, name: 'ben', areas: ['hall'] }, 'root');
  const last = fault('access.last-administrator');
  await assert.rejects(accounts.removeUser('ann', 'ben'), last);
  await assert.rejects(accounts.setRights('ann', { role: 'viewer' }, 'ben'), last);
  await assert.rejects(accounts.setRights('ann', { role: 'administrator', areas: ['hall'] }, 'ben'), last);
  await accounts.setRights('ben', { role: 'administrator' }, 'ann');
  await accounts.removeUser('ann', 'ben');
  assert.deepEqual(
    accounts.users.map(({ name }) => name),
    ['ben'],
  );
});

test('what is done while no site runs is told at its next start, once', async (t) => {
  const { told, running, stopped } = opened(t);
  await stopped().addUser(ANN, 'root');
  assert.deepEqual(told, []);
  const accounts = running();
  assert.deepEqual(
    told.map(({ name, subject, by }) => [name, subject, by]),
    [['security.user-added', 'ann', 'root']],
  );
  await accounts.addUser({ ...ANN, name: 'ben' }, 'ann');
  running();
  assert.equal(told.length, 2);
});

test('a damaged file makes nobody administrator, is told, and is set aside by the next change', async (t) => {
  const { told, running, file } = opened(t);
  await running().addUser({ name: 'mia', role: 'viewer', password: PASSWORD }, 'root');
  writeFileSync(file, readFileSync(file, 'utf8').replace('viewer', 'administrator'));
  const accounts = running();
  assert.match(accounts.damage ?? '', /digest/);
  assert.equal(await accounts.signIn('mia', PASSWORD), undefined);
  assert.equal(told.at(-1)?.name, 'security.accounts-damaged');
  await accounts.addUser(ANN, 'root');
  assert.ok(readFileSync(`${file}.damaged`, 'utf8').includes('mia'));
  assert.equal(running().damage, undefined);
});

test('a change that the disk refuses has not happened', async (t) => {
  const { dir, running } = opened(t);
  writeFileSync(dir, 'a file where the folder should be');
  const accounts = running();
  await assert.rejects(accounts.addUser(ANN, 'root'), fault('access.not-saved'));
  assert.deepEqual(accounts.users, []);
});

test('a token is known by its digest only, and ages while the site runs, whatever the wall clock says', async (t) => {
  const { clock, running, stopped, file } = opened(t);
  const secret = await stopped().createToken({ name: 'grafana', role: 'viewer', validForMs: 60_000 }, 'root');
  assert.ok(!readFileSync(file, 'utf8').includes(secret.slice(3)));
  await clock.advance(3_600_000); // nobody could use it before
  const accounts = running();
  clock.step(365 * 86_400_000);
  assert.equal(accounts.tokenOf(secret)?.leftMs, 60_000);
  await clock.advance(60_000);
  assert.equal(accounts.tokenOf(secret)?.leftMs, 0);
  assert.equal(accounts.tokenOf(`${secret}x`), undefined);
  await accounts.revokeToken('grafana', 'root');
  assert.equal(accounts.tokenOf(secret), undefined);
});

test('the break-glass code opens once, however it is typed, and says so until there is a new one', async (t) => {
  const { told, running } = opened(t);
  const accounts = running();
  const code = await accounts.makeBreakGlass('ann');
  assert.ok(!(await accounts.useBreakGlass('0000-0000', '10.0.0.7')));
  const uses = await Promise.all([
    accounts.useBreakGlass(code.toLowerCase().replaceAll('-', ' '), '10.0.0.7'),
    accounts.useBreakGlass(code, '10.0.0.8'),
  ]);
  assert.deepEqual(uses, [true, false]);
  assert.deepEqual(told.at(-1)?.detail, { severity: 'critical', from: '10.0.0.7' });
  assert.equal(running().breakGlass.used?.from, '10.0.0.7');
  await accounts.makeBreakGlass('ann');
  assert.deepEqual(running().breakGlass, { isSealed: true });
});

test('a one-time code opens once and within its time; what goes wrong leaves it', async () => {
  const clock = new ManualClock();
  const codes = new OneTimeCodes<string>(clock);
  const use = (code: string) =>
    codes.use(
      code,
      () => true,
      (what) => what,
    );
  const code = codes.make('door', 1000);
  assert.equal(
    await codes.use(
      code,
      () => false,
      (what) => what,
    ),
    undefined,
  );
  await assert.rejects(
    codes.use(
      code,
      () => true,
      () => Promise.reject(new Error('weak')),
    ),
    /weak/,
  );
  assert.deepEqual(await Promise.all([use(code), use(code)]), ['door', undefined]);
  const late = codes.make('door', 1000);
  await clock.advance(1000);
  assert.equal(await use(late), undefined);
});

test('a session lasts over runs until it is idle, old or ended, and the wall clock has no say', async (t) => {
  const { dir, clock } = opened(t);
  const faults: unknown[] = [];
  const open = () =>
    new Sessions(dir, clock, { idleMs: 60_000, mostMs: 600_000 }, (error) => void faults.push(error));
  const sessions = open();
  const { secret } = sessions.begin({ name: 'mia', from: '10.0.0.7' });
  await sessions.saved();
  assert.ok(!readFileSync(join(dir, 'sessions.json'), 'utf8').includes(secret));
  assert.equal(statSync(join(dir, 'sessions.json')).mode & 0o777, 0o600);
  clock.step(-40 * 365 * 86_400_000);
  const again = open();
  assert.equal(again.use(secret)?.name, 'mia');
  await again.saved();
  await clock.advance(59_000);
  assert.ok(sessions.use(secret));
  await clock.advance(60_000);
  assert.equal(sessions.use(secret), undefined, 'idle');
  const used = sessions.begin({ name: 'mia', from: 'x' });
  for (let i = 0; i < 11; i++) {
    assert.ok(sessions.use(used.secret));
    await clock.advance(55_000);
  }
  assert.equal(sessions.use(used.secret), undefined, 'old');
  const ended = sessions.begin({ name: 'mia', from: 'x' });
  sessions.end(({ id }) => id === ended.id);
  assert.equal(sessions.use(ended.secret), undefined);
  await sessions.saved();
  assert.equal(open().use(ended.secret), undefined);
  assert.deepEqual(faults, []);
});

test('a disk that refuses keeps nobody from signing in', async (t) => {
  const { dir, clock } = opened(t);
  writeFileSync(dir, 'a file where the folder should be');
  const faults: unknown[] = [];
  const limits = { idleMs: 60_000, mostMs: 600_000 };
  const sessions = new Sessions(dir, clock, limits, (error) => void faults.push(error));
  const { secret } = sessions.begin({ name: 'mia', from: 'x' });
  await sessions.saved();
  assert.equal(faults.length, 1);
  assert.ok(sessions.use(secret));
});

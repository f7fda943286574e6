import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SiteClient } from '#cli/client.ts';
import type { EventView, LearningStatus, SiteApi } from '#contract/client.ts';
import { detectorOf } from '#decide/detectors/learned.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';

/* Detectors of a running site learn from a recording that was imported as its past. */

const SKAB = process.env.SKAB ?? join(import.meta.dirname, '../../../shared/data/skab/data');
const FILE = join(SKAB, 'valve1/0.csv');
const skip = existsSync(FILE) ? false : `no recordings in ${SKAB}; set SKAB`;

const SIGNALS = ['accelerometer1_rms', 'accelerometer2_rms', 'current', 'pressure', 'temperature', 'flow'];
const siteText = `site: rig
settings: { api: { port: 0 } }
sources: { rig: { kind: mqtt, url: 'mqtt://127.0.0.1:1' } }
types:
  pump:
    params: [name]
    tags:
${SIGNALS.map((name) => `      ${name}: { source: rig, address: { topic: "\${name}/${name}" } }`).join('\n')}
    detectors:
      usual: { kind: drift, tags: [${SIGNALS.join(', ')}] }
      steady: { kind: noise, tags: [pressure, current] }
      balance: { kind: relation, tags: [flow, pressure] }
assets:
  hall/pump: { type: pump, with: { name: first } }
  hall/spare: { type: pump, with: { name: second } }
`;

const PUMP = 'hall/pump';
/** The begin of the recording, which is good running: 400 rows as those who published it learn from. */
const GOOD = ['--from', '2020-03-09T10:14:33Z', '--to', '2020-03-09T10:21:30Z'];

const box = new Sandbox();
const data = box.path('data');
let raw: Api;
let api: SiteApi;

before(async () => {
  if (skip) return;
  writeFileSync(box.path('site.yaml'), siteText);
  await box.startEdge(box.path('site.yaml'), data);
  raw = new Api(data);
  api = new SiteClient(raw.address, data).api;
  const { status, stderr } = await box.run(
    ...['import', FILE, '--data', data, '--under', PUMP, '--zone', 'UTC'],
    ...['--map', `Volume Flow RateRMS=${PUMP}/flow`, '--skip-unknown'],
  );
  assert.equal(status, 0, stderr);
});

after(() => box[Symbol.asyncDispose]());

const learn = (...args: string[]) => box.run('learn', ...args, '--data', data);
const told = async (): Promise<readonly EventView[]> =>
  (await raw.events()).filter(({ name }) => name.startsWith('config.learn'));

test('a detector learns from a period, and says what it was worth', { skip }, async () => {
  const { status, stdout, stderr } = await learn(`${PUMP}/usual`, ...GOOD, '--why', 'first weeks');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^hall\/pump\/usual: 2020-03-09 10:14:33 to 2020-03-09 10:21:30 UTC/);
  assert.match(stdout, /417 moments of 6 signals; the period is fit to learn from/);
  assert.match(stdout, /note {2}temperature will not be watched: its level wanders in good running/);
  const [, digest = ''] = /learned as ([0-9a-f]{12})/.exec(stdout) ?? [];
  const [begun, ended] = await told();
  assert.deepEqual([begun?.name, begun?.subject], ['config.learning-begun', `${PUMP}/usual`]);
  assert.equal(begun?.detail?.why, 'first weeks');
  assert.equal(ended?.name, 'config.learning-ended');
  assert.ok(String(ended?.detail?.digest).startsWith(digest));
});

test('a dry run keeps nothing, and an unfit period is refused unless somebody insists', {
  skip,
}, async () => {
  const before = (await told()).length;
  const dry = await learn(`${PUMP}/steady`, ...GOOD, '--dry-run', '--json');
  const said = JSON.parse(dry.stdout) as LearningStatus;
  assert.deepEqual([said.state, said.report?.fit, dry.status], ['done', 'fit', 0]);
  assert.equal((await told()).length, before);
  const none = await learn(`${PUMP}/steady`, '--save', box.path('none.json'));
  assert.match(none.stderr, /has learned nothing yet \(detector.not-learned\)/);

  const short = ['--from', '2020-03-09T10:14:33Z', '--to', '2020-03-09T10:15:30Z'];
  const refused = await learn(`${PUMP}/steady`, ...short);
  assert.equal(refused.status, 2);
  assert.match(refused.stdout, /unfit {2}57 moments are too few to learn from: 200 are the least/);
  const forced = await learn(`${PUMP}/steady`, ...short, '--force', '--why', 'to see it work');
  assert.equal(forced.status, 0, forced.stderr);
});

test('what one pump learned is a file that its equal takes, and no other detector', { skip }, async () => {
  assert.equal((await learn(`${PUMP}/usual`, ...GOOD, '--save', box.path('usual.json'))).status, 0);
  const text = readFileSync(box.path('usual.json'), 'utf8');
  assert.deepEqual(detectorOf(text).learned.signals, SIGNALS);
  const taken = await learn(
    'hall/spare/usual',
    '--file',
    box.path('usual.json'),
    '--save',
    box.path('spare.json'),
  );
  assert.equal(taken.status, 0, taken.stderr);
  assert.equal(readFileSync(box.path('spare.json'), 'utf8'), text);
  const other = await learn('hall/spare/steady', '--file', box.path('usual.json'));
  assert.equal(other.status, 1);
  assert.match(
    other.stderr,
    /of the kind drift, hall\/spare\/steady is of the kind noise \(detector.other-learned\)/,
  );
  writeFileSync(box.path('changed.json'), text.replace('drift', 'draft'));
  assert.match(
    (await learn('hall/spare/usual', '--file', box.path('changed.json'))).stderr,
    /no detector of the kind draft/,
  );
});

test('one learns at a time; another one is refused, and somebody may end it', { skip }, async () => {
  const asked = { from: '2020-03-05T00:00:00Z', to: '2020-03-09T11:00:00Z', dryRun: true };
  const started = await api.learn(`${PUMP}/balance`, asked);
  assert.equal(started.state, 'running');
  await assert.rejects(api.learn(`${PUMP}/usual`, asked), {
    code: 'detector.learning-busy',
    message: /hall\/pump\/balance is learning/,
  });
  await api.endLearning(`${PUMP}/balance`);
  const status = () => api.learning(`${PUMP}/balance`);
  await until('it has ended', async () => (await status()).state !== 'running');
  const ended = await status();
  assert.deepEqual([ended.state, ended.report], ['ended', undefined]);
  await assert.rejects(api.endLearning(`${PUMP}/balance`), { code: 'detector.not-learning' });
  await assert.rejects(api.learning(`${PUMP}/none`), { code: 'detector.unknown' });
});

test('who only looks may not let anything learn', { skip }, async () => {
  const { token } = await api.createToken({ name: 'looker', role: 'operator', validForMs: 3600e3 });
  const reply = await raw.fetch(`/api/detectors/${encodeURIComponent(`${PUMP}/usual`)}/learn`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from: '2020-03-09', to: '2020-03-10' }),
  });
  assert.equal(reply.status, 403);
});

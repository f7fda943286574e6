import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { NoticesStatus } from '#contract/api.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { MailServer } from '#test/mail-server.ts';
import { until } from '#test/until.ts';

const SECRET = 'between us';

interface Hook {
  readonly port: number;
  readonly bodies: { readonly [field: string]: unknown }[];
}

/** Takes only what was signed with our secret. */
async function hook(t: TestContext): Promise<Hook> {
  const bodies: Hook['bodies'] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { t: at, v1 } = Object.fromEntries(
      String(request.headers['holdfast-signature'])
        .split(',')
        .map((part) => part.split('=')),
    );
    const right = createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex') === v1;
    if (right) bodies.push(JSON.parse(body));
    response.writeHead(right ? 204 : 403).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, bodies };
}

const siteOf = (broker: string, mail: number, pager: number) => ({
  site: 'plant',
  sources: { broker: { kind: 'mqtt', url: broker, qos: 1 } },
  actuators: {
    mail: { kind: 'smtp', host: '127.0.0.1', port: mail, tls: 'none', from: 'site@plant.example' },
    pager: { kind: 'webhook', url: `http://127.0.0.1:${pager}/alarm`, secretEnv: 'HOLDFAST_TEST_HOOK' },
  },
  tags: {
    'hall/pump/heat': { source: 'broker', address: { topic: 'heat' } },
    'yard/gate/force': { source: 'broker', address: { topic: 'force' } },
  },
  alarms: {
    hot: {
      description: 'The bearing is hot',
      when: 'tag("hall/pump/heat") > 80',
      priority: 'critical',
      consequence: 'It seizes within the hour.',
      response: 'Lower the speed.',
    },
    stuck: {
      when: 'tag("yard/gate/force") > 5',
      priority: 'low',
      consequence: 'Nobody gets out.',
      response: 'Use the other gate.',
    },
  },
  notices: {
    engineers: {
      priorities: ['critical'],
      steps: [
        { to: 'mail', recipients: ['anna@plant.example'], tellEnd: true },
        { to: 'pager', afterMin: 0.02 },
      ],
    },
  },
});

test('an alarm is told by mail, then by a signed webhook, and its acknowledgement to those who were told', async (t) => {
  await using broker = await startMosquitto();
  await using mail = await MailServer.start();
  const pager = await hook(t);
  const env = { HOLDFAST_TEST_HOOK: SECRET };
  const site = siteOf(broker.url, mail.port, pager.port);
  await using edge = await new EdgeProcess(site, await folder(t), { env }).up();
  await until('the broker is read', async () => (await edge.status()).sources.broker?.state === 'running');
  await broker.pub('-t', 'force', '-m', '9');
  await broker.pub('-t', 'heat', '-m', '95');
  await until('a mail', () => mail.mails.length === 1);
  const [first] = mail.mails;
  assert.deepEqual(first?.to, ['anna@plant.example']);
  assert.match(first.text, /^Subject: \[critical\] plant: hot raised/m);
  assert.match(first.text, /The bearing is hot[\s\S]*Lower the speed\.[\s\S]*holdfast alarm acknowledge hot/);
  await until('the pager', () => pager.bodies.length === 1);
  assert.equal(pager.bodies[0]?.reason, 'escalated');
  assert.equal(pager.bodies[0]?.response, 'Lower the speed.');
  await edge.post('/api/alarms', { id: 'hot', act: 'acknowledge', by: 'anna' });
  await until('the end', () => mail.mails.length === 2);
  assert.match(mail.mails[1]?.text ?? '', /^Subject: \[critical\] plant: hot acknowledged by anna/m);
  assert.equal(pager.bodies.length, 1);
});

test('a mail server that is away: what is not delivered shows, survives kill -9, and is delivered once it is back', async (t) => {
  await using broker = await startMosquitto();
  const away = await MailServer.start();
  const { port } = away;
  await away[Symbol.asyncDispose]();
  const dir = await folder(t);
  const site = siteOf(broker.url, port, 9);
  const env = { HOLDFAST_TEST_HOOK: SECRET };
  const edge = await new EdgeProcess(site, dir, { env }).up();
  t.after(() => edge.kill());
  await until('the broker is read', async () => (await edge.status()).sources.broker?.state === 'running');
  await broker.pub('-t', 'heat', '-m', '95');
  const waiting = async (one: EdgeProcess) => (await one.get<NoticesStatus>('/api/notices')).waiting;
  await until('it waits', async () => (await waiting(edge)).some(({ to }) => to === 'mail'));
  const id = (await waiting(edge)).find(({ to }) => to === 'mail')?.id;
  await until('it is on disk', async () => (await edge.status()).journal.pendingBytes === 0);
  await edge.kill();
  await using back = await MailServer.start({}, port);
  await using again = await new EdgeProcess(undefined, dir, { env }).up();
  await until('a mail', () => back.mails.length > 0, 30_000);
  assert.match(back.mails[0]?.text ?? '', new RegExp(`notice ${id}\\b`));
  await until('it waits no more', async () => !(await waiting(again)).some(({ to }) => to === 'mail'));
  assert.ok((await again.events()).some(({ name }) => name === 'notice.delivered'));
});

test('an asset under maintenance is silent, visibly, until the end', async (t) => {
  await using broker = await startMosquitto();
  await using mail = await MailServer.start();
  const site = siteOf(broker.url, mail.port, 9);
  const hall = { ...site, alarms: { 'hall-hot': { ...site.alarms.hot } } };
  const file = {
    ...hall,
    alarms: {},
    types: {
      pump: {
        tags: { heat: { source: 'broker', address: { topic: 'heat' } } },
        alarms: { hot: { ...site.alarms.hot, when: 'heat > 80' } },
      },
    },
    assets: { 'hall/pump': { type: 'pump' } },
    tags: {},
  };
  await using edge = await new EdgeProcess(file, await folder(t), {
    env: { HOLDFAST_TEST_HOOK: SECRET },
  }).up();
  await until('the broker is read', async () => (await edge.status()).sources.broker?.state === 'running');
  await edge.post('/api/maintenance', { asset: 'hall', forMin: 0.1, why: 'bearings', by: 'anna' });
  assert.equal((await edge.status()).notices.maintenance, 1);
  await broker.pub('-t', 'heat', '-m', '95');
  await until('it is silenced', async () =>
    (await edge.events()).some(
      ({ name, detail }) => name === 'notice.silenced' && detail?.maintenance === 'hall',
    ),
  );
  assert.equal(mail.mails.length, 0);
  await until('a mail after the end', () => mail.mails.length === 1, 30_000);
  assert.match(mail.mails[0]?.text ?? '', /hall\/pump\/hot/);
});

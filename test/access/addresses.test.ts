import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { EventView, NoticesStatus } from '#contract/api.ts';
import { servedSite } from '#edge/api/fixture.ts';
import { allocBatch } from '#kernel/batch.ts';
import type { Role } from '#kernel/rights.ts';
import { MailServer } from '#test/mail-server.ts';
import { until } from '#test/until.ts';

/* Who is told is personal data, and the address of a webhook is its key: neither is for everybody who may look. */

/** The mail server refuses him, and says whom it refused. */
const RECIPIENT = 'nobody@plant.example';
const SECRET_PATH = '/hooks/T0P53CR3T';

const siteText = (mail: number, hook: string) => `site: north
settings: { api: { port: 0 } }
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1, everyMs: 60000 } }
actuators:
  mail: { kind: smtp, host: 127.0.0.1, port: ${mail}, tls: none, from: site@plant.example }
  pager: { kind: webhook, url: "${hook}" }
tags:
  hall/pump/heat: { source: plc, address: { unit: 1, holding: 1 } }
alarms:
  hot: { when: tag("hall/pump/heat") > 80, priority: high, consequence: It seizes., response: Slow it down. }
notices:
  shift:
    steps:
      - { to: mail, recipients: [${RECIPIENT}] }
      - { to: pager }
      - { to: mail, recipients: [${RECIPIENT}], afterMin: 60 }
`;

test('addresses that notices go to are for engineers; others see route, plan and step', async (t) => {
  await using mail = await MailServer.start();
  const pager = createServer((_request, response) => void response.writeHead(410).end());
  await once(pager.listen(0, '127.0.0.1'), 'listening');
  t.after(() => pager.close());
  const hook = `http://127.0.0.1:${(pager.address() as AddressInfo).port}${SECRET_PATH}`;
  const { site, access, address } = await servedSite(t, siteText(mail.port, hook));
  const nowUs = site.core.clock.nowUs();
  const hot = allocBatch(1, { receivedUs: nowUs });
  hot.tag[0] = site.core.table.number('hall/pump/heat');
  hot.timeUs[0] = nowUs;
  hot.value[0] = 95;
  site.core.path.accept('plc', { batch: hot });

  let count = 0;
  const ask = async (role: Role, path: string): Promise<Response> => {
    const token = await access.accounts.createToken({ name: `t${count++}`, role }, 'test');
    return await fetch(address.url + path, { headers: { authorization: `Bearer ${token}` } });
  };
  const failed = () => site.core.recent.last(1000).filter(({ event }) => event.name === 'notice.failed');
  await until('mail and pager have failed', () => failed().length === 2);

  const events = async (role: Role) => await (await ask(role, '/api/events?kind=system')).text();
  const notices = async (role: Role) => await (await ask(role, '/api/notices')).text();
  const isSecret = (text: string) => text.includes(RECIPIENT) || text.includes(SECRET_PATH);
  for (const role of ['viewer', 'operator'] as const) {
    const told = JSON.parse(await events(role)) as readonly EventView[];
    assert.ok(!isSecret(JSON.stringify(told)), `${role} reads no address in events`);
    const notice = told.find(({ name, detail }) => name === 'notice.failed' && detail?.to === 'mail');
    assert.deepEqual([notice?.detail?.plan, notice?.detail?.step], ['shift', 1]);
    assert.match(String(notice?.detail?.problem), /refused|no such user|rejected/);
  }
  const seen = await notices('operator');
  assert.ok(!isSecret(seen), 'an operator reads no address in notices');
  const { waiting, coming } = JSON.parse(seen) as NoticesStatus;
  assert.deepEqual(waiting.map(({ to, plan, step }) => [to, plan, step]).toSorted(), [
    ['mail', 'shift', 0],
    ['pager', 'shift', 1],
  ]);
  assert.deepEqual(
    coming.map(({ to, step }) => [to, step]),
    [['mail', 2]],
  );

  const known = await notices('engineer');
  assert.ok(known.includes(RECIPIENT) && known.includes(hook), 'an engineer reads both in notices');

  const stream = (await ask('viewer', '/api/stream?kind=system')).body ?? assert.fail();
  site.core.path.operate('hot', { act: 'acknowledge' }, 'mia');
  let streamed = '';
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    streamed += chunk;
    if (streamed.includes('notice.obsolete')) break;
  }
  assert.ok(!isSecret(streamed), 'a viewer reads no address in the stream');

  const all = await events('engineer');
  assert.ok(all.includes(RECIPIENT) && all.includes(hook), 'an engineer reads both');
});

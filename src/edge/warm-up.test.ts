import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { warmUp } from '#edge/warm-up.ts';

/** A site whose rule writes and sends as soon as it sees a value. */
const site = (port: number) => `
site: test
sources:
  plc: { kind: mqtt, url: 'mqtt://127.0.0.1:${port}' }
actuators:
  phone: { kind: mqtt, url: 'mqtt://127.0.0.1:${port}' }
tags:
  hall/pump/level: { source: plc, range: [0, 10], address: { topic: level } }
  hall/pump/stop: { source: plc, type: boolean, access: write, address: { write: { topic: stop } }, write: {} }
  hall/pump/double: { derive: 'tag("hall/pump/level") * 2.0' }
rules:
  full:
    when: tag("hall/pump/level") > 5.0
    firstIsEdge: true
    do: [{ write: { tag: hall/pump/stop, value: true } }, { send: { to: phone, topic: call } }]
`;

test('warming up decides on rows of its own, and nothing of it leaves for a machine or stays behind', async () => {
  let connections = 0;
  const server = net.createServer(() => connections++).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const { blueprint, problems } = await checkSite(site((server.address() as net.AddressInfo).port));
    assert.ok(blueprint, JSON.stringify(problems));
    const before = structuredClone(blueprint.model);
    const rounds = await warmUp(blueprint);
    assert.ok(rounds > 0);
    assert.deepEqual(blueprint.model, before);
    assert.equal(connections, 0);
  } finally {
    server.close();
  }
});

test('warming up ends within its budget, whatever the size of the site', async () => {
  const { blueprint } = await checkSite(site(1));
  assert.ok(blueprint);
  assert.equal(await warmUp(blueprint, 0), 0);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as z from 'zod';
import { systemClock } from '#kernel/clock.ts';
import { Meddler } from '#test/opcua/meddler.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';
import { connectionFields } from './config.ts';
import { openSession } from './session.ts';

const trust = new TestTrust();
let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start({ secured: true, tokenLifetimeMs: 600 });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

async function open(url: string) {
  const connection = z.strictObject(connectionFields).parse({ url });
  const applicationUri = 'urn:holdfast:test';
  const { uri, ...identity } = await trust.store.identity({
    protocol: 'opcua',
    commonName: 'test',
    uri: applicationUri,
  });
  return openSession(
    {
      connection,
      clientName: 'test',
      applicationUri: uri ?? applicationUri,
      password: undefined,
      identity,
      judge: () => 'trusted',
      clock: systemClock(),
    },
    AbortSignal.timeout(15_000),
  );
}

type Inside = Record<string, unknown>;

test('the library still has the inside that we rely on', async () => {
  await using held = await open(server.url);
  const { session, library } = held;
  const inside = session as unknown as Inside & { _client: Inside; getPublishEngine(): Inside };
  const functions = (of: Inside, names: readonly string[]) => {
    for (const name of names) assert.equal(typeof of[name], 'function', `${name} is gone`);
  };
  assert.equal(typeof inside.recursive_repair_detector, 'number');
  functions(inside, ['createSubscription', 'deleteSubscriptions', 'createMonitoredItems']);
  functions(inside, ['deleteMonitoredItems', 'getPublishEngine']);
  const engine = inside.getPublishEngine();
  functions(engine, ['registerSubscription', 'unregisterSubscription', 'suspend']);
  functions(engine, ['cleanup_acknowledgment_for_subscription']);
  assert.equal(typeof engine.nbMaxPublishRequestsAcceptedByServer, 'number');
  const client = inside._client;
  functions(client, ['performMessageTransaction']);
  assert.ok(client.serverCertificate instanceof Uint8Array, 'serverCertificate is gone');
  assert.equal(client.reconnectOnFailure, false, 'it would reconnect by itself, and send again');
  const channel = client._secureChannel as Inside & { getTransport(): Inside };
  functions(channel, ['dispose', 'getTransport']);
  const transport = channel.getTransport();
  assert.ok(Object.hasOwn(transport, '_on_socket_data'), 'the transport is not the one that we made safe');
  functions(transport, ['_on_socket_data', '_on_message_chunk_received']);
  functions(Object.getPrototypeOf(transport), ['_on_socket_data', '_on_message_chunk_received']);
  assert.ok(transport._socket, '_socket is gone');
  functions(library.DataChangeNotification.prototype as unknown as Inside, ['decode']);
});

test('a channel is renewed before its token ends, and the session goes on', async () => {
  await using meddler = await Meddler.before(server.port);
  await using held = await open(meddler.url);
  const { opened } = meddler;
  await until('two renewals', () => meddler.opened >= opened + 2);
  const { value } = await held.session.read({ nodeId: 'ns=1;s=WDouble', attributeId: 13 });
  assert.equal(value.value, 1);
});

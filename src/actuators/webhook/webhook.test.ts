import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { TagTable } from '#kernel/tag-table.ts';
import type { Action, Deps } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';
import { trustsNothing } from '#test/trust.ts';
import { webhook } from './webhook.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const deps: Deps = {
  id: 'hook',
  clock: systemClock(),
  log: quiet,
  points: [],
  tags: new TagTable(),
  mode: 'live',
  inbox: createInbox,
  load: { request() {}, caps() {} },
  trust: trustsNothing,
  event() {},
};

interface Request {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: Request[];
}

/** @param answer status for the n-th request; 0 never answers, -1 hangs up */
async function receiver(answer: (n: number) => number, location?: string): Promise<Receiver> {
  const requests: Request[] = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body });
    const status = answer(requests.length);
    if (status === -1) request.socket.destroy();
    if (status > 0) response.writeHead(status, location === undefined ? {} : { location }).end('ok');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alarm`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function act(url: string, config: Json, leftMs = 5000, more: object = {}) {
  const never = new AbortController().signal;
  await using hook = await webhook.open(webhook.config.parse({ url, ...more }) as never, deps, never);
  const action: Action = { id: 7, config, by: 'rule', deadlineUs: deps.clock.steadyUs() + leftMs * 1000 };
  return hook.act(action, never);
}

test('the payload arrives as JSON, signed so that the receiver can check it', async () => {
  await using peer = await receiver(() => 204);
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-webhook-'));
  const secretFile = join(dir, 'secret');
  await writeFile(secretFile, 'much\n');
  const result = await act(peer.url, { payload: { tag: 'a/x', value: 7.5, text: 'ü' } }, 5000, {
    secretFile,
  });
  await rm(dir, { recursive: true });
  assert.deepEqual(result, { state: 'done' });
  const [request] = peer.requests as [Request];
  assert.equal(request.body, '{"tag":"a/x","value":7.5,"text":"ü"}');
  assert.equal(request.headers['content-type'], 'application/json');
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['holdfast-signature'])) ?? [];
  assert.equal(v1, createHmac('sha256', 'much').update(`${t}.${request.body}`).digest('hex'));
  assert.ok(Math.abs(Number(t) - Date.now() / 1000) < 60);
});

test('a refusal has failed, and is not repeated without an idempotency key', async () => {
  for (const status of [400, 500]) {
    await using peer = await receiver(() => status);
    const result = await act(peer.url, {});
    assert.deepEqual(result, { state: 'failed', reason: `${peer.url} answered ${status}` });
    assert.equal(peer.requests.length, 1);
  }
});

test('with an idempotency key a passing failure is repeated, a refusal is not', async () => {
  await using passing = await receiver((n) => [503, -1, 200][n - 1] as number);
  assert.deepEqual(await act(passing.url, { idempotencyKey: 'alarm-1' }), { state: 'done' });
  assert.deepEqual(
    passing.requests.map((request) => request.headers['idempotency-key']),
    Array(3).fill('alarm-1'),
  );
  await using refusing = await receiver(() => 422);
  assert.equal((await act(refusing.url, { idempotencyKey: 'alarm-1' })).state, 'failed');
  assert.equal(refusing.requests.length, 1);
});

test('repeating ends at the deadline', async () => {
  await using peer = await receiver(() => 503);
  const started = deps.clock.steadyUs();
  assert.equal((await act(peer.url, { idempotencyKey: 'k' }, 600)).state, 'failed');
  assert.ok(deps.clock.steadyUs() - started < 5e6);
  assert.ok(peer.requests.length >= 1 && peer.requests.length <= 3);
});

test('no answer, a hang-up and a gateway without its server leave the result unknown', async () => {
  for (const status of [0, -1, 504]) {
    await using peer = await receiver(() => status);
    assert.equal((await act(peer.url, {}, 5000, { timeoutMs: 100 })).state, 'unknown', String(status));
  }
});

test('a receiver that is not there has not done it', async () => {
  const peer = await receiver(() => 200);
  await peer[Symbol.asyncDispose]();
  const result = await act(peer.url, {});
  assert.equal(result.state, 'failed');
  assert.match(
    result.reason ?? '',
    /^http:\S+ refused the connection: .* nothing listens .* \(.*ECONNREFUSED.*\)$/,
  );
});

test('a redirect is not followed: the secret was made for this receiver', async () => {
  await using other = await receiver(() => 200);
  await using peer = await receiver(() => 307, other.url);
  const result = await act(peer.url, {});
  assert.equal(result.state, 'failed');
  assert.match(result.reason ?? '', /not followed/);
  assert.equal(other.requests.length, 0);
});

test('an action whose time is over is not sent', async () => {
  await using peer = await receiver(() => 200);
  assert.equal((await act(peer.url, {}, -1)).state, 'failed');
  assert.equal(peer.requests.length, 0);
});

test('a secret that is not there is told before the first alarm needs it', async () => {
  await assert.rejects(
    act('http://127.0.0.1:1/', {}, 1000, { secretEnv: 'HOLDFAST_NO_SUCH' }),
    (fault: Error) => {
      assert.match(fault.message, /HOLDFAST_NO_SUCH/);
      return true;
    },
  );
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { startMosquitto } from '../interop/mosquitto.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';

const TEXT_BYTES = 200_000;
/** More than the kernel holds for one connection: 4 MB to send, and what a client that never reads is given to receive. */
const MISSED_BYTES = 16e6;
const MOST_WAITING_BYTES = 6e6;

const siteFile = (url: string) => `
site: chatty
settings: { api: { port: 0 } }
sources:
  broker: { kind: mqtt, url: '${url}' }
tags:
  log/number: { source: broker, address: { topic: log, path: n } }
  log/text: { type: text, source: broker, address: { topic: log, path: text } }
`;

/** Follows the live stream: how much has come, and the newest number in it. */
async function follow({ address }: Api) {
  const request = http.get(`${address.url}/api/stream?everyMs=100`, {
    headers: { authorization: `Bearer ${address.token}` },
  });
  const [reply] = (await once(request, 'response')) as [http.IncomingMessage];
  const seen = { bytes: 0, newest: -1 };
  let tail = '';
  reply.setEncoding('latin1').on('error', () => {});
  return {
    seen,
    read() {
      reply.on('data', (text: string) => {
        seen.bytes += text.length;
        tail = (tail + text).slice(-text.length - 200);
        for (const [, n] of tail.matchAll(/"path":"log\/number","type":"number","value":(\d+)/g)) {
          seen.newest = Math.max(seen.newest, Number(n));
        }
      });
    },
    [Symbol.dispose]: () => request.destroy(),
  };
}

test('a client of the stream that does not read costs no memory, and goes on with the newest values', async () => {
  await using broker = await startMosquitto();
  await using box = new Sandbox();
  writeFileSync(box.path('site.yaml'), siteFile(broker.url));
  const edge = await box.startEdge(box.path('site.yaml'), box.path('data'));
  const api = new Api(box.path('data'));
  const publisher = await connectAsync(broker.url);
  let n = 0;
  const publish = setInterval(() => {
    publisher.publish('log', JSON.stringify({ n: ++n, text: 'x'.repeat(TEXT_BYTES) }));
  }, 50);
  try {
    using quick = await follow(api);
    using slow = await follow(api);
    quick.read();
    await until('the other client has got much', () => quick.seen.bytes > MISSED_BYTES, 40_000);
    const missed = quick.seen.bytes;
    const now = n;
    slow.read();
    await until('the slow client has caught up', () => slow.seen.newest >= now, 15_000);
    assert.ok(
      slow.seen.bytes < MOST_WAITING_BYTES,
      `${slow.seen.bytes} bytes had waited for it, while the other got ${missed}`,
    );
  } finally {
    clearInterval(publish);
    await publisher.endAsync(true);
  }
  assert.equal((await edge.stop()).status, 0);
});

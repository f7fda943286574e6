import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as dial } from 'node:net';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { Door } from '#hub/door.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { until } from '#test/until.ts';
import { checkHub, shownChain } from '#trust/hub/chain.ts';
import { HubRig } from './rig.ts';

const DAY_MS = 86_400_000;
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

test("the hub's certificate is renewed at half of its life, and nobody is cut", async () => {
  await using rig = await HubRig.start();
  const { authority } = rig.hub;
  const clock = new ManualClock(Date.now() * 1000);
  using door = await Door.open({ authority, names: ['hub.example'], clock, log: silent });
  const server = door.factory((_request, response) => response.end(), {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const sockets: TLSSocket[] = [];
  try {
    const shown = async (): Promise<X509Certificate> => {
      const { port } = server.address() as AddressInfo;
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      sockets.push(socket.on('error', () => {}));
      await once(socket, 'secureConnect');
      const chain = shownChain(socket.getPeerCertificate(true));
      checkHub(chain, authority.pin, 'the test');
      return chain[0] as X509Certificate;
    };
    const first = await shown();
    assert.ok(first.checkHost('hub.example'));
    await door.look();
    assert.equal((await shown()).serialNumber, first.serialNumber);
    clock.step(16 * DAY_MS);
    await door.look();
    const next = await shown();
    assert.notEqual(next.serialNumber, first.serialNumber);
    assert.ok(Date.parse(next.validTo) > Date.parse(first.validTo));
    const [open] = sockets;
    open?.write('GET / HTTP/1.1\r\nhost: hub\r\n\r\n');
    assert.match(String(await once(open as TLSSocket, 'data')), /^HTTP\/1.1 200/);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test('whoever opens connections and says nothing keeps others waiting for a moment only', async () => {
  const handshakes = { atOnce: 2, waitMs: 100, turnMs: 100 };
  const greetings = { atOnce: 2, waitMs: 100, turnMs: 100 };
  await using rig = await HubRig.start({ admission: { handshakes, greetings } });
  const { port } = rig.hub;
  const silent = Array.from({ length: 20 }, () => dial(port, '127.0.0.1').on('error', () => {}));
  try {
    // Two have their turn, two wait for theirs.
    await until('the others are sent away', () => silent.filter(({ closed }) => closed).length === 16);
    assert.ok(rig.said.some((line) => /hands can be shaken/.test(line)));
    await until('somebody who speaks is let in', async () => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
      const isIn = await Promise.race([
        once(socket, 'secureConnect').then(() => true),
        once(socket, 'close').then(() => false),
      ]).catch(() => false);
      socket.destroy();
      return isIn;
    });
    assert.equal(silent.filter(({ closed }) => closed).length, 16, 'those that wait are still there');
  } finally {
    for (const socket of silent) socket.destroy();
  }
});

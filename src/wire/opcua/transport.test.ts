import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { chunk, Meddler } from '#test/opcua/meddler.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { openOpcua, type Setup, TestTrust } from '#test/opcua/rig.ts';

const trust = new TestTrust();
const trusting: Setup['trust'] = {
  judge: () => 'trusted',
  identity: (request) => trust.store.identity(request),
};
let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start({ secured: true });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  trust[Symbol.dispose]();
});

const QUIET = { publishMs: 1000, keepAliveMs: 5000 };
const open = (url: string, config: Record<string, unknown>) =>
  openOpcua({ trust: trusting, config: { url, ...config }, tags: { w: { at: { node: 'ns=1;s=WDouble' } } } });

/** NodeId of the binary encoding of a WriteResponse (Part 6, A.3), in four bytes. */
const WRITE_RESPONSE = Buffer.from([1, 0, 676 & 0xff, 676 >> 8]);

/** Without any security: whoever writes this needs no key. */
function forgedGood(requestId: number, sequence: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(sequence, 8);
  head.writeUInt32LE(requestId, 12);
  // Time, handle, status, no diagnostics, no strings, no more; then one status, and no diagnostics again.
  const body = Buffer.alloc(24 + 12);
  body.writeUInt32LE(requestId, 8);
  body.writeUInt32LE(1, 24);
  return chunk('MSGF', Buffer.concat([head, WRITE_RESPONSE, body]));
}

for (const [what, opener] of [
  ['an Acknowledge', 'ACKC'],
  ['a Hello', 'HELC'],
] as const) {
  test(`${what} within a secured channel does not make way for messages without security`, async () => {
    await using meddler = await Meddler.before(server.port);
    await using device = await open(meddler.url, { ...QUIET, security: { mode: 'signAndEncrypt' } });
    await device.until(() => device.last('w'));
    assert.equal((await device.write('w', 2)).state, 'sent');
    const { asked, answered } = meddler;
    meddler.swallows = true;
    const writing = device.write('w', 99);
    const forged = Array.from({ length: 20 }, (_, i) => forgedGood(asked - 5 + i, answered + 1 + i));
    meddler.say(chunk(opener, Buffer.alloc(4)), ...forged);
    assert.equal((await writing).state, 'unknown');
    await assert.rejects(
      device.until(() => false),
      { code: 'opcua.garbage' },
    );
    assert.equal((await server.ask()).values.WDouble, 2);
  });
}

const STATUS = [0, 0, 1, 0x80];
const GARBAGE: readonly Buffer[] = [
  chunk('ERRF', Buffer.alloc(0)),
  chunk('ERRF', Buffer.alloc(5)),
  chunk('ERRF', Buffer.from([...STATUS, 0xff, 0xff, 0xff, 0x7f])),
  chunk('ACKF', Buffer.alloc(20)),
  chunk('XXXF', Buffer.alloc(20)),
  chunk('MSGF', Buffer.alloc(0), 0xffff_ffff),
  chunk('MSGF', Buffer.alloc(0), 4),
  Buffer.alloc(1000, 0xa5),
];

test('garbage in an open channel ends the session with a fault, and nothing else', async () => {
  await using meddler = await Meddler.before(server.port);
  for (const bytes of GARBAGE) {
    await using device = await open(meddler.url, QUIET);
    await device.until(() => device.last('w'));
    meddler.say(bytes);
    await assert.rejects(
      device.until(() => false),
      (fault: Fault) => /^opcua\./.test(fault.code),
    );
  }
});

test('garbage in place of an answer to the Hello, or behind it, is a fault', async () => {
  const welcome = chunk('ACKF', new Uint8Array(Uint32Array.of(0, 65_535, 65_535, 0, 0).buffer));
  const answers = GARBAGE.flatMap((bytes) => [[bytes], [welcome, bytes]]);
  let answer: readonly Buffer[] = [];
  const peer = createServer((socket) => {
    let turn = 0;
    socket.on('error', () => {});
    socket.on('data', () => socket.write(answer[turn++] ?? Buffer.alloc(0)));
  });
  await once(peer.listen(0, '127.0.0.1'), 'listening');
  const url = `opc.tcp://127.0.0.1:${(peer.address() as AddressInfo).port}`;
  try {
    for (answer of answers)
      await assert.rejects(
        open(url, { connectTimeoutMs: 1000 }),
        (fault: Fault) => fault.code.startsWith('opcua.') && fault.retry === 'backoff',
      );
  } finally {
    peer.close();
  }
});

test('a line on which nothing happens for longer than a connect may take is not cut', async () => {
  await using device = await open(server.url, {
    connectTimeoutMs: 400,
    publishMs: 1000,
    keepAliveMs: 30_000,
    verifyEveryMs: 1500,
  });
  // The second row is read besides: a cut line rejects before it.
  await device.until(() => device.rows.length >= 2);
});

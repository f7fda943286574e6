import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import * as net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startMosquitto } from './mosquitto.ts';
import { openSource, take, testDeps } from './mqtt-site.ts';

const LINKTYPE_RAW = 101;

/** What went from `from` to `to` as a capture file: IPv4 and TCP headers around the bytes as they were sent. */
function pcap(segments: readonly { readonly up: boolean; readonly bytes: Buffer }[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(LINKTYPE_RAW, 20);
  const next = { up: 1, down: 1 };
  const records = segments.map(({ up, bytes }, i) => {
    const ip = Buffer.alloc(40);
    ip.writeUInt8(0x45, 0);
    ip.writeUInt16BE(40 + bytes.length, 2);
    ip.writeUInt8(64, 8);
    ip.writeUInt8(6, 9);
    ip.writeUInt32BE(up ? 0x0a000001 : 0x0a000002, 12);
    ip.writeUInt32BE(up ? 0x0a000002 : 0x0a000001, 16);
    ip.writeUInt16BE(up ? 50_000 : 1883, 20);
    ip.writeUInt16BE(up ? 1883 : 50_000, 22);
    ip.writeUInt32BE(up ? next.up : next.down, 24);
    ip.writeUInt32BE(up ? next.down : next.up, 28);
    ip.writeUInt16BE(0x5018, 32);
    ip.writeUInt16BE(65_535, 34);
    next[up ? 'up' : 'down'] += bytes.length;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(i, 0);
    record.writeUInt32LE(ip.length + bytes.length, 8);
    record.writeUInt32LE(ip.length + bytes.length, 12);
    return Buffer.concat([record, ip, bytes]);
  });
  return Buffer.concat([head, ...records]);
}

for (const version of [4, 5]) {
  test(`tshark finds every packet of ours well formed, MQTT ${version}`, async () => {
    await using broker = await startMosquitto();
    const segments: { up: boolean; bytes: Buffer }[] = [];
    const server = net.createServer((near) => {
      const far = net.connect(broker.port, '127.0.0.1');
      near.on('data', (bytes) => segments.push({ up: true, bytes: bytes as Buffer })).pipe(far);
      far.on('data', (bytes) => segments.push({ up: false, bytes: bytes as Buffer })).pipe(near);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    const deps = testDeps([
      { path: 'a/x', address: { topic: 'x' } },
      { path: 'a/set', access: 'readWrite', address: { topic: 'y', write: { topic: 'x' } } },
    ]);
    {
      await using source = await openSource({ url, version, username: 'someone' }, deps);
      const by = { kind: 'operator', name: 'test' } as const;
      const deadlineUs = Number.MAX_SAFE_INTEGER;
      const command = { id: 1, tag: 1, value: 5, raw: 5, by, why: 'test', deadlineUs };
      await source.write?.(command, AbortSignal.timeout(5000));
      await take(source, deps, 1);
    }
    server.close();
    const file = join(broker.dir, 'ours.pcap');
    await writeFile(file, pcap(segments));
    const fields = ['-T', 'fields', '-e', 'mqtt.msgtype', '-e', '_ws.malformed', '-e', '_ws.expert.message'];
    const { stdout } = await promisify(execFile)('tshark', [
      '-r',
      file,
      '-Y',
      'mqtt && tcp.dstport == 1883',
      ...fields,
    ]);
    const lines = stdout
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'));
    // CONNECT, SUBSCRIBE, PUBLISH, PUBACK, DISCONNECT
    assert.deepEqual(
      lines.flatMap(([types]) => (types as string).split(',')),
      ['1', '8', '3', '4', '14'],
    );
    assert.deepEqual(
      lines.map(([, malformed]) => malformed),
      lines.map(() => ''),
    );
    assert.doesNotMatch(stdout, /[Mm]alformed|[Ii]nvalid/);
  });
}

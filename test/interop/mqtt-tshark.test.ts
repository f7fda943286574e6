import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTap } from './capture.ts';
import { startMosquitto } from './mosquitto.ts';
import { openSource, take, testDeps } from './mqtt-site.ts';

for (const version of [4, 5]) {
  test(`tshark finds every packet of ours well formed, MQTT ${version}`, async () => {
    await using broker = await startMosquitto();
    await using tap = await startTap(broker.port);
    const url = `mqtt://127.0.0.1:${tap.port}`;
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
    const file = join(broker.dir, 'ours.pcap');
    await writeFile(file, tap.capture());
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BETWEEN, startCapture } from './capture.ts';
import { startMosquitto } from './mosquitto.ts';
import { command, openSource, take, testDeps } from './mqtt-site.ts';

/** Types of control packets: CONNECT, SUBSCRIBE, PUBLISH, PUBACK, DISCONNECT. */
const OURS = ['1', '8', '3', '4', '14'];

for (const version of [4, 5]) {
  test(`tshark reads every packet of ours as we mean it, MQTT ${version}`, async (t) => {
    await using broker = await startMosquitto();
    await using capture = await startCapture(broker.port);
    if (capture.impossible !== undefined) return t.skip(capture.impossible);
    const deps = testDeps([
      { path: 'a/x', address: { topic: 'x' } },
      { path: 'a/set', access: 'readWrite', address: { topic: 'y', write: { topic: 'x' } } },
    ]);
    {
      const config = { url: broker.url, version, clientId: 'ours', username: 'someone', keepAliveS: 33 };
      await using source = await openSource(config, deps);
      await source.write?.(command(5, { tag: 1 }), AbortSignal.timeout(5000));
      await take(source, deps, 1);
    }
    await capture.stop();
    const as = ['-d', `tcp.port==${broker.port},mqtt`];
    const ours = (filter: string, fields: readonly string[]) =>
      capture.tshark(`tcp.dstport == ${broker.port} && ${filter}`, fields, ...as);
    assert.deepEqual(
      (await ours('mqtt', ['mqtt.msgtype'])).flatMap(([types = '']) => types.split(BETWEEN)),
      OURS,
    );
    assert.deepEqual(await capture.wrong(...as), []);
    const connect = ['mqtt.ver', 'mqtt.clientid', 'mqtt.username', 'mqtt.kalive'];
    assert.deepEqual(await ours('mqtt.msgtype == 1', connect), [[`${version}`, 'ours', 'someone', '33']]);
    const [[topics = ''] = []] = await ours('mqtt.msgtype == 8', ['mqtt.topic']);
    assert.deepEqual(new Set(topics.split(BETWEEN)), new Set(['x', 'y']));
    const [[topic, qos, retain, hex = ''] = []] = await ours('mqtt.msgtype == 3', [
      'mqtt.topic',
      'mqtt.qos',
      'mqtt.retain',
      'mqtt.msg',
    ]);
    assert.deepEqual([topic, qos, retain], ['x', '1', '0']);
    assert.equal(Buffer.from(hex.replaceAll(':', ''), 'hex').toString(), '5');
  });
}
